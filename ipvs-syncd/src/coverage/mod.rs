// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much of what a master has its backup has, too.
//!
//! Nothing in the protocol tells whether a message arrived. But both tables can be read:
//! [`compare`] takes what a master would send of its own ([`Expected`]), and what its backup holds
//! ([`Holdings`]), counts what is missing, and with a [`Tracker`](crate::tracker::Tracker) that listens
//! on the segment tells on which side of the wire it was lost. A [`Source`] reads the tables of a
//! namespace, of copies of `/proc/net`, or of an exported list.
//!
//! The tables move while they are read: read the master's first. Entries that are expected and not there
//! can be on their way ([`Lag::on_the_way`]), or connections of so few packets that their master did not
//! send them yet (sysctl `sync_threshold`: by default from the third packet on), which the table of a
//! protocol without states doesn't tell.
//!
//! ```
//! use ipvs_proc::{Connections, Layout};
//! use ipvs_syncd::coverage::{Expected, Holdings, MasterRules, compare};
//! use ipvs_syncd::table::Directory;
//! let master = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
//! TCP 0A010002 9C41 0A010064 0051 0A020002 0050 ESTABLISHED     890
//! TCP 0A010002 9C42 0A010064 0051 0A020002 0050 ESTABLISHED     880
//! TCP 0A010002 9C43 0A010064 0051 0A020002 0050 SYN_RECV         50
//! ";
//! let backup = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires
//! TCP 0A010002 9C41 0A010064 0051 0A020002 0050 ESTABLISHED SYNC       870
//! ";
//! let (mut expected, mut holdings) = (Expected::default(), Holdings::default());
//! let services = Directory::default();
//! for connection in Connections::new(master.as_bytes(), Layout::Plain) {
//!     expected.add(&connection?, &services, MasterRules::default());
//! }
//! for connection in Connections::new(backup.as_bytes(), Layout::Sync) {
//!     holdings.add(&connection?, &services);
//! }
//! let coverage = compare(&expected, holdings, None);
//! assert_eq!((coverage.total.held, coverage.total.missing, coverage.withheld), (1, 1, 1));
//! assert_eq!(coverage.total.percent(), 50.0);
//! assert_eq!(coverage.lag.longest.map(|lag| lag.as_secs()), Some(20));
//! # Ok::<(), ipvs_proc::StreamError>(())
//! ```

mod compare;
mod error;
mod expected;
mod export;
mod holdings;
mod once;
mod report;
mod source;

pub use compare::{Wire, compare};
pub use error::CoverageError;
pub use expected::{Expected, MasterRules};
pub use holdings::Holdings;
pub use report::{Coverage, Lag, OnTheWire, ServiceCoverage, Tally};
pub use source::{Source, Tables};

use std::num::NonZeroU32;

use ipvs_proc::{Connection as Listed, Virtual};
use ipvs_types::{Family, ServiceKey};

use crate::ConnectionKey;
use crate::table::Directory;

/// The service that a connection is of; of one without, what its virtual address says.
fn service_of(listed: &Listed<'_>, directory: &Directory) -> ServiceKey {
    if let Some(binding) = directory.binding(listed) {
        return binding.service;
    }
    let mark = |mark| NonZeroU32::new(mark);
    match listed.service {
        Virtual::Address(address) => ServiceKey::new(listed.protocol, address),
        Virtual::Fwmark { mark: number, .. } => match mark(number) {
            Some(mark) => ServiceKey::fwmark(mark, Family::of(listed.client.ip())),
            None => ServiceKey::new(listed.protocol, crate::table::listed_service(listed)),
        },
    }
}

/// What tells an entry from others of the same destination, as far as it is listed.
fn key_of(listed: &Listed<'_>) -> ConnectionKey {
    ConnectionKey {
        protocol: listed.protocol,
        client: listed.client,
        service: crate::table::listed_service(listed),
        template: listed.is_template(),
        engine_data: listed.engine.as_ref().map(|engine| (*engine.data).into()),
    }
}

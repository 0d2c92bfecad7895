// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a director's own table of connections to what its master would send of them.
//!
//! `/proc/net/ip_vs_conn` ([`ipvs_proc::Connections`]) shows no forwarding method, flags, mark or
//! sequence numbers. A [`Directory`] of the director's services tells the method, a [`Conversion`] the
//! rest as the kernel sets it, and what can't be known is left at 0: sequence numbers, which no helper of
//! a current kernel shifts, and marks that no fwmark service has.
//!
//! ```
//! use ipvs_netlink::types::{DestConfig, Forward, Scheduler, ServiceConfig};
//! use ipvs_netlink::{DestEntry, ServiceEntry, ServiceTable, Table};
//! use ipvs_proc::{Connection, Layout};
//! use ipvs_syncd::table::{Conversion, Directory};
//!
//! // What `Ipvs::open()?.table()?` would tell:
//! let service = ServiceEntry::new("udp/192.0.2.1:53".parse()?, ServiceConfig::new(Scheduler::RR));
//! let dests = vec![DestEntry::new("10.1.0.2:53".parse()?, DestConfig::new(Forward::Route))];
//! let directory = Directory::from(&Table { services: vec![ServiceTable { service, dests }] });
//!
//! // A line of `ip_vs_conn`:
//! let line = b"UDP 0A000001 14E9 C0000201 0035 0A010002 0035 UDP             120";
//! let listed = Connection::parse(line, Layout::Plain).expect("the kernel's form");
//! let converted = Conversion::new(&directory).convert(&listed)?;
//! assert_eq!(
//!     converted.connection.to_string(),
//!     "UDP 10.0.0.1:5353 > 192.0.2.1:53 > 10.1.0.2:53 UDP route 120s no-output inactive",
//! );
//! assert_eq!(converted.withheld, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod conversion;
mod directory;
mod listing;
mod reason;
#[cfg(test)]
mod tests;

#[cfg(feature = "coverage")]
pub(crate) use conversion::service as listed_service;
pub use conversion::{Conversion, Converted, Lifetime};
pub use directory::{Binding, Directory};
pub use listing::listed;
pub use reason::{Inexpressible, Withheld};

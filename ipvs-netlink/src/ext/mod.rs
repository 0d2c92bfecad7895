// SPDX-License-Identifier: MIT OR Apache-2.0
//! What kernels can do beyond the stock interface: connections, events and snapshots by netlink.
//!
//! | [`Tier`] | kernel | can |
//! |---|---|---|
//! | [`Stock`](Tier::Stock) | as distributions ship it | nothing of this |
//! | [`AddOn`](Tier::AddOn) | the same with the module `ip_vs_connctl` | delete one connection |
//! | [`Patched`](Tier::Patched) | `ip_vs` with the family `ipvs_ext` | what it announces |
//!
//! A client finds out once which it has ([`Ipvs::tier`](crate::Ipvs::tier)) and takes the best means for
//! each request. What the kernel can't do is [`Error::Unsupported`](crate::Error::Unsupported) before
//! anything is sent. On every kernel [`Ipvs::watch`](crate::Ipvs::watch) sees changes and
//! [`Ipvs::list_connections`](crate::Ipvs::list_connections) shows and counts connections, as far as the
//! kernel's files tell of them. The families are described in `kernel-patches/PROTOCOL.md`.
//!
//! ```
//! use std::ops::ControlFlow;
//! use ipvs_netlink::Ipvs;
//! use ipvs_netlink::ext::{ConnectionFilter, Features};
//! use ipvs_netlink::fake::{Kernel, Release};
//! use ipvs_netlink::types::Protocol;
//!
//! let kernel = Kernel::new(Release::Linux6_12);
//! kernel.set_features(Some(Features::all_known()));
//! let mut ipvs = Ipvs::with_backend(kernel);
//! let dns = ConnectionFilter::new().protocol(Protocol::UDP).service_port(53);
//! if ipvs.count_connections(&dns)? > 0 {
//!     let _ = ipvs.visit_connections(&dns, |connection| {
//!         println!("{} {} expires in {:?}", connection.key, connection.dest, connection.expires);
//!         ControlFlow::<()>::Continue(())
//!     })?;
//! }
//! # Ok::<(), ipvs_netlink::Error>(())
//! ```

mod admit;
mod backend;
mod connection;
mod event;
mod events;
mod filter;
mod needs;
mod snapshot;
mod tier;
mod verbs;

pub use backend::{Extended, Heard, Listener};
pub use connection::{Connection, ConnectionKey, Engine};
pub use event::{Event, Happening};
pub use events::{Events, Notice, Overrun};
pub use filter::{ConnectionFilter, End};
pub(crate) use needs::{Known, unsupported};
pub use snapshot::{Extent, Snapshot};
pub use tier::{Announced, Features, Tier};
pub use verbs::Deleted;

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Typed readers for what the kernel's IPVS shows under `/proc`.
//!
//! [`Table`] is the file `/proc/net/ip_vs`, which shows services and destinations
//! to everybody, without any privilege. Being independent of netlink, it serves the tests of this
//! project as a second witness. The settings beside it, below `/proc/sys`, are in [`sysctl`].
//!
//! ```
//! let text = "IP Virtual Server version 1.2.1 (size=4096)\n\
//!     Prot LocalAddress:Port Scheduler Flags\n\
//!     \x20 -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n\
//!     TCP  0A000001:0050 rr  \n\
//!     \x20 -> 0A000002:1F90      Masq    3      0          0         \n";
//! let table = ipvs_proc::Table::parse(text)?;
//! assert_eq!(table.size, 4096);
//! assert_eq!(table.services[0].dests[0].key.to_string(), "10.0.0.2:8080");
//! # Ok::<(), ipvs_proc::LineError>(())
//! ```
#![forbid(unsafe_code)]

mod line;
pub mod sysctl;
mod table;

pub use table::{Dest, Identity, LineError, Persistence, Service, Table};

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Typed readers for what the kernel's IPVS shows under `/proc`, which needs no privilege.
//!
//! | file | read as | |
//! |---|---|---|
//! | `ip_vs` | [`Table`] | services and destinations |
//! | `ip_vs_app` | [`Apps`] | application helpers |
//! | `ip_vs_conn`, `ip_vs_conn_sync` | [`Connections`] | one by one, in constant memory |
//! | `ip_vs_stats` | [`Totals`] | counters and rates |
//! | `ip_vs_stats_percpu` | [`PerCpu`] | the same by CPU |
//! | `ip_vs_status` | [`Status`] | fill of the hash tables, kernel 7.1 and later |
//! | `ip_vs_ca_stats` | [`CaStats`] | counters of the module `ip_vs_ca` |
//!
//! The settings beside them, below `/proc/sys`, are in [`sysctl`].
//!
//! A [`Root`] finds the files: of this process, of another one, or in a directory of copies. Every
//! reader tells file, line, column and text of what it can't read ([`LineError`]), and whether a copy
//! was cut off; the caller chooses between refusing bad lines and leaving them out.
//!
//! ```
//! use ipvs_proc::Document as _;
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

mod app;
mod ca;
mod conn;
mod document;
mod error;
mod file;
mod grammar;
mod lines;
mod protocol;
mod raw_bytes;
mod root;
mod seconds;
mod stats;
mod status;
pub mod sysctl;
mod table;

pub use app::{App, Apps};
pub use ca::{CaRow, CaStats};
pub use conn::{
    BadLines, Connection, Connections, Count, EXPIRY_BOUNDS, Engine, Expiry, Filter, Groups,
    Layout, Origin, RawConnection, Readings, Service as ConnectionService, ServiceFilter, Skipped,
    State, Summary, Virtual,
};
pub use document::{Document, Lines};
pub use error::{LineError, Place, StreamError};
pub use file::ProcFile;
pub use ipvs_types::{Network, SctpState, TcpState, TemplateState};
pub use root::{ReadError, Root, RootError};
pub use stats::{Cpu, PerCpu, Totals};
pub use status::{Buckets, Part, Size, Slots, Status};
pub use table::{Dest, Forward, Identity, Persistence, Service, Table};

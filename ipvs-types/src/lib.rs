// SPDX-License-Identifier: MIT OR Apache-2.0
//! The nouns of IPVS, the Linux kernel's layer-4 load balancer.
//!
//! A *director* balances the traffic of *virtual services* over *destinations* (real servers). This
//! crate names these things and nothing else: it does no input or output, knows no byte order and
//! no protocol. The crates that talk to the kernel, read `/proc` or parse commands share it.
//!
//! | noun | identity | configuration |
//! |---|---|---|
//! | virtual service | [`ServiceKey`] | [`ServiceConfig`] |
//! | destination | [`DestKey`] | [`DestConfig`] |
//! | sync daemon | [`DaemonRole`] | [`DaemonConfig`] |
//!
//! What the kernel counts is kept in [`Stats`], apart from configuration, so that two configurations
//! can be compared with `==`.
//!
//! ```
//! use std::time::Duration;
//! use ipvs_types::{DestConfig, DestKey, Forward, Persistence, Scheduler, ServiceConfig, ServiceKey};
//!
//! let web: ServiceKey = "tcp/192.0.2.10:80".parse()?;
//! let config = ServiceConfig::new(Scheduler::WLC)
//!     .persistence(Persistence::new(Duration::from_secs(360)));
//! let server: DestKey = "10.0.0.2:8080".parse()?;
//! let dest = DestConfig::new(Forward::Masq).weight(3);
//! assert_eq!(web.to_string(), "tcp/192.0.2.10:80");
//! assert_eq!(config.scheduler.to_string(), "wlc");
//! assert_eq!((server.port, dest.weight), (8080, 3));
//! # Ok::<(), ipvs_types::ParseError>(())
//! ```
#![forbid(unsafe_code)]

mod daemon;
mod dest;
mod error;
mod flags;
mod forward;
mod granularity;
mod key;
mod name;
mod network;
mod protocol;
mod seconds;
mod service;
mod state;
mod stats;
mod timeouts;

pub use daemon::{DaemonConfig, DaemonRole, SyncId};
pub use dest::{DestConfig, DestKey};
pub use error::ParseError;
pub use flags::{ConnectionFlags, ServiceFlags, TunnelFlags};
pub use forward::{Forward, Method, OtherForward, RawForward, Tunnel};
pub use granularity::Granularity;
pub use key::{Family, ServiceKey};
pub use name::{EngineName, InterfaceName, Scheduler};
pub use network::Network;
pub use protocol::Protocol;
pub use service::{MAX_PERSISTENCE, Persistence, ServiceConfig};
pub use state::{SctpState, TcpState, TemplateState};
pub use stats::{CounterWidth, Counters, Rates, Stats};
pub use timeouts::{Timeouts, TimeoutsChange};

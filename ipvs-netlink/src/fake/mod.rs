// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel in memory (feature `fake`), so that programs that manage IPVS can be tested without
//! root, without a network, and with failures on demand.
//!
//! It answers as the kernels of its [`Release`] do over generic netlink: the same errors in the same
//! precedence, the same defaults, the same order of listings (services in an order of its own,
//! destinations newest first). With [`Kernel::set_features`] it is a patched kernel. A model-based test holds it equal to the real kernels. It moves no
//! packets: counters stay zero.
//!
//! ```
//! use ipvs_netlink::fake::{Fault, Kernel, Release};
//! use ipvs_netlink::types::{Scheduler, ServiceConfig, ServiceKey};
//! use ipvs_netlink::{Errno, Ipvs, Ruleset};
//!
//! let kernel = Kernel::new(Release::Linux6_12);
//! let mut ipvs = Ipvs::with_backend(kernel.clone()); // clones share one namespace
//!
//! let web: ServiceKey = "tcp/192.0.2.10:80".parse()?;
//! kernel.inject(0, Fault::Refuse(Errno::ENOMEM));
//! assert!(ipvs.create_service(web, ServiceConfig::new(Scheduler::RR)).is_err());
//! ipvs.create_service(web, ServiceConfig::new(Scheduler::RR))?;
//! assert_eq!(kernel.ruleset().services().len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod answers;
mod connections;
mod daemons;
mod dests;
mod extended;
mod fault;
mod host;
mod kernel;
mod listeners;
mod services;
mod state;

pub use fault::Fault;
pub use host::{Interface, Release};
pub use kernel::Kernel;

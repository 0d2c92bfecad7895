// SPDX-License-Identifier: MIT OR Apache-2.0
//! Typed client for the Linux kernel's IPVS control interface.
//!
//! [`Ipvs`] is a conversation with one network namespace: it lists and changes virtual services,
//! destinations, sync daemons and timeouts. It speaks generic netlink, and the legacy socket
//! options where netlink is missing or refused.
//!
//! ```no_run
//! use ipvs_netlink::Ipvs;
//! use ipvs_netlink::types::{DestConfig, Forward, Scheduler, ServiceConfig};
//!
//! let mut ipvs = Ipvs::open()?;
//! let web = "tcp/192.0.2.10:80".parse()?;
//! ipvs.create_service(web, ServiceConfig::new(Scheduler::WLC))?;
//! ipvs.create_dest(web, "10.0.0.2:8080".parse()?, DestConfig::new(Forward::Masq).weight(3))?;
//! ipvs.edit_dest(web, "10.0.0.2:8080".parse()?, |config| config.weight = 0)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | you want | look at |
//! |---|---|
//! | another namespace, a time limit, one interface only | [`Ipvs::options`] |
//! | a listing that is right while others change the table | [`Ipvs::settled_table`] |
//! | the same at a lower price, without counters | [`Ipvs::settled`] |
//! | many changes at once | [`Ipvs::batch`] |
//! | a whole state: read, compare, make it so, roll back | [`Ruleset`], [`Plan`] |
//! | connections, on every kernel | [`Ipvs::list_connections`] |
//! | changes as they happen, on every kernel | [`Ipvs::watch`] |
//! | all that patched kernels tell of connections and changes | [`ext`] |
//! | tests without root | module `fake`, feature `fake` |
//! | the same, asynchronous | `AsyncIpvs`, feature `tokio` |
//! | the messages themselves | [`wire`] |
//! | a way into a kernel of one's own | [`Backend`] |
//!
//! # Errors
//! [`Error`] says which request on which object failed, with the kernel's number and words;
//! its text is one line and names the remedy. A library never prints, loads a module, or exits.
//!
//! # Privilege
//! Netlink asks for `CAP_NET_ADMIN` in the initial user namespace, for listings too. Root of a user
//! namespace is let in through the socket options, which is found out and used without being asked.
#![deny(unsafe_op_in_unsafe_fn)]

mod backend;
mod batch;
mod client;
mod connections;
mod daemon;
mod dest;
mod detail;
mod entry;
mod errno;
mod error;
mod error_text;
pub mod ext;
#[cfg(feature = "fake")]
pub mod fake;
mod feature;
mod netns;
mod operation;
mod options;
mod request;
mod ruleset;
mod service;
mod settle;
mod table;
#[cfg(feature = "tokio")]
mod tokio;
mod transport;
mod watch;
pub mod wire;

#[cfg(feature = "tokio")]
pub use crate::tokio::{AsyncIpvs, AsyncWatch};
pub use backend::{Backend, Outcome};
pub use batch::{Batch, Report};
pub use client::Ipvs;
pub use connections::{ConnectionListing, ListedBy, ListingError};
pub use detail::Detail;
pub use entry::{DestEntry, Info, ServiceEntry, UnknownAttribute, Version};
pub use errno::Errno;
pub use error::{Error, ErrorKind, ExtAck, Refusal};
pub use feature::{Feature, Support};
pub use ipvs_proc as proc;
pub use ipvs_types as types;
pub use netns::Netns;
pub use operation::Operation;
pub use options::Options;
pub use request::Request;
pub use ruleset::{
    Applied, ApplyError, Change, Differences, Failure, InvalidRuleset, Plan, PlanOptions, Rollback,
    Ruleset, ServiceRules, VerifyError,
};
pub use table::{ServiceTable, Table};
pub use watch::{Seen, Watch, WatchedBy};

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Typed client for the Linux kernel's IPVS control interface.
//!
//! [`Ipvs`] is a conversation with one network namespace: it lists and changes virtual services,
//! destinations, sync daemons and timeouts. It speaks generic netlink, and the legacy socket
//! options where netlink is missing or refused; [`Backend`] is the seam.
//!
//! A [`Ruleset`] is the whole state as a value: [`Ipvs::plan`] finds the smallest set of operations
//! that leads from the present state to a wanted one, and [`Plan::apply`] carries it out whole or
//! not at all. With the feature `fake`, programs are tested on a kernel in memory.
#![deny(unsafe_op_in_unsafe_fn)]

mod backend;
mod batch;
mod client;
mod daemon;
mod dest;
mod entry;
mod errno;
mod error;
mod error_text;
#[cfg(feature = "fake")]
pub mod fake;
mod feature;
mod netns;
mod operation;
mod options;
mod request;
mod ruleset;
mod service;
mod table;
#[cfg(feature = "tokio")]
mod tokio;
mod transport;
pub mod wire;

#[cfg(feature = "tokio")]
pub use crate::tokio::AsyncIpvs;
pub use backend::{Backend, Outcome};
pub use batch::{Batch, Report};
pub use client::Ipvs;
pub use entry::{DestEntry, Info, ServiceEntry, UnknownAttribute, Version};
pub use errno::Errno;
pub use error::{Error, ErrorKind, ExtAck, Refusal};
pub use feature::{Feature, Support};
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

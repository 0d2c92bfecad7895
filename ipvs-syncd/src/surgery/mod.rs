// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ends, moves and frees single connections of a stock kernel (feature `surgery`).
//!
//! The kernel has no command for it. But a backup daemon believes every sync message, so that one sent
//! to the local backup over `lo` can end a connection ([`Plan::delete`]), give it to another destination
//! ([`Plan::steer`]), free a persistent client ([`Plan::unpin`]) or bring connections back
//! ([`Plan::restore`]). Nothing leaves the host.
//!
//! It goes in three steps, of which only the second touches anything:
//!
//! 1. A [`Plan`] is made of what `/proc/net/ip_vs_conn` lists: what will be done to which entry, and
//!    what is left alone and why.
//! 2. [`Plan::perform`] sends messages through a [`Director`], reads back, and repeats what did not work:
//!    messages have no answer.
//! 3. The [`Report`] tells of each entry what became of it.
//!
//! A [`Session`] is the director of the running kernel. It uses the backup daemon that runs, or starts
//! one on `lo` for as long as it lives; [`Access`] says when neither would be safe.
//!
//! What the kernel does with the messages is told in `docs/connection-surgery.md`.

mod access;
mod director;
mod dispatch;
mod key;
mod message;
mod perform;
mod pin;
mod plan;
mod reason;
mod report;
mod session;
mod work;

pub use access::{Access, Caution, Conflict};
pub use director::Director;
pub use pin::{Granularities, Pin};
pub use plan::{Change, Plan, Step};
pub use reason::{LeftAlone, Reason};
pub use report::{Done, Outcome, Report};
pub use session::{Place, Session, SessionError, Survey};

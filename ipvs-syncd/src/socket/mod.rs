// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sockets for sync messages.
//!
//! A `Receiver` (feature `live`) hears what masters send to a group. A socket belongs to the network
//! namespace in which it was opened: open it inside `ipvs_netlink::Netns::run` for another one.

#[cfg(feature = "live")]
mod batch;
#[cfg(feature = "live")]
mod clock;
#[cfg(feature = "live")]
mod filter;
#[cfg(feature = "live")]
mod listen;
#[cfg(feature = "live")]
mod open;
#[cfg(feature = "live")]
mod receive_error;
#[cfg(feature = "live")]
mod receiver;

#[cfg(feature = "live")]
pub use listen::{Hear, Listen, MAX_PORTS};
#[cfg(feature = "live")]
pub use receive_error::ReceiveError;
#[cfg(feature = "live")]
pub use receiver::{Receiver, Reception};

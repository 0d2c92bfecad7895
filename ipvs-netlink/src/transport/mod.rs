// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ways into the kernel.

mod assembly;
mod census;
mod channel;
mod choose;
mod complete;
mod exchange;
mod extended;
mod listener;
mod netlink;
mod order;
mod sockopt;
mod turns;
mod visit;

pub(crate) use choose::{Choice, open};

#[cfg(test)]
pub(crate) use assembly::assembled;

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ways into the kernel.

mod census;
mod channel;
mod choose;
mod exchange;
mod netlink;
mod sockopt;

pub(crate) use choose::{Choice, open};

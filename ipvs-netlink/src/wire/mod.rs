// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of IPVS' generic netlink family, and nothing but bytes: no socket, no policy.
#![forbid(unsafe_code)]
#![allow(dead_code, reason = "the attribute enums, which come next, use the rest")]

pub(crate) mod decode;
pub(crate) mod encode;
mod error;
mod ext_ack;
pub(crate) mod frame;
mod number;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use error::WireError;

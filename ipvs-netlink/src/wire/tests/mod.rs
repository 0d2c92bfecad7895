// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests of the wire layer. The captures are little-endian.
#![cfg(target_endian = "little")]

pub(super) mod answer;
mod damage;
mod fixture;
mod framing;
mod invalid;
mod laws;
mod lossless;
mod neli;
mod replies;
mod requests;
pub(super) mod strategy;
mod tolerance;

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests of the wire layer. The captures are little-endian.
#![cfg(target_endian = "little")]

mod fixture;
mod lossless;
mod replies;

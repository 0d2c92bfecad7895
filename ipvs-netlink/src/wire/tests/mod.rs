// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests of the wire layer. The captures are little-endian.
#![cfg(target_endian = "little")]

mod answer;
mod damage;
mod fixture;
mod invalid;
mod laws;
mod lossless;
mod neli;
mod replies;
mod requests;
mod strategy;
mod tolerance;

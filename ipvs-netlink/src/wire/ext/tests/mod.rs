// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests of the bytes of `ipvs_ext` and `ipvs_connctl`, against the kernel's part written from
//! `kernel-patches/PROTOCOL.md`.

mod answers;
mod bytes;
mod damage;
mod kernel;
mod laws;
mod strategy;

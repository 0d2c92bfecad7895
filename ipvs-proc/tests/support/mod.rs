// SPDX-License-Identifier: MIT OR Apache-2.0
//! The captures, and the kernel's text of any record.
#![allow(dead_code)]

pub mod generate;
pub mod render;

use std::path::PathBuf;

use ipvs_proc::Root;

/// The kernels of the captures.
pub const KERNELS: [&str; 3] = ["6.1", "6.12", "7.2"];

/// The captures of `kernel`.
pub fn capture(kernel: &str) -> Root {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    Root::at(fixtures.join(format!("linux-{kernel}")))
}

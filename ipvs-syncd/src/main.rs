// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `ipvs-syncd` program: tools for the synchronisation of IPVS connections.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use ipvs_syncd::program;

fn main() -> ExitCode {
    ExitCode::from(program::run())
}

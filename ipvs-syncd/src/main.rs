// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `ipvs-syncd` program: tools for the synchronisation of IPVS connections.
#![forbid(unsafe_code)]

mod program;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A reader that goes away ends this program quietly.
    sigpipe::reset();
    ExitCode::from(program::run())
}

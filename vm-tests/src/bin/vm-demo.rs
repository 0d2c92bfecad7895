// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demonstration that `cargo xtask demo` runs in the guest.

use std::process::ExitCode;

fn main() -> ExitCode {
    match vm_tests::demo::run() {
        Ok(summary) => {
            println!("\n{summary}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

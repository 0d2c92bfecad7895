// SPDX-License-Identifier: MIT OR Apache-2.0
//! The test binary that `cargo xtask vm test` runs in the guest.

fn main() -> std::process::ExitCode {
    vm_tests::main()
}

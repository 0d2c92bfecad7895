// SPDX-License-Identifier: MIT OR Apache-2.0
//! The test binary that `cargo xtask vm test` runs in the guest, and under the name `send` the
//! source of test traffic.

fn main() -> std::process::ExitCode {
    vm_tests::send::main().unwrap_or_else(vm_tests::main)
}

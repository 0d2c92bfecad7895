// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo test -p vm-tests` on the host: shows the cases, runs none.

fn main() -> std::process::ExitCode {
    vm_tests::main()
}

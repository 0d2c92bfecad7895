// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask vm`: virtual machines that run real kernels.

pub mod apt;
pub mod cache;
mod clients;
mod console;
mod host;
pub mod kernel;
mod kernel_script;
mod kvm;
mod machine;
pub mod options;
pub mod oracle;
mod reference;
pub mod run;
pub mod selftest;
mod servers;
pub mod setup;
mod share;
pub mod test;
pub mod tools;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask vm COMMAND

  setup    get QEMU, virtme-ng, virtiofsd, the kernels, the reference ipvsadm and its clients
           (packages that your system lacks are installed with apt; everything else goes
           to the cache directory; a second run does nothing)
  clean    remove the cache directory
  run      [OPTION…] -- COMMAND…   boot, load ip_vs, run COMMAND with our tools on PATH (and the C
           tool as `ipvsadm-c`), pass its output and exit status on; 125 when the guest fails
  shell    [OPTION…]              a shell in a guest, with our tools on PATH
  test     [OPTION…] [FILTER]     the VM tests (or those whose name has FILTER), one boot per kernel
  selftest [OPTION…]              the harness on guests that behave badly

Options of run, shell and test:
  --kernel 6.1|6.12|7.2|all  which kernel (6.12); `all` only for test
  --timeout SECONDS          how long the guest may live (600)
  --cpus N                   processors (2)
  --memory SIZE              memory in QEMU's spelling (1G)
  --no-module                do not load ip_vs
  --patched                  ip_vs with our patches (`cargo xtask kernel`) instead of the kernel's own
  --stdin                    read standard input to its end and give it to COMMAND
  --icount                   guest time counts executed instructions (one processor, no KVM)
  --qemu OPTION              a further QEMU option, e.g. '-smbios type=1,serial=7'";

/// Dispatches `cargo xtask vm …`.
pub fn main(mut arguments: Vec<OsString>) -> Result<ExitCode> {
    let name = if arguments.is_empty() { "help".into() } else { arguments.remove(0) };
    match name.to_string_lossy().as_ref() {
        "setup" => setup::main(&arguments),
        "clean" => cache::clean(&arguments),
        "run" => run::main(arguments),
        "shell" => run::shell(arguments),
        "test" => test::main(arguments),
        "selftest" => selftest::main(arguments),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("`{other}` is no `vm` command; see `cargo xtask vm help`"),
    }
}

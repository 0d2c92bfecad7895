// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask kernel bench`: the stock and the patched module in one guest.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::build;
use crate::vm::kernel::Kernel;
use crate::vm::options::Options;
use crate::vm::run;

const TIMEOUT: Duration = Duration::from_secs(1800);
const PROGRAM: &str = "vm-walk";

/// Measures on a kernel.
///
/// # Errors
/// The patched module or the program does not build, or the guest fails.
pub fn bench(kernel: &'static Kernel) -> Result<ExitCode> {
    let mut options = Options::parse(Vec::new())?;
    (options.kernels, options.module) = (vec![kernel], false);
    // One thread emulates them all: a second one would only have page tables looked up twice.
    options.cpus = 1;
    let module = super::module(kernel)?;
    let program = build::guest_program(PROGRAM)?;
    let machine = run::machine(&options, TIMEOUT)?;
    let mut share = run::share(&options, &machine, &[PROGRAM.into()])?;
    share.program(&program)?;
    share.module(&module, "patched")?;
    run::finish(machine.run(&mut share)?)
}

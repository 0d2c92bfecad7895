// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask bench`: our tool against the C tool in a guest that counts instructions.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::vm::options::Options;
use crate::vm::{run, setup};
use crate::{build, paths};

const TIMEOUT: Duration = Duration::from_secs(3600);
const PROGRAM: &str = "vm-bench";

/// `cargo xtask bench`.
pub fn main(arguments: Vec<OsString>) -> Result<ExitCode> {
    // Not 6.12: its estimator can crash when many namespaces come and go (ip_vs_estimation_kthread).
    let kernel = ["--kernel", "7.2"].map(OsString::from).into_iter();
    let mut options = Options::parse(kernel.chain(arguments).collect())?;
    (options.icount, options.cpus) = (true, 1);
    setup::implied()?;
    eprintln!("building the benchmark …");
    let bench = build::guest_program(PROGRAM)?;
    let machine = run::machine(&options, TIMEOUT)?;
    let command: Vec<_> = [PROGRAM.into()].into_iter().chain(options.words.clone()).collect();
    let mut share = run::share(&options, &machine, &command)?;
    share.program(&bench)?;
    share.program(&static_tool()?)?;
    eprintln!("booting kernel {} …", machine.kernel.name);
    run::finish(machine.run(&mut share)?)
}

/// Our tool without shared libraries, under a name of its own.
fn static_tool() -> Result<PathBuf> {
    let tool = build::found(build::static_programs(&["--package", "ipvsadm-rs"])?, "ipvsadm")?;
    let copy = paths::vm_logs().join("ipvsadm-static");
    std::fs::copy(&tool, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(copy)
}

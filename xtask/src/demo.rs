// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask demo`: a director, two clients and three servers in one guest.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::build;
use crate::vm::options::Options;
use crate::vm::{run, setup};

const TIMEOUT: Duration = Duration::from_secs(170);
const PROGRAM: &str = "vm-demo";

/// `cargo xtask demo`.
pub fn main(arguments: Vec<OsString>) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    if let Some(word) = options.words.first() {
        bail!("`demo` takes only options, so `{}` is one too many", word.display());
    }
    setup::implied()?;
    eprintln!("building the demonstration …");
    let demo = build::programs(&["--package", "vm-tests", "--bin", PROGRAM])?
        .into_iter()
        .find(|program| program.ends_with(PROGRAM))
        .with_context(|| format!("cargo did not say where it built {PROGRAM}"))?;
    let machine = run::machine(&options, TIMEOUT)?;
    let mut share = run::share(&options, &machine, &[PROGRAM.into()])?;
    share.program(&demo)?;
    eprintln!("booting kernel {} …", machine.kernel.name);
    run::finish(machine.run(&mut share)?)
}

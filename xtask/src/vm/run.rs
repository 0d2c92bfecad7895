// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask vm run`: one command in a guest, as if it ran here.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};

use super::machine::{End, Failure, Machine};
use super::options::Options;
use super::share::{Output, Share};
use super::{console, kvm, setup};
use crate::{HARNESS_FAILED, build, kernel, paths};

const TIMEOUT: Duration = Duration::from_secs(600);
/// The status with which shells say that Ctrl-C ended a program.
const INTERRUPTED: u8 = 130;

/// `cargo xtask vm run`.
pub fn main(arguments: Vec<OsString>) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    if options.words.is_empty() {
        bail!("`vm run` needs a command: `cargo xtask vm run -- ipvsadm -Ln`");
    }
    setup::implied()?;
    let machine = machine(&options, TIMEOUT)?;
    let mut share = share(&options, &machine, &options.words)?;
    if options.stdin {
        share.stdin(&mut std::io::stdin().lock())?;
    }
    finish(machine.run(&mut share)?)
}

/// The machine that the options describe.
///
/// # Errors
/// More than one kernel is named, or the probe for KVM cannot run.
pub fn machine(options: &Options, timeout: Duration) -> Result<Machine> {
    Ok(Machine {
        kernel: options.one_kernel()?,
        cpus: options.cpus,
        memory: options.memory.clone(),
        kvm: !options.icount && kvm::works()?,
        icount: options.icount,
        qemu: options.qemu.clone(),
        timeout: options.timeout.unwrap_or(timeout),
    })
}

/// A shared directory with our tools, the C tool and the command.
///
/// # Errors
/// The tools do not build, or a file cannot be written.
pub fn share(options: &Options, machine: &Machine, command: &[OsString]) -> Result<Share> {
    let tools = build::tools()?;
    let share = Share::new(machine.kernel.name, command, &Output::PassOn)?;
    for tool in tools {
        share.program(&tool)?;
    }
    share.reference_tool()?;
    share.clients()?;
    share.addons(machine.kernel)?;
    if options.patched {
        share.module(&kernel::module(machine.kernel)?, "modules")?;
    }
    share.set("module", if options.module { "yes" } else { "no" })?;
    share.set("life", &machine.timeout.as_secs().to_string())?;
    share.set("directory", &paths::repository().to_string_lossy())?;
    Ok(share)
}

/// Turns a guest's end into ours.
///
/// # Errors
/// The guest failed.
pub fn finish(end: End) -> Result<ExitCode> {
    match end {
        End::Status(status) => Ok(ExitCode::from(status)),
        End::Failed(failure) => {
            report(&failure);
            Ok(ExitCode::from(HARNESS_FAILED))
        }
        End::Interrupted => {
            eprintln!("interrupted: the virtual machine is stopped");
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// Says what happened to a guest, with the end of its console log.
pub fn report(failure: &Failure) {
    eprintln!("--- the guest's last words");
    eprintln!("{}", console::tail(&failure.console, 12));
    eprintln!("---");
    eprintln!("error: {} (console log: {})", failure.reason, failure.console.display());
}

/// `cargo xtask vm shell`.
pub fn shell(arguments: Vec<OsString>) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    if let Some(word) = options.words.first() {
        bail!("`vm shell` takes no command; use `vm run -- {}`", word.display());
    }
    setup::implied()?;
    let machine = machine(&options, TIMEOUT)?;
    let share = share(&options, &machine, &[])?;
    machine.interact(&share)?;
    Ok(ExitCode::SUCCESS)
}

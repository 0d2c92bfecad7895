// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask vm setup`: everything that a virtual machine needs, fetched once.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::cache::Cache;
use super::kernel::{self, Kernel};
use super::{clients, host, kernel_script, reference, servers, tools};

/// What a step of the setup found or did.
pub enum Outcome {
    /// It was there already; the text says what.
    Present(String),
    /// It has been fetched or built; the text says what.
    Made(String),
}

/// `cargo xtask vm setup`.
pub fn main(arguments: &[OsString]) -> Result<ExitCode> {
    if let Some(argument) = arguments.first() {
        bail!("`vm setup` takes no argument, so `{}` is one too many", argument.display());
    }
    everything(&mut |line| println!("{line}"))?;
    Ok(ExitCode::SUCCESS)
}

/// The setup that other commands do first: silent where nothing is to do.
///
/// # Errors
/// As [`main`]: no network, no apt, no rights to install.
pub fn implied() -> Result<()> {
    if complete() {
        return Ok(());
    }
    eprintln!("The virtual machine needs things that are not here yet (`cargo xtask vm setup`):");
    everything(&mut |line| eprintln!("{line}"))
}

fn complete() -> bool {
    crate::paths::cache().is_ok_and(|cache| {
        host::missing(&cache).is_empty()
            && tools::present(&cache)
            && reference::present(&cache)
            && clients::present(&cache)
            && servers::present(&cache)
            && kernel_script::present(&cache)
            && kernel::KERNELS.iter().all(|kernel| kernel.find(&cache).is_ok())
    })
}

fn everything(say: &mut dyn FnMut(String)) -> Result<()> {
    if std::env::consts::ARCH != "x86_64" {
        bail!(
            "the kernels are amd64 packages and this machine is {}: use an x86_64 machine",
            std::env::consts::ARCH
        );
    }
    let cache = Cache::lock()?;
    step(say, "host packages", || host::setup(&cache))?;
    step(say, "virtme-ng", || tools::virtme_ng(&cache))?;
    step(say, "virtiofsd", || tools::virtiofsd(&cache))?;
    step(say, "busybox", || tools::busybox(&cache))?;
    step(say, "reference ipvsadm", || reference::setup(&cache))?;
    step(say, "clients", || clients::setup(&cache))?;
    step(say, "servers", || servers::setup(&cache))?;
    step(say, "kernel's ipvs.sh", || kernel_script::setup(&cache))?;
    for kernel in kernel::KERNELS {
        step(say, &format!("kernel {}", kernel.name), || Kernel::setup(kernel, &cache))?;
    }
    Ok(())
}

fn step(
    say: &mut dyn FnMut(String),
    name: &str,
    work: impl FnOnce() -> Result<Outcome>,
) -> Result<()> {
    let start = Instant::now();
    match work().with_context(|| format!("setup of {name}"))? {
        Outcome::Present(what) => say(format!("{name}: present ({what})")),
        Outcome::Made(what) => {
            say(format!("{name}: done in {:.0} s ({what})", start.elapsed().as_secs_f64()));
        }
    }
    Ok(())
}

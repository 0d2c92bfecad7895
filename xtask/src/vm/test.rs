// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask vm test`: the VM tests, one boot per kernel.

use std::ffi::OsString;
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::machine::{End, Machine};
use super::options::Options;
use super::share::{GUEST, Share};
use super::{run, setup};
use crate::tally::Tally;
use crate::{HARNESS_FAILED, build, kernel};

const TIMEOUT: Duration = Duration::from_secs(2400);
const SUITE: &str = "vm-suite";
/// The variable that sets the seed of random tests, handed on to the guest.
const SEED: &str = "IPVS_SEED";

/// `cargo xtask vm test`.
pub fn main(arguments: Vec<OsString>) -> Result<ExitCode> {
    let tally = all(Options::parse(arguments)?)?;
    println!("{tally}");
    Ok(ExitCode::from(if tally.failed == 0 { 0 } else { HARNESS_FAILED }))
}

/// Runs the tests on each kernel that the options name and counts the results.
///
/// # Errors
/// The host fails, or the user interrupts; what fails in a guest is counted.
pub fn all(options: Options) -> Result<Tally> {
    setup::implied()?;
    let suite = build_suite()?;
    let mut total = Tally::default();
    for kernel in &options.kernels {
        let options = Options { kernels: vec![kernel], ..options.clone() };
        total += on_kernel(&options, &suite, &[], |_| Ok(()))
            .with_context(|| format!("VM tests on kernel {}", kernel.name))?;
    }
    Ok(total)
}

/// Runs the tests of our patches on the kernels that have some, and counts the results.
///
/// # Errors
/// A patched module does not build; otherwise as [`all`].
pub fn patched() -> Result<Tally> {
    all(Options::parse(["--kernel", "all", "--patched", "patched::"].map(OsString::from).to_vec())?)
}

/// Runs the tests that go wrong on purpose, and counts the results.
///
/// # Errors
/// As [`all`].
pub fn misbehaving(options: &Options) -> Result<Tally> {
    on_kernel(options, &build_suite()?, &["env", "IPVS_VM_MISBEHAVE=1"], |_| Ok(()))
}

/// Runs the tests of our package against Debian's, and counts the results.
///
/// # Errors
/// As [`all`].
pub fn packages(options: &Options, ours: &Path, others: &Path) -> Result<Tally> {
    let variable = format!("IPVS_VM_PACKAGES={GUEST}/packages");
    on_kernel(options, &build_suite()?, &["env", &variable], |share| {
        share.tree(others, "packages")?;
        share.tree(ours, "packages/ours.deb")
    })
}

fn build_suite() -> Result<PathBuf> {
    eprintln!("building the tests …");
    build::programs(&["--package", "vm-tests", "--bin", SUITE])?
        .into_iter()
        .find(|program| program.ends_with(SUITE))
        .with_context(|| format!("cargo did not say where it built {SUITE}"))
}

fn on_kernel(
    options: &Options,
    suite: &Path,
    prefix: &[&str],
    prepare: impl FnOnce(&Share) -> Result<()>,
) -> Result<Tally> {
    let machine = run::machine(options, TIMEOUT)?;
    kernel::modules(machine.kernel)?;
    let mut command: Vec<_> = prefix.iter().map(OsString::from).collect();
    if options.patched {
        command.extend(["env", "IPVS_VM_PATCHED=1"].map(OsString::from));
    }
    if let Ok(seed) = std::env::var(SEED) {
        command.extend(["env".to_owned(), format!("{SEED}={seed}")].map(OsString::from));
    }
    command.push(SUITE.into());
    if std::io::stdout().is_terminal() {
        command.extend(["--color", "always"].map(OsString::from));
    }
    command.extend(options.words.iter().cloned());
    let mut share = run::share(options, &machine, &command)?;
    share.program(suite)?;
    prepare(&share)?;
    println!("VM tests on kernel {}", machine.kernel.name);
    let start = Instant::now();
    let end = machine.run(&mut share)?;
    let [stdout, _] = share.collected();
    let reported = Tally::last_result_line(&String::from_utf8_lossy(stdout));
    println!(
        "kernel {}: {:.0} s from power-on to power-off",
        machine.kernel.name,
        start.elapsed().as_secs_f64()
    );
    match (end, reported) {
        (End::Status(0), Some(tally)) if tally.failed == 0 => Ok(tally),
        (End::Status(status), Some(tally)) if status != 0 && tally.failed > 0 => {
            println!("console log: {}", share.keep_console().display());
            Ok(tally)
        }
        (End::Status(status), _) => {
            bail!("the test runner ended with status {status} and no matching result line")
        }
        (End::Interrupted, _) => bail!("interrupted: the virtual machine is stopped"),
        (End::Failed(failure), reported) => {
            run::report(&failure);
            Ok(vanished(&machine, &progress(&share.directory().join("progress")), reported))
        }
    }
}

/// What the guest noted while it ran its tests.
#[derive(Default, PartialEq, Eq, Debug)]
struct Progress {
    ended: u64,
    running: Vec<String>,
}

fn progress(path: &Path) -> Progress {
    parse_progress(&fs::read_to_string(path).unwrap_or_default())
}

fn parse_progress(text: &str) -> Progress {
    let mut progress = Progress::default();
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("start", name)) => progress.running.push(name.to_owned()),
            Some(("end", name)) => {
                progress.running.retain(|running| running != name);
                progress.ended += 1;
            }
            _ => {}
        }
    }
    progress
}

/// The results of a guest that failed: at least one test has failed, whatever the runner said.
fn vanished(machine: &Machine, progress: &Progress, reported: Option<Tally>) -> Tally {
    let kernel = machine.kernel.name;
    for name in &progress.running {
        println!("test {name} ... FAILED (it was running when the guest on {kernel} ended)");
    }
    let mut tally = reported.unwrap_or_default();
    let lost = progress.running.len() as u64;
    if lost == 0 {
        println!("test guest-on-{kernel} ... FAILED (see the console log)");
    }
    if reported.is_none() && progress.ended > 0 {
        println!("{} tests had ended; their results count as failed", progress.ended);
        tally.failed += progress.ended;
    }
    tally.failed += lost.max(1);
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_started_and_did_not_end_are_found() {
        let progress = parse_progress("start a::x\nstart a::y\nend a::x\nstart b::z\nend b::z\n");
        assert_eq!(progress, Progress { ended: 2, running: vec!["a::y".to_owned()] });
    }
}

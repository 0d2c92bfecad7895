// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask test`: everything that must hold, step by step; the first failure ends it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::tally::Tally;
use crate::vm::options::Options;
use crate::{HARNESS_FAILED, build, dist, exec, oracle, vm};

/// One step: its name, and what it does and counts.
type Step = (&'static str, fn() -> Result<Tally>);

const STEPS: &[Step] = &[
    ("formatting", || quiet(&["fmt", "--all", "--check"])),
    ("clippy", || {
        let lints = ["--", "-D", "warnings"];
        let all = ["clippy", "--quiet", "--workspace", "--all-targets", "--all-features"];
        quiet(&[all.as_slice(), &lints].concat())
    }),
    ("unit, property and golden tests", || {
        counted(&["test", "--workspace", "--all-features", "--all-targets", "--no-fail-fast"])
    }),
    ("documentation tests", || counted(&["test", "--workspace", "--all-features", "--doc"])),
    ("oracle without a kernel", oracle::checks),
    ("Debian package: installed, used, removed", || {
        dist::install::checks(&Options::parse(Vec::new())?)
    }),
    ("guests that behave badly", || vm::selftest::checks(&Options::parse(Vec::new())?)),
    ("VM tests on patched kernels", vm::test::patched),
    ("VM tests on all kernels", || {
        vm::test::all(Options::parse(["--kernel", "all"].map(OsString::from).to_vec())?)
    }),
];

/// `cargo xtask test`.
pub fn main(arguments: Vec<OsString>) -> Result<ExitCode> {
    if let Some(argument) = arguments.first() {
        bail!("`test` takes no argument, so `{}` is one too many", argument.display());
    }
    let mut total = Tally::default();
    let mut failure = None;
    let start = Instant::now();
    for (number, (name, work)) in STEPS.iter().enumerate() {
        println!("=== {}/{}: {name}", number + 1, STEPS.len());
        let step = Instant::now();
        let outcome = work();
        let seconds = step.elapsed().as_secs_f64();
        let failed = match outcome {
            Ok(tally) => {
                total += tally;
                let result = match tally {
                    _ if tally == Tally::default() => "ok".to_owned(),
                    _ => tally.to_string(),
                };
                println!("=== {name}: {result} ({seconds:.0} s)");
                tally.failed > 0
            }
            Err(error) => {
                println!("=== {name}: FAILED ({seconds:.0} s): {error:#}");
                total.failed += 1;
                true
            }
        };
        if failed {
            failure = Some(name);
            break;
        }
    }
    println!("=== {:.0} s in all", start.elapsed().as_secs_f64());
    if let Some(name) = failure {
        println!("=== stopped after the first failing step: {name}");
    }
    println!("{total}");
    Ok(ExitCode::from(if failure.is_none() { 0 } else { HARNESS_FAILED }))
}

/// Runs cargo on something that passes or fails as a whole.
fn quiet(arguments: &[&str]) -> Result<Tally> {
    exec::run(build::cargo().args(arguments))?;
    Ok(Tally::default())
}

/// Runs cargo's tests, showing their output, and adds up the runners' result lines.
fn counted(arguments: &[&str]) -> Result<Tally> {
    let mut command: Command = build::cargo();
    command.args(arguments).stdout(Stdio::piped()).stdin(Stdio::null());
    let mut child =
        command.spawn().with_context(|| format!("cannot start {}", exec::show(&command)))?;
    let output = child.stdout.take().context("cargo has no standard output")?;
    let (mut total, mut started, mut reported) = (Tally::default(), 0, 0);
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(&line).and_then(|()| stdout.write_all(b"\n"))?;
        let text = String::from_utf8_lossy(&line);
        started += u32::from(starts_runner(&text));
        if let Some(tally) = Tally::result_line(&text) {
            total += tally;
            reported += 1;
        }
    }
    let status = child.wait()?;
    ensure!(
        reported > 0 && reported >= started,
        "{started} test runners started and {reported} reported results"
    );
    ensure!(
        status.success() || total.failed > 0,
        "{} failed ({status}) although no test did",
        exec::show(&command)
    );
    Ok(total)
}

/// Whether a line is the first of a test runner: `running 7 tests`.
fn starts_runner(line: &str) -> bool {
    let number = line
        .strip_prefix("running ")
        .and_then(|rest| rest.strip_suffix(" tests").or_else(|| rest.strip_suffix(" test")));
    number.is_some_and(|number| number.parse::<u64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::starts_runner;

    #[test]
    fn runners_announce_their_tests() {
        assert!(starts_runner("running 1 test"));
        assert!(starts_runner("running 12 tests"));
        assert!(!starts_runner("running wild tests"));
        assert!(!starts_runner("test running ... ok"));
    }
}

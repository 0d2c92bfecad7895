// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask vm selftest`: the harness on guests that behave badly.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::machine::{End, Machine};
use super::options::Options;
use super::share::{Output, Share};
use super::{run, setup, test};
use crate::tally::Tally;
use crate::{HARNESS_FAILED, build};

/// One guest and what must come of it.
struct Check {
    name: &'static str,
    script: &'static str,
    timeout: Duration,
    expect: fn(&End, &Share) -> Result<()>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "output and status pass through byte for byte",
        script: r"printf 'a\0\377\n\n'; printf '\377err' >&2; exit 7",
        timeout: Duration::from_secs(120),
        expect: |end, share| {
            ensure!(matches!(end, End::Status(7)), "{}", describe(end));
            let [stdout, stderr] = share.collected();
            ensure!(stdout == b"a\0\xff\n\n", "standard output was {stdout:?}");
            ensure!(stderr == b"\xfferr", "standard error was {stderr:?}");
            Ok(())
        },
    },
    Check {
        name: "a command killed by signal 9 has status 137",
        script: "kill -9 $$",
        timeout: Duration::from_secs(120),
        expect: |end, _| {
            ensure!(matches!(end, End::Status(137)), "{}", describe(end));
            Ok(())
        },
    },
    Check {
        name: "what stays in the background does not hold the caller",
        script: "sleep 100000 & ipvsadm-c -Ln",
        timeout: Duration::from_secs(120),
        expect: |end, share| {
            ensure!(matches!(end, End::Status(0)), "{}", describe(end));
            let [stdout, _] = share.collected();
            let banner = b"IP Virtual Server version 1.2.1 (size=4096)\n";
            ensure!(stdout.starts_with(banner), "standard output was {stdout:?}");
            Ok(())
        },
    },
    Check {
        name: "a kernel without the module is told with the remedy, in one line",
        script: r#"modprobe -r ip_vs; echo /bin/false >/proc/sys/kernel/modprobe
            mount --bind /bin/false "$(realpath /sbin/modprobe)"
            IPVSADM_HINTS=1 exec ipvsadm -Ln"#,
        timeout: Duration::from_secs(120),
        expect: |end, share| {
            ensure!(matches!(end, End::Status(2)), "{}", describe(end));
            let [_, stderr] = share.collected();
            let text = String::from_utf8_lossy(stderr);
            ensure!(text.lines().count() == 1, "standard error was {text}");
            ensure!(text.contains("`modprobe ip_vs`"), "standard error was {text}");
            Ok(())
        },
    },
    Check {
        name: "a hanging command is cut",
        script: "sleep 100000",
        timeout: Duration::from_secs(25),
        expect: |end, _| failed(end, "the guest did not end within 25 s"),
    },
    Check {
        name: "a panic is a failure with the console log kept",
        script: "echo before; sleep 2; echo c >/proc/sysrq-trigger; sleep 100000",
        timeout: Duration::from_secs(120),
        expect: |end, share| {
            let [stdout, _] = share.collected();
            ensure!(stdout == b"before\n", "standard output was {stdout:?}");
            failed(end, "Kernel panic - not syncing: sysrq triggered crash")
        },
    },
    Check {
        name: "a guest that powers off by itself is a failure",
        script: "echo o >/proc/sysrq-trigger; sleep 100000",
        timeout: Duration::from_secs(120),
        expect: |end, _| failed(end, "the guest vanished before the command ended"),
    },
];

/// Runs of the tests that go wrong on purpose: the runner's arguments and the results.
const SUITES: &[(&str, &[&str], Tally)] = &[
    (
        "tests that fail, panic or hang are failures, and the others go on",
        &["--skip", "misbehave::ends_the_guest"],
        Tally { passed: 1, failed: 3, skipped: 1 },
    ),
    (
        "a test that ends the guest is a failure",
        &["--exact", "misbehave::ends_the_guest"],
        Tally { passed: 0, failed: 1, skipped: 0 },
    ),
];

/// `cargo xtask vm selftest`.
pub fn main(arguments: Vec<OsString>) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    if let Some(word) = options.words.first() {
        bail!("`vm selftest` takes no argument, so `{}` is one too many", word.display());
    }
    let mut failures = checks(&options)?.failed;
    for (name, words, expected) in SUITES {
        let words = words.iter().map(OsString::from).collect();
        let outcome = test::misbehaving(&Options { words, ..options.clone() });
        match outcome {
            Ok(tally) if tally == *expected => println!("ok      {name}"),
            Ok(tally) => {
                failures += 1;
                println!("FAILED  {name}: {tally}, not {expected}");
            }
            Err(error) => {
                failures += 1;
                println!("FAILED  {name}: {error:#}");
            }
        }
    }
    let passed = (CHECKS.len() + SUITES.len()) as u64 - failures;
    println!("{passed} passed, {failures} failed, 0 skipped");
    Ok(ExitCode::from(if failures == 0 { 0 } else { HARNESS_FAILED }))
}

/// Guests that behave badly, each for itself.
///
/// # Errors
/// Only where the setup or a build fails; what a guest does wrong is counted.
pub fn checks(options: &Options) -> Result<Tally> {
    setup::implied()?;
    let template = run::machine(options, Duration::from_secs(120))?;
    let tools = build::tools()?;
    let mut tally = Tally::default();
    for check in CHECKS {
        let machine = Machine {
            memory: template.memory.clone(),
            qemu: template.qemu.clone(),
            timeout: check.timeout,
            ..template
        };
        let start = Instant::now();
        let outcome = verify(check, &machine, &tools);
        let seconds = start.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => {
                tally.passed += 1;
                println!("ok      {} ({seconds:.0} s)", check.name);
            }
            Err(error) => {
                tally.failed += 1;
                println!("FAILED  {} ({seconds:.0} s): {error:#}", check.name);
            }
        }
    }
    Ok(tally)
}

fn verify(check: &Check, machine: &Machine, tools: &[PathBuf]) -> Result<()> {
    let command = ["/bin/bash", "-c", check.script];
    let mut share = Share::new("selftest", &command, &Output::Collect)?;
    share.reference_tool()?;
    tools.iter().try_for_each(|tool| share.program(tool))?;
    let end = machine.run(&mut share)?;
    let outcome = (check.expect)(&end, &share);
    if outcome.is_ok() {
        share.discard_console();
    }
    outcome
}

fn failed(end: &End, reason: &str) -> Result<()> {
    let End::Failed(failure) = end else { bail!("no failure but {}", describe(end)) };
    ensure!(failure.reason.contains(reason), "the reason was: {}", failure.reason);
    let log = std::fs::metadata(&failure.console).context("the console log is gone")?;
    ensure!(log.len() > 1000, "the console log has only {} bytes", log.len());
    Ok(())
}

fn describe(end: &End) -> String {
    match end {
        End::Status(status) => format!("status {status}"),
        End::Failed(failure) => format!("a failed guest: {}", failure.reason),
        End::Interrupted => "an interrupt".to_owned(),
    }
}

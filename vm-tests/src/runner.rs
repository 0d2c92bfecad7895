// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs the cases: each in its own thread and namespace, with a time limit and the usual report.

use std::any::Any;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::case::{Case, Failure};
use crate::ctx::{Ctx, Kernel};
use crate::{cases, command, netns};

/// Set by the harness in the guest: the directory that guest and host share.
const MARKER: &str = "IPVS_VM";
/// Set by the harness where the module is ours.
const PATCHED: &str = "IPVS_VM_PATCHED";
/// How many of the longest tests are told at the end.
const LONGEST: usize = 12;
const OUTSIDE: &str = "needs the virtual machine: cargo xtask vm test";

/// Runs what the command line asks for, in the guest; outside, reports every case as ignored.
pub fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let guest = guest();
    if guest.is_some() && !arguments.list {
        // `ip netns` prepares its directory at the first use; two at once would collide.
        if let Err(failure) = command::ip(&[], "netns add prepare\nnetns del prepare") {
            eprintln!("error: the guest cannot make network namespaces: {failure}");
            return ExitCode::FAILURE;
        }
        // The kernel loads a scheduler while it holds the lock of IPVS. These two wait for namespaces
        // that are being cleaned up, which wait for that lock: a deadlock, seen on 6.12.
        if let Err(failure) =
            command::run("modprobe -a ip_vs_lblc ip_vs_lblcr", &[], command::TIMEOUT)
                .and_then(command::Output::success)
        {
            eprintln!("error: the guest cannot load schedulers: {failure}");
            return ExitCode::FAILURE;
        }
    }
    let trials = cases::chosen().into_iter().map(|case| trial(case, guest.clone())).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    tell_longest();
    conclusion.exit_code()
}

/// What has failed since the last test was started.
static FAILURES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Says what has failed, after the line that says that it has: the report comes at the end of the run,
/// and not at all if the guest dies before.
fn tell_failures() {
    let failures = FAILURES.lock().map(|mut failures| std::mem::take(&mut *failures));
    for failure in failures.unwrap_or_default() {
        eprintln!("{failure}");
    }
}

/// How long tests took that have ended.
static TIMES: Mutex<Vec<(Duration, &str)>> = Mutex::new(Vec::new());

/// Says where the time went: a guest's is dear.
fn tell_longest() {
    let Ok(mut times) = TIMES.lock() else { return };
    times.sort_unstable_by(|a, b| b.cmp(a));
    for (time, name) in times.iter().take(LONGEST) {
        println!("{:5.0} s  {name}", time.as_secs_f64());
    }
}

/// The shared directory, if this really is the guest.
fn guest() -> Option<PathBuf> {
    let directory = PathBuf::from(std::env::var_os(MARKER)?);
    directory.join("booted").exists().then_some(directory)
}

fn trial(case: Case, guest: Option<PathBuf>) -> Trial {
    Trial::ignorable_test(case.name, move || {
        let Some(directory) = &guest else {
            return Ok(Completion::ignored_with(OUTSIDE));
        };
        if let Some(reason) = unfit(&case)? {
            return Ok(Completion::ignored_with(reason));
        }
        note(directory, "start", case.name)?;
        tell_failures();
        let begin = Instant::now();
        let outcome = run(case);
        if let (Err(failed), Ok(mut failures)) = (&outcome, FAILURES.lock()) {
            let message = failed.message().unwrap_or("no message");
            failures.push(format!("{} failed: {message}", case.name));
        }
        if let Ok(mut times) = TIMES.lock() {
            times.push((begin.elapsed(), case.name));
        }
        note(directory, "end", case.name)?;
        outcome.map(|()| Completion::Completed)
    })
}

/// Why a test does not run on this kernel.
fn unfit(case: &Case) -> Result<Option<String>, Failed> {
    let running = Kernel::running().map_err(failed)?;
    if case.patched && std::env::var_os(PATCHED).is_none() {
        return Ok(Some("needs our patches: cargo xtask vm test --patched".to_owned()));
    }
    Ok(match (case.since, case.only) {
        (Some((first, what)), _) if running < first => {
            Some(format!("kernel {running}: {what} came with {first}"))
        }
        (_, Some((kernel, why))) if running != kernel => Some(format!("on {kernel} only: {why}")),
        _ => None,
    })
}

/// Tells the host which tests run, in case the guest does not live to report.
fn note(directory: &Path, event: &str, name: &str) -> Result<(), Failed> {
    static LOCK: Mutex<()> = Mutex::new(());
    let _guard = LOCK.lock();
    let mut file = OpenOptions::new().create(true).append(true).open(directory.join("progress"))?;
    file.write_all(format!("{event} {name}\n").as_bytes())?;
    Ok(())
}

fn run(case: Case) -> Result<(), Failed> {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new().name(case.name.to_owned()).spawn(move || {
        let outcome = isolated(case);
        // Nobody listens any more when the time was over.
        let _ = sender.send(outcome);
    })?;
    match receiver.recv_timeout(case.timeout) {
        Ok(outcome) => outcome.map_err(failed),
        Err(RecvTimeoutError::Timeout) => {
            Err(format!("no result within {} s", case.timeout.as_secs()).into())
        }
        Err(RecvTimeoutError::Disconnected) => Err(match thread.join() {
            Ok(()) => "the test ended without a result".into(),
            Err(panic) => panic_message(panic.as_ref()).into(),
        }),
    }
}

fn isolated(case: Case) -> Result<(), Failure> {
    netns::unshare()?;
    (case.run)(&mut Ctx::new()?)
}

fn failed(failure: Failure) -> Failed {
    failure.to_string().into()
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "panicked".to_owned())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scenarios: shell lines, each through both tools in fresh namespaces.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::thread;

use super::intended::Different;
use super::root::{Root, Tool};
use super::station::{Seen, Station, Surroundings};
use super::transcript;
use crate::case::Failure;
use crate::ctx::Kernel;
use crate::model::State;

/// How many scenarios run at a time: some of them sleep.
const WORKERS: usize = 3;

/// How often a scenario with a difference runs: up to 6.12 all namespaces share the kernel's table,
/// and a change in another one disturbs a listing between two of its parts, which the C tool then
/// shows with services doubled or lost. That excuses the C tool only: ours must do the same each time.
const ATTEMPTS: usize = 3;

/// How scenarios run, and what they may differ in.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Whether generic netlink is refused to the tools.
    pub netlink_refused: bool,
    /// Whether the C tool must print what it printed when the scenarios were observed.
    pub observed: bool,
    /// Scenarios that differ on purpose.
    pub different: &'static [Different],
}

/// What was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Scenarios in which both tools did the same.
    pub equal: usize,
    /// Scenarios in which they differed as they should.
    pub different: usize,
    /// Scenarios in which the C tool did what it had been observed to do.
    pub observed: usize,
    /// Scenarios that had to run again.
    pub again: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} equal, {} different on purpose", self.equal, self.different)?;
        if self.again > 0 {
            write!(f, ", {} only when they ran again", self.again)?;
        }
        if self.observed > 0 {
            write!(f, "; the C tool as observed in {}", self.observed)?;
        }
        Ok(())
    }
}

/// The scenarios of a file: its lines without comments.
pub fn lines(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Runs scenarios through both tools and compares what they did.
///
/// # Errors
/// There are differences that are not intended, or intended ones that are not there; the message
/// has them all.
pub fn compare(scenarios: &[&str], setup: Setup) -> Result<Counts, Failure> {
    let observed = if setup.observed { transcript::observed(Kernel::running()?) } else { None };
    let observed = observed.unwrap_or_default();
    let results = Mutex::new((Counts::default(), Vec::new()));
    let queue = Mutex::new(scenarios.iter());
    let work = || -> Result<(), Failure> {
        let pair = [Root::new(Tool::C)?, Root::new(Tool::Ours)?];
        loop {
            let next = queue.lock().map_err(poisoned)?.next();
            let Some(scenario) = next else {
                return Ok(());
            };
            let verdict = patiently(scenario, &pair, setup, &observed);
            let (counts, failures) = &mut *results.lock().map_err(poisoned)?;
            match verdict {
                Ok(one) => {
                    counts.equal += one.equal;
                    counts.different += one.different;
                    counts.observed += one.observed;
                    counts.again += one.again;
                }
                Err(failure) => {
                    let text = format!("### {scenario}\n{failure}");
                    // At once: a case that runs out of time says nothing any more.
                    println!("{text}");
                    failures.push(text);
                }
            }
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(Failure::new("a worker panicked")))
        })
    })?;
    let (counts, failures) = results.into_inner().map_err(poisoned)?;
    if failures.is_empty() {
        return Ok(counts);
    }
    Err(Failure::new(format!("{counts}, {} failed:\n{}", failures.len(), failures.join("\n"))))
}

fn poisoned<T>(_: std::sync::PoisonError<T>) -> Failure {
    Failure::new("a worker panicked")
}

fn patiently(
    scenario: &str,
    pair: &[Root; 2],
    setup: Setup,
    observed: &HashMap<String, String>,
) -> Result<Counts, Failure> {
    let [c, ours] = pair;
    let once = run(scenario, ours, setup)?;
    let mut attempt = 1;
    loop {
        let verdict = judge(scenario, &run(scenario, c, setup)?, &once, setup, observed);
        if verdict.is_ok() || attempt == ATTEMPTS {
            return verdict.map(|counts| Counts { again: usize::from(attempt > 1), ..counts });
        }
        let again = run(scenario, ours, setup)?;
        if let Some(difference) = describe(["ours", "ours again"], &once, &again) {
            return Err(Failure::new(difference));
        }
        attempt += 1;
    }
}

/// What one scenario adds to the counts.
fn judge(
    scenario: &str,
    c: &(Seen, State),
    ours: &(Seen, State),
    setup: Setup,
    observed: &HashMap<String, String>,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    if let Some(block) = observed.get(scenario) {
        if c.0.to_string() != *block {
            return Err(Failure::new(format!("--- C, observed\n{block}--- C, here\n{}", c.0)));
        }
        counts.observed = 1;
    }
    match (describe(["C", "ours"], c, ours), setup.different.iter().find(|one| one.is(scenario))) {
        (None, None) => counts.equal = 1,
        (Some(_), Some(_)) => counts.different = 1,
        (None, Some(one)) => {
            return Err(Failure::new(format!("is equal, but should differ: {}", one.row)));
        }
        (Some(difference), None) => return Err(Failure::new(difference)),
    }
    Ok(counts)
}

fn run(scenario: &str, root: &Root, setup: Setup) -> Result<(Seen, State), Failure> {
    let surroundings = Surroundings {
        netlink_refused: setup.netlink_refused,
        // Counters matter only where something is sent.
        estimation: scenario.contains("send"),
    };
    Station::fresh(root, surroundings, |station| Ok((station.shell(scenario)?, station.state()?)))
}

/// What differs, if anything.
fn describe([a, b]: [&str; 2], one: &(Seen, State), other: &(Seen, State)) -> Option<String> {
    let mut text = String::new();
    if one.0 != other.0 {
        text += &format!("--- {a}\n{}--- {b}\n{}", one.0, other.0);
    }
    if one.1 != other.1 {
        let lines = one.1.differences(&other.1);
        text += &format!("--- state: {a} / {b}\n{}\n", lines.join("\n"));
    }
    (!text.is_empty()).then_some(text)
}

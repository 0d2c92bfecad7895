// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many comparisons.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};

use super::compare::{Mismatch, Verdict, compare};
use super::programs::Theirs;
use super::shrink::shrink;
use crate::words;

/// How many streams of cases run side by side: a seed means the same on every machine.
const STREAMS: u64 = 2;

/// After how many differences a stream ends.
const ENOUGH: usize = 5;

/// How long to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// For so many cases.
    Cases(usize),
    /// For so long.
    Time(Duration),
}

/// What the comparisons found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many cases were compared.
    pub cases: usize,
    /// How many of them differ on purpose, and why.
    pub on_purpose: BTreeMap<&'static str, usize>,
    /// The differences, shrunk.
    pub mismatches: Vec<Mismatch>,
}

/// Compares the C tool in `directory` with ours on the cases of `seed`.
///
/// # Errors
/// When the C tool can't be started, or a temporary directory not be written.
pub fn run(directory: &Path, seed: u64, limit: Limit) -> io::Result<Report> {
    let streams: Vec<_> = std::thread::scope(|scope| {
        let start = |number| scope.spawn(move || stream(directory, seed, number, limit));
        let threads: Vec<_> = (0..STREAMS).map(start).collect();
        threads.into_iter().map(|thread| thread.join()).collect()
    });
    let mut all = Report::default();
    for report in streams {
        let report = report.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        all.cases += report.cases;
        all.mismatches.extend(report.mismatches);
        for (why, count) in report.on_purpose {
            *all.on_purpose.entry(why).or_default() += count;
        }
    }
    Ok(all)
}

fn stream(directory: &Path, seed: u64, number: u64, limit: Limit) -> io::Result<Report> {
    let work = format!("vm-oracle-{}-{number}", std::process::id());
    let tool = Theirs::new(directory, std::env::temp_dir().join(work))?;
    let mut runner = words::runner(seed.wrapping_mul(STREAMS).wrapping_add(number));
    let (strategy, start, mut report) = (super::case(), Instant::now(), Report::default());
    let goes_on = |report: &Report| {
        report.mismatches.len() < ENOUGH
            && match limit {
                Limit::Cases(cases) => report.cases < cases.div_ceil(STREAMS as usize),
                Limit::Time(time) => start.elapsed() < time,
            }
    };
    while goes_on(&report) {
        let tree =
            strategy.new_tree(&mut runner).map_err(|reason| io::Error::other(reason.message()))?;
        let case = tree.current();
        if case.line.left_out().is_some() {
            continue;
        }
        report.cases += 1;
        match compare(&tool, &case)? {
            Verdict::Equal => {}
            Verdict::OnPurpose(why) => *report.on_purpose.entry(why).or_default() += 1,
            // Every step of shrinking a run that hangs would hang, too.
            Verdict::Different(mismatch) if mismatch.theirs.hung() => {
                report.mismatches.push(*mismatch)
            }
            Verdict::Different(mismatch) => report.mismatches.push(*shrink(&tool, mismatch)),
        }
    }
    Ok(report)
}

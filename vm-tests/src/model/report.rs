// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a run has seen.

use std::collections::BTreeMap;
use std::fmt;

use ipvs_netlink::{Error, Operation};

/// A run without a difference.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Where the run came from.
    pub seed: u64,
    /// Operations that were sent to either side.
    pub operations: usize,
    /// Comparisons of the whole state.
    pub comparisons: usize,
    /// How often each kind of operation got each answer, for example `update destination: ENOENT`.
    pub answers: BTreeMap<String, usize>,
}

impl Report {
    /// How often an answer was seen, over all kinds of operations.
    pub fn seen(&self, answer: &str) -> usize {
        let matching = self.answers.iter().filter(|(key, _)| key.ends_with(answer));
        matching.map(|(_, count)| count).sum()
    }

    pub(super) fn note(&mut self, operation: &Operation, answer: impl fmt::Display) {
        *self.answers.entry(format!("{}: {answer}", kind(operation))).or_default() += 1;
    }
}

fn kind(operation: &Operation) -> &'static str {
    match operation {
        Operation::CreateService { .. } => "create service",
        Operation::UpdateService { .. } => "update service",
        Operation::DeleteService { .. } => "delete service",
        Operation::CreateDest { .. } => "create destination",
        Operation::UpdateDest { .. } => "update destination",
        Operation::DeleteDest { .. } => "delete destination",
        Operation::StartDaemon { .. } => "start daemon",
        Operation::StopDaemon { .. } => "stop daemon",
        Operation::SetTimeouts { .. } => "set timeouts",
        Operation::Zero { .. } => "zero",
        Operation::Flush => "flush",
        _ => "other",
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, operations, comparisons, answers } = self;
        writeln!(f, "seed {seed}: {operations} operations, {comparisons} states, no difference")?;
        answers.iter().try_for_each(|(answer, count)| writeln!(f, "  {count:6} {answer}"))
    }
}

/// What was different.
#[derive(Debug)]
#[non_exhaustive]
pub enum What {
    /// The answers to a batch, an operation a line.
    Answers(String),
    /// The kernel did not answer a batch in time.
    Silence(String),
    /// The answers to a question about one service.
    Question(String),
    /// The states, a thing a line: kernel's / model's.
    States(Vec<String>),
    /// A side could not be read or reset.
    Failed(Error),
}

/// The first difference of a run.
#[derive(Debug)]
pub struct Mismatch {
    /// Where the run came from.
    pub seed: u64,
    /// How many operations had been sent, the last batch included.
    pub step: usize,
    /// What was sent last.
    pub last: Vec<Operation>,
    /// What was different.
    pub what: What,
    /// A short sequence from the empty state that shows a difference, if one was found.
    pub shrunk: Option<Vec<Operation>>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, operation {}: kernel / model", self.seed, self.step)?;
        match &self.what {
            What::Answers(text) | What::Silence(text) | What::Question(text) => {
                writeln!(f, "{text}")?
            }
            What::States(lines) => lines.iter().try_for_each(|line| writeln!(f, "  {line}"))?,
            What::Failed(error) => writeln!(f, "  {error}")?,
        }
        let (title, operations) = match &self.shrunk {
            Some(shrunk) => ("shortest sequence found:", shrunk),
            None => ("not repeatable from the empty state; sent last:", &self.last),
        };
        writeln!(f, "{title}")?;
        operations.iter().try_for_each(|operation| writeln!(f, "  {operation:?}"))
    }
}

impl std::error::Error for Mismatch {}

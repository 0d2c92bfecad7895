// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver: sends, compares, and stops at the first difference.

use ipvs_netlink::{Errno, ErrorKind, Ipvs, Operation};

use super::answer::{Answer, ask, commit};
use super::random::Random;
use super::report::{Mismatch, Report, What};
use super::shrink::shrink;
use super::state::{State, reset};

/// How many operations there are between two comparisons of the whole state.
const COMPARE_EVERY: usize = 50;

/// Sends at least `steps` random operations to both sides, singly and in batches, and compares every
/// answer, and the whole state now and then and at the end.
///
/// Both sides are emptied first.
///
/// # Errors
/// The first difference, with a short sequence that shows it where one can be found.
pub fn run(
    kernel: &mut Ipvs,
    model: &mut Ipvs,
    steps: usize,
    seed: u64,
) -> Result<Report, Box<Mismatch>> {
    let mut history: Vec<Operation> = Vec::with_capacity(steps);
    let mut last = Vec::new();
    let mut report = Report { seed, ..Report::default() };
    match drive(kernel, model, steps, &mut history, &mut last, &mut report) {
        Ok(()) => Ok(report),
        Err(what) => {
            let shrunk = match what {
                // A side that did not answer in time would not do so in a shorter sequence.
                What::Failed(_) | What::Silence(_) => None,
                _ => shrink(kernel, model, &history),
            };
            Err(Box::new(Mismatch { seed, step: history.len(), last, what, shrunk }))
        }
    }
}

fn drive(
    kernel: &mut Ipvs,
    model: &mut Ipvs,
    steps: usize,
    history: &mut Vec<Operation>,
    last: &mut Vec<Operation>,
    report: &mut Report,
) -> Result<(), What> {
    let mut random = Random::new(report.seed);
    reset(kernel).map_err(What::Failed)?;
    reset(model).map_err(What::Failed)?;
    let mut compared_at = 0;
    while history.len() < steps {
        let len = match random.below(20) {
            0 => 2 + random.below(200),
            1..5 => 2 + random.below(10),
            _ => 1,
        };
        *last = (0..len).map(|_| random.operation()).collect();
        history.extend_from_slice(last);
        step(kernel, model, last, report)?;
        if random.one_in(4) {
            let service = random.service();
            let (one, other) = (ask(kernel, service), ask(model, service));
            if one != other {
                return Err(What::Question(format!("  {service}: {one:?} / {other:?}")));
            }
        }
        if history.len() - compared_at >= COMPARE_EVERY {
            compared_at = history.len();
            compare(kernel, model, report)?;
        }
    }
    report.operations = history.len();
    compare(kernel, model, report)
}

/// Sends one batch to both.
fn step(
    kernel: &mut Ipvs,
    model: &mut Ipvs,
    operations: &[Operation],
    report: &mut Report,
) -> Result<(), What> {
    let (one, other) = (commit(kernel, operations), commit(model, operations));
    if one == Err(ErrorKind::Timeout) {
        return Err(What::Silence(describe(operations, &one, &other)));
    }
    if one != other {
        return Err(What::Answers(describe(operations, &one, &other)));
    }
    match one {
        Ok(outcomes) => {
            for (operation, outcome) in operations.iter().zip(outcomes) {
                report.note(operation, word(outcome));
            }
        }
        Err(kind) => {
            operations.iter().for_each(|op| report.note(op, format!("not sent ({kind:?})")))
        }
    }
    Ok(())
}

fn word(outcome: Result<(), Errno>) -> String {
    outcome.map_or_else(|errno| errno.to_string(), |()| "done".into())
}

/// The operations with different answers.
fn describe(operations: &[Operation], one: &Answer, other: &Answer) -> String {
    let (Ok(one), Ok(other)) = (one, other) else {
        return format!("  {one:?} / {other:?}");
    };
    let pairs = operations.iter().zip(one.iter().zip(other)).filter(|(_, (a, b))| a != b);
    let lines =
        pairs.map(|(operation, (a, b))| format!("  {} / {}: {operation:?}", word(*a), word(*b)));
    lines.collect::<Vec<_>>().join("\n")
}

fn compare(kernel: &mut Ipvs, model: &mut Ipvs, report: &mut Report) -> Result<(), What> {
    let one = State::read(kernel).map_err(What::Failed)?;
    let other = State::read(model).map_err(What::Failed)?;
    report.comparisons += 1;
    if one == other { Ok(()) } else { Err(What::States(one.differences(&other))) }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Undoing the part of a plan that was carried out.
//!
//! While every outcome is known, the inverse operations in reverse order pass through the same
//! states as the way there, so none of them can be refused for its order. When outcomes are not
//! known, or an inverse is refused, the state is read and the difference to the old one undone, as
//! far as the plan has touched it.

use std::collections::HashSet;

use super::error::{Differences, Rollback};
use super::read::read;
use super::touched::Touched;
use super::{Change, PlanOptions, Ruleset, apply::BATCH, diff, options::Parts};
use crate::{Error, Ipvs, Operation as Op, Outcome, Refusal};

/// How often the state is read and put right before giving up.
const ATTEMPTS: usize = 3;

/// What is known about the operations that were sent.
#[derive(Default)]
pub(super) struct Done<'a> {
    succeeded: Vec<&'a Change>,
    sent: Vec<&'a Change>,
    unknown: bool,
}

impl<'a> Done<'a> {
    /// Notes the outcomes of a batch and returns the refusals.
    pub fn record(&mut self, batch: &'a [Change], outcomes: Vec<Outcome>) -> Vec<Refusal> {
        self.sent.extend(batch);
        self.unknown |= outcomes.len() != batch.len();
        let mut refused = Vec::new();
        for (change, outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Ok(()) => self.succeeded.push(change),
                Err(refusal) => refused.push(*refusal),
            }
        }
        refused
    }

    /// Notes that a batch failed as a whole.
    pub fn record_failure(&mut self, batch: &'a [Change], error: &Error) {
        // Before these, nothing is sent; after any other, the outcome is anybody's guess.
        if !matches!(error, Error::Invalid { .. } | Error::Unsupported { .. }) {
            self.sent.extend(batch);
            self.unknown = true;
        }
    }

    fn inverse(&self) -> Vec<Op> {
        let created: HashSet<_> = self.succeeded.iter().filter_map(|c| created(c)).collect();
        let undo = self.succeeded.iter().rev().flat_map(|change| &change.undo).copied();
        // Destinations of a service that was made go with it.
        undo.filter(|op| !matches!(op, Op::DeleteDest { service, .. } if created.contains(service)))
            .collect()
    }
}

fn created(change: &Change) -> Option<ipvs_types::ServiceKey> {
    match change.operation {
        Op::CreateService { service, .. } => Some(service),
        _ => None,
    }
}

pub(super) fn roll_back(ipvs: &mut Ipvs, have: &Ruleset, done: &Done<'_>) -> Rollback {
    if !done.unknown && all_accepted(ipvs, &done.inverse()) {
        return Rollback::Complete;
    }
    let touched = Touched::by(&done.sent);
    let mut last_error = None;
    for _ in 0..ATTEMPTS {
        match what_remains(ipvs, have, &touched) {
            Ok(remaining) if remaining.is_empty() => return Rollback::Complete,
            Ok(remaining) => {
                let undo: Vec<Op> = remaining.iter().map(|change| change.operation).collect();
                all_accepted(ipvs, &undo);
            }
            Err(error) => last_error = Some(error),
        }
    }
    match what_remains(ipvs, have, &touched) {
        Ok(remaining) if remaining.is_empty() => Rollback::Complete,
        Ok(remaining) => Rollback::Incomplete { remaining: Differences(remaining) },
        Err(error) => Rollback::Unknown { error: last_error.unwrap_or(error) },
    }
}

/// Sends the operations, all of them whatever is refused. Whether every single one was accepted.
fn all_accepted(ipvs: &mut Ipvs, operations: &[Op]) -> bool {
    let mut all = true;
    for batch in operations.chunks(BATCH) {
        match ipvs.commit(batch) {
            Ok(outcomes) => {
                all &= outcomes.len() == batch.len() && outcomes.iter().all(Result::is_ok);
            }
            Err(_) => return false,
        }
    }
    all
}

/// What has to be done to get back from the present state, within what was touched.
fn what_remains(ipvs: &mut Ipvs, have: &Ruleset, touched: &Touched) -> Result<Vec<Change>, Error> {
    let now = read(ipvs, Parts::of(have))?;
    let mut changes = diff::changes(&now, have, PlanOptions::default());
    changes.retain(|change| touched.contains(&change.operation));
    Ok(changes)
}

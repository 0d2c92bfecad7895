// SPDX-License-Identifier: MIT OR Apache-2.0
//! Carrying out a plan: all of it, or nothing.

use super::error::{ApplyError, Differences, Failure, VerifyError};
use super::read::read;
use super::rollback::{Done, roll_back};
use super::{Change, Plan, PlanOptions, Ruleset, diff};
use crate::{Error, Ipvs, Operation, Refusal};

/// How many operations are sent before their outcomes are looked at.
pub(super) const BATCH: usize = 128;

/// A plan that was carried out.
#[derive(Debug, Clone)]
#[must_use = "see `verify` to be sure"]
pub struct Applied {
    want: Ruleset,
    options: PlanOptions,
    operations: usize,
}

impl Plan {
    /// Carries out the plan: in batches, additions and changes first, removals only when all of
    /// those succeeded. If anything is refused or the conversation fails, what was done is undone.
    ///
    /// First reads the state again and refuses to start if others have changed what the plan
    /// concerns since it was made. An empty plan sends nothing.
    ///
    /// # Errors
    /// [`ApplyError::Stale`] and [`ApplyError::Read`] when nothing was started;
    /// [`ApplyError::Failed`] says what failed and whether everything was rolled back.
    pub fn apply(&self, ipvs: &mut Ipvs) -> Result<Applied, ApplyError> {
        if self.is_empty() {
            return Ok(self.applied());
        }
        let now = read(ipvs, self.options.parts(&self.want)).map_err(ApplyError::Read)?;
        let changes = diff::changes(&now, &self.want, self.options);
        if !same_changes(&changes, &self.changes) {
            let from = &self.have;
            let differences = Differences(diff::changes(from, &now, PlanOptions::default()));
            return Err(ApplyError::Stale { differences });
        }
        self.carry_out(ipvs, &now, &changes)
    }

    /// The same without reading the state first: cheaper, and what others changed since the plan was
    /// made is overwritten, or makes operations fail (and the rest be undone).
    ///
    /// # Errors
    /// [`ApplyError::Failed`].
    pub fn apply_without_check(&self, ipvs: &mut Ipvs) -> Result<Applied, ApplyError> {
        self.carry_out(ipvs, &self.have, &self.changes)
    }

    fn carry_out(
        &self,
        ipvs: &mut Ipvs,
        have: &Ruleset,
        changes: &[Change],
    ) -> Result<Applied, ApplyError> {
        let mut done = Done::default();
        let batches = changes
            .chunk_by(|a, b| a.removes() == b.removes())
            .flat_map(|alike| alike.chunks(BATCH));
        for batch in batches {
            let operations: Vec<Operation> = batch.iter().map(|c| c.operation).collect();
            let (refused, error) = match ipvs.commit(&operations) {
                Ok(outcomes) => (done.record(batch, outcomes), None),
                Err(error) => {
                    done.record_failure(batch, &error);
                    (Vec::new(), Some(error))
                }
            };
            if !refused.is_empty() || error.is_some() {
                return Err(self.fail(ipvs, have, &done, refused, error));
            }
        }
        Ok(self.applied())
    }

    fn fail(
        &self,
        ipvs: &mut Ipvs,
        have: &Ruleset,
        done: &Done<'_>,
        refused: Vec<Refusal>,
        error: Option<Error>,
    ) -> ApplyError {
        let rollback = roll_back(ipvs, have, done);
        ApplyError::Failed(Box::new(Failure { refused, error, rollback }))
    }

    fn applied(&self) -> Applied {
        let (want, options) = (self.want.clone(), self.options);
        Applied { want, options, operations: self.changes.len() }
    }
}

/// Whether both plans do the same to the same; the way back may list destinations in another order.
fn same_changes(a: &[Change], b: &[Change]) -> bool {
    let same_undo = |a: &Change, b: &Change| {
        a.undo.len() == b.undo.len() && a.undo.iter().all(|step| b.undo.contains(step))
    };
    let key = |change: &Change| (change.removes(), change.operation.to_string());
    let sorted = |changes: &[Change]| {
        let mut sorted = changes.to_vec();
        sorted.sort_by_cached_key(key);
        sorted
    };
    a == b
        || a.len() == b.len()
            && sorted(a)
                .iter()
                .zip(&sorted(b))
                .all(|(a, b)| a.operation == b.operation && same_undo(a, b))
}

impl Applied {
    /// How many operations were carried out.
    pub fn operations(&self) -> usize {
        self.operations
    }

    /// Reads the state again and compares it with what was wanted.
    ///
    /// # Errors
    /// [`VerifyError::Differs`] lists what is not as wanted, for example because somebody else
    /// changed it in the meantime.
    pub fn verify(&self, ipvs: &mut Ipvs) -> Result<(), VerifyError> {
        let now = read(ipvs, self.options.parts(&self.want))?;
        let missing = diff::changes(&now, &self.want, self.options);
        if missing.is_empty() {
            return Ok(());
        }
        Err(VerifyError::Differs { differences: Differences(missing) })
    }
}

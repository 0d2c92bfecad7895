// SPDX-License-Identifier: MIT OR Apache-2.0
//! A plan: what has to be done to get from one state to another.

use std::fmt;

use super::read::read;
use super::{Change, PlanOptions, Ruleset, diff};
use crate::{Error, Ipvs, Operation};

/// The smallest set of operations that makes one state into another, in the order in which they are
/// carried out. What is equal already costs nothing; nothing is flushed, and what changes is
/// updated, never removed and made again (but for sync daemons, which can't be updated).
///
/// `Display` has one line a change; see [`Change`].
#[derive(Debug, Clone)]
#[must_use = "a plan does nothing until it is applied"]
pub struct Plan {
    pub(super) have: Ruleset,
    pub(super) want: Ruleset,
    pub(super) options: PlanOptions,
    pub(super) changes: Vec<Change>,
}

impl Plan {
    pub(super) fn new(have: Ruleset, want: Ruleset, options: PlanOptions) -> Self {
        let changes = diff::changes(&have, &want, options);
        Self { have, want, options, changes }
    }

    /// Whether the states agree already.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The number of changes.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// The changes in order, each with what undoes it.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The operations in order, for those who send them themselves.
    pub fn operations(&self) -> impl ExactSizeIterator<Item = Operation> {
        self.changes.iter().map(|change| change.operation)
    }

    /// The operations that lead back, in order, once the whole plan is carried out.
    pub fn inverse(&self) -> Vec<Operation> {
        self.changes.iter().rev().flat_map(|change| change.undo.iter().copied()).collect()
    }

    /// The state that the plan starts from; without the parts that it leaves alone.
    pub fn have(&self) -> &Ruleset {
        &self.have
    }

    /// The state that the plan leads to.
    pub fn want(&self) -> &Ruleset {
        &self.want
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes.iter().try_for_each(|change| writeln!(f, "{change}"))
    }
}

impl Ruleset {
    /// The plan that makes `self` into `want`. A part (timeouts, daemons) that either of them lacks
    /// is left alone.
    pub fn diff(&self, want: &Self) -> Plan {
        self.diff_with(want, PlanOptions::default())
    }

    /// The same with [`PlanOptions`].
    pub fn diff_with(&self, want: &Self, options: PlanOptions) -> Plan {
        Plan::new(self.clone(), want.clone(), options)
    }
}

impl Ipvs {
    /// Reads the state and plans how to make it into `want`. Nothing is changed.
    ///
    /// # Errors
    /// As [`Ipvs::ruleset`]; only the parts that `want` has are read.
    pub fn plan(&mut self, want: &Ruleset) -> Result<Plan, Error> {
        self.plan_with(want, PlanOptions::default())
    }

    /// The same with [`PlanOptions`].
    ///
    /// # Errors
    /// As [`Ipvs::plan`].
    pub fn plan_with(&mut self, want: &Ruleset, options: PlanOptions) -> Result<Plan, Error> {
        let have = read(self, options.parts(want))?;
        Ok(Plan::new(have, want.clone(), options))
    }
}

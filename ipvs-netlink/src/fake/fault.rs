// SPDX-License-Identifier: MIT OR Apache-2.0
//! Failures on demand, and other people's changes at the worst moment.

use std::collections::BTreeMap;

use crate::{Errno, Operation};

/// Something that goes wrong with an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The operation is refused with this number and changes nothing.
    Refuse(Errno),
    /// The conversation breaks before the operation: neither it nor what follows it in the batch is
    /// carried out, and the caller does not learn how far it went. So it is, too, when a caller is
    /// killed in the middle of a batch.
    Cut,
    /// As [`Cut`](Self::Cut), but the caller waits in vain for an answer.
    Stall,
    /// Everything is carried out, but the answers from this operation on are lost.
    LoseAnswers,
    /// As [`Cut`](Self::Cut), and nothing works any more from then on.
    Die,
}

/// What is going to happen, by the number of operations and listings so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Schedule {
    operations: usize,
    listings: usize,
    faults: BTreeMap<usize, Fault>,
    before_operation: BTreeMap<usize, Vec<Operation>>,
    before_listing: BTreeMap<usize, Vec<Operation>>,
    pub dead: bool,
}

impl Schedule {
    pub fn inject(&mut self, nth: usize, fault: Fault) {
        self.faults.insert(self.operations + nth, fault);
    }

    pub fn before_operation(&mut self, nth: usize, change: Operation) {
        self.before_operation.entry(self.operations + nth).or_default().push(change);
    }

    pub fn before_listing(&mut self, nth: usize, change: Operation) {
        self.before_listing.entry(self.listings + nth).or_default().push(change);
    }

    pub fn clear(&mut self) {
        self.faults.clear();
        self.before_operation.clear();
        self.before_listing.clear();
        self.dead = false;
    }

    /// The next operation: what others do just before it, and what goes wrong with it.
    pub fn next_operation(&mut self) -> (Vec<Operation>, Option<Fault>) {
        let n = self.operations;
        self.operations += 1;
        (self.before_operation.remove(&n).unwrap_or_default(), self.faults.remove(&n))
    }

    /// The next listing: what others do just before it.
    pub fn next_listing(&mut self) -> Vec<Operation> {
        let n = self.listings;
        self.listings += 1;
        self.before_listing.remove(&n).unwrap_or_default()
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a long sequence that shows a difference to a short one.

use ipvs_netlink::{Ipvs, Operation};

use super::answer::commit;
use super::state::{State, reset};

/// How many operations may be sent in search of a shorter sequence.
const BUDGET: usize = 100_000;

struct Search<'a> {
    kernel: &'a mut Ipvs,
    model: &'a mut Ipvs,
    left: usize,
}

/// A short sequence of single operations from the empty state with different answers or states.
pub(super) fn shrink(
    kernel: &mut Ipvs,
    model: &mut Ipvs,
    history: &[Operation],
) -> Option<Vec<Operation>> {
    let mut search = Search { kernel, model, left: BUDGET };
    let mut found = search.suffix(history)?;
    let mut chunk = found.len() / 2;
    while chunk > 0 {
        let mut start = 0;
        while start < found.len() {
            let mut shorter = found.clone();
            shorter.drain(start..(start + chunk).min(found.len()));
            match search.differs(&shorter) {
                Some(len) => found = shorter[..len].to_vec(),
                None => start += chunk,
            }
        }
        chunk /= 2;
    }
    Some(found)
}

impl Search<'_> {
    /// The shortest of the last 1, 2, 4, … operations that shows a difference.
    fn suffix(&mut self, history: &[Operation]) -> Option<Vec<Operation>> {
        let mut len = 1;
        loop {
            let tail = &history[history.len().saturating_sub(len)..];
            if let Some(needed) = self.differs(tail) {
                return Some(tail[..needed].to_vec());
            }
            if len >= history.len() {
                return None;
            }
            len *= 2;
        }
    }

    /// How many of the operations it takes for a difference, if they show one (and the budget
    /// lasts).
    fn differs(&mut self, operations: &[Operation]) -> Option<usize> {
        self.left = self.left.checked_sub(operations.len())?;
        reset(self.kernel).ok()?;
        reset(self.model).ok()?;
        for (i, operation) in operations.iter().enumerate() {
            let operation = std::slice::from_ref(operation);
            if commit(self.kernel, operation) != commit(self.model, operation) {
                return Some(i + 1);
            }
        }
        let states = (State::read(self.kernel).ok()?, State::read(self.model).ok()?);
        (states.0 != states.1).then_some(operations.len())
    }
}

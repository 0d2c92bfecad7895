// SPDX-License-Identifier: MIT OR Apache-2.0
//! One step of a plan, with the way back.

use std::fmt;

use super::describe;
use crate::Operation;

/// One operation of a plan and what undoes it.
///
/// `Display` is one line: `+` creates, `~` changes (and says what: `weight 1 -> 3`), `-` removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub(super) operation: Operation,
    pub(super) undo: Vec<Operation>,
}

impl Change {
    /// What is done.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// What undoes it, in this order; it holds the previous configuration. Removing a service is
    /// undone by making it and its destinations again.
    pub fn undo(&self) -> &[Operation] {
        &self.undo
    }

    /// Whether something stops working by it. Such steps are not taken before all others succeeded.
    pub(super) fn removes(&self) -> bool {
        use Operation as Op;
        let operation = &self.operation;
        matches!(
            operation,
            Op::DeleteService { .. } | Op::DeleteDest { .. } | Op::StopDaemon { .. }
        )
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        describe::line(self, f)
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a plan may touch.

use super::Ruleset;

/// What a plan may touch. The default: everything that the wanted ruleset speaks about, and what it
/// does not contain is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PlanOptions {
    keep_extra: bool,
    ignore_timeouts: bool,
    ignore_daemons: bool,
}

/// The parts of a state beside its services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub timeouts: bool,
    pub daemons: bool,
}

impl PlanOptions {
    /// Services, destinations and daemons that are not in the wanted ruleset stay: the plan creates
    /// and changes but never removes.
    #[must_use]
    pub const fn keep_extra(mut self) -> Self {
        self.keep_extra = true;
        self
    }

    /// Leaves the timeouts alone, even if the wanted ruleset has some.
    #[must_use]
    pub const fn ignore_timeouts(mut self) -> Self {
        self.ignore_timeouts = true;
        self
    }

    /// Leaves the sync daemons alone, even if the wanted ruleset has some.
    #[must_use]
    pub const fn ignore_daemons(mut self) -> Self {
        self.ignore_daemons = true;
        self
    }

    pub(super) const fn prune(self) -> bool {
        !self.keep_extra
    }

    /// What has to be read for a plan towards `want`.
    pub(super) fn parts(self, want: &Ruleset) -> Parts {
        Parts {
            timeouts: want.timeouts.is_some() && !self.ignore_timeouts,
            daemons: want.daemons.is_some() && !self.ignore_daemons,
        }
    }
}

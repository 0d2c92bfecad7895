// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a plan may touch.

use ipvs_types::Forward;

use super::Ruleset;
use crate::Detail;

/// What a plan may touch. The default: everything that the wanted ruleset speaks about, and what it
/// does not contain is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PlanOptions {
    keep_extra: bool,
    ignore_timeouts: bool,
    ignore_daemons: bool,
}

/// What is read of a state for a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub timeouts: bool,
    pub daemons: bool,
    /// How much of the services.
    pub detail: Detail,
}

impl Parts {
    /// What `rules` speaks about.
    pub(super) fn of(rules: &Ruleset) -> Self {
        let dests = || rules.services.values().flat_map(|service| service.dests.values());
        // Tunnel options of what is no tunnel mean nothing, and cost a full listing to see.
        let odd = dests().any(|config| matches!(config.forward, Forward::Other(_)));
        Self {
            timeouts: rules.timeouts.is_some(),
            daemons: rules.daemons.is_some(),
            detail: if odd { Detail::FULL } else { Detail::PLAIN.with_tunnels() },
        }
    }
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

    /// Whether timeouts are changed, where the wanted ruleset has some.
    pub(super) const fn manages_timeouts(self) -> bool {
        !self.ignore_timeouts
    }

    /// Whether daemons are started and stopped, where the wanted ruleset speaks of them.
    pub(super) const fn manages_daemons(self) -> bool {
        !self.ignore_daemons
    }

    /// What has to be read for a plan towards `want`.
    pub(super) fn parts(self, want: &Ruleset) -> Parts {
        let parts = Parts::of(want);
        Parts {
            timeouts: parts.timeouts && self.manages_timeouts(),
            daemons: parts.daemons && self.manages_daemons(),
            ..parts
        }
    }
}

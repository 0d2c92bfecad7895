// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole configuration at one moment.

use ipvs_types::{DaemonConfig, Timeouts};

use crate::{Ruleset, Table};

/// How much a snapshot tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// Everything: the same as the classic listings in full detail.
    Counted,
    /// Without counters, rates and numbers of connections, which are then zero: much less to send.
    Rules,
}

/// Services with destinations, timeouts and sync daemons as they were at one moment, which the kernel
/// vouches for (`IPVS_EXT_CMD_SNAPSHOT`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The number of the configuration: events up to this one are in it. It wraps.
    pub genid: u32,
    /// Services and destinations, in the kernel's order.
    pub table: Table,
    /// The timeouts.
    pub timeouts: Timeouts,
    /// The running sync daemons.
    pub daemons: Vec<DaemonConfig>,
}

impl Snapshot {
    /// What a kernel said at one moment.
    pub fn new(genid: u32, table: Table, timeouts: Timeouts, daemons: Vec<DaemonConfig>) -> Self {
        Self { genid, table, timeouts, daemons }
    }

    /// The configuration alone.
    pub fn into_ruleset(self) -> Ruleset {
        Ruleset::observed(self.table, self.timeouts, self.daemons)
    }
}

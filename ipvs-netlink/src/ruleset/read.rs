// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading the whole state in one go.

use ipvs_types::{DaemonConfig, Timeouts};

use super::options::Parts;
use super::{Ruleset, ServiceRules};
use crate::ext::Extent;
use crate::{Error, Ipvs, Table};

impl From<Table> for Ruleset {
    /// The rules of a listing; says nothing about timeouts and daemons.
    fn from(table: Table) -> Self {
        let mut rules = Self::default();
        for entry in table.services {
            let dests = entry.dests.iter().map(|dest| (dest.key, dest.config)).collect();
            // The kernel lists the newest first.
            let order = entry.dests.iter().rev().map(|dest| dest.key).collect();
            let config = entry.service.config;
            rules.services.insert(entry.service.key, ServiceRules { config, dests, order });
        }
        rules
    }
}

impl Ruleset {
    /// A state as a kernel reported it: not checked, a kernel may hold what it would refuse today.
    pub fn observed(table: Table, timeouts: Timeouts, daemons: Vec<DaemonConfig>) -> Self {
        let daemons = daemons.into_iter().map(|daemon| (daemon.role, daemon)).collect();
        Self { timeouts: Some(timeouts), daemons: Some(daemons), ..Self::from(table) }
    }
}

impl Ipvs {
    /// The whole state: services with destinations (a listing that is right, see
    /// [`Ipvs::settled_table`]), timeouts and sync daemons.
    ///
    /// # Errors
    /// [`Error::Unsettled`] when others change the table all the time; otherwise as the single
    /// questions, in particular when this backend can't answer one of them.
    pub fn ruleset(&mut self) -> Result<Ruleset, Error> {
        if self.takes_snapshots() {
            return Ok(self.snapshot(Extent::Rules)?.into_ruleset());
        }
        let (table, timeouts) = (self.settled_table()?, self.timeouts()?);
        Ok(Ruleset::observed(table, timeouts, self.daemons()?))
    }
}

/// Reads services and the parts asked for; of one moment, if the kernel can.
pub(super) fn read(ipvs: &mut Ipvs, parts: Parts) -> Result<Ruleset, Error> {
    if ipvs.takes_snapshots() {
        let mut rules = ipvs.snapshot(Extent::Rules)?.into_ruleset();
        rules.timeouts = rules.timeouts.filter(|_| parts.timeouts);
        rules.daemons = rules.daemons.filter(|_| parts.daemons);
        return Ok(rules);
    }
    let mut rules = Ruleset::from(ipvs.settled(parts.detail)?);
    if parts.timeouts {
        rules.timeouts = Some(ipvs.timeouts()?);
    }
    if parts.daemons {
        let daemons = ipvs.daemons()?;
        rules.daemons = Some(daemons.into_iter().map(|d| (d.role, d)).collect());
    }
    Ok(rules)
}

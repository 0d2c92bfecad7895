// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading the whole state in one go.

use std::collections::{BTreeMap, HashMap};

use ipvs_types::{DaemonConfig, DestKey, ServiceKey, Timeouts};

use super::options::Parts;
use super::{Ruleset, ServiceRules};
use crate::{Error, Ipvs, Table};

/// The order in which the kernel lists a service's destinations (newest first). A ruleset does not
/// know it; what is removed and has to come back does need it.
pub(super) type Order = HashMap<ServiceKey, Vec<DestKey>>;

/// A state as read: the rules, and the order of the destinations.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    pub rules: Ruleset,
    pub order: Order,
}

impl From<Table> for Listing {
    fn from(table: Table) -> Self {
        let mut listing = Self::default();
        for entry in table.services {
            let key = entry.service.key;
            let dests: BTreeMap<_, _> = entry.dests.iter().map(|d| (d.key, d.config)).collect();
            listing.order.insert(key, entry.dests.iter().map(|d| d.key).collect());
            let rules = ServiceRules { config: entry.service.config, dests };
            listing.rules.services.insert(key, rules);
        }
        listing
    }
}

impl From<Table> for Ruleset {
    /// The rules of a listing; says nothing about timeouts and daemons.
    fn from(table: Table) -> Self {
        Listing::from(table).rules
    }
}

impl Ruleset {
    /// A state as a kernel reported it: not checked, a kernel may hold what it would refuse today.
    pub(crate) fn observed(table: Table, timeouts: Timeouts, daemons: Vec<DaemonConfig>) -> Self {
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
        let (table, timeouts) = (self.settled_table()?, self.timeouts()?);
        Ok(Ruleset::observed(table, timeouts, self.daemons()?))
    }
}

/// Reads services and the parts asked for.
pub(super) fn read(ipvs: &mut Ipvs, parts: Parts) -> Result<Listing, Error> {
    let mut listing = Listing::from(ipvs.settled_table()?);
    if parts.timeouts {
        listing.rules.timeouts = Some(ipvs.timeouts()?);
    }
    if parts.daemons {
        let daemons = ipvs.daemons()?;
        listing.rules.daemons = Some(daemons.into_iter().map(|d| (d.role, d)).collect());
    }
    Ok(listing)
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Building and editing a ruleset; every value is checked on its way in.

use std::collections::btree_map::Entry;

use ipvs_types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, ServiceConfig, ServiceKey, Timeouts,
};

use super::check::{self, InvalidRuleset};
use super::{Ruleset, ServiceRules};

impl Ruleset {
    /// Adds a service without destinations.
    ///
    /// # Errors
    /// When it is there already, or its configuration is one that no kernel takes.
    pub fn add_service(
        &mut self,
        service: ServiceKey,
        config: ServiceConfig,
    ) -> Result<(), InvalidRuleset> {
        check::service(service, &config)?;
        match self.services.entry(service) {
            Entry::Occupied(_) => Err(InvalidRuleset::DuplicateService { service }),
            Entry::Vacant(place) => {
                place.insert(ServiceRules::new(config));
                Ok(())
            }
        }
    }

    /// Replaces the configuration of a service; its destinations stay.
    ///
    /// # Errors
    /// When it is not there, or the configuration is one that no kernel takes.
    pub fn set_service(
        &mut self,
        service: ServiceKey,
        config: ServiceConfig,
    ) -> Result<(), InvalidRuleset> {
        check::service(service, &config)?;
        self.rules_mut(service)?.config = config;
        Ok(())
    }

    /// Removes a service with its destinations; returns what it was.
    pub fn remove_service(&mut self, service: ServiceKey) -> Option<ServiceRules> {
        self.services.remove(&service)
    }

    /// Adds a destination to a service, as its newest.
    ///
    /// # Errors
    /// When the service is missing, the destination is there already, or its configuration is one
    /// that no kernel takes.
    pub fn add_dest(
        &mut self,
        service: ServiceKey,
        dest: DestKey,
        config: DestConfig,
    ) -> Result<(), InvalidRuleset> {
        check::dest(service, dest, &config)?;
        let rules = self.rules_mut(service)?;
        match rules.dests.entry(dest) {
            Entry::Occupied(_) => Err(InvalidRuleset::DuplicateDest { service, dest }),
            Entry::Vacant(place) => {
                place.insert(config);
                rules.order.push(dest);
                Ok(())
            }
        }
    }

    /// Replaces the configuration of a destination.
    ///
    /// # Errors
    /// When service or destination is missing, or the configuration is one that no kernel takes.
    pub fn set_dest(
        &mut self,
        service: ServiceKey,
        dest: DestKey,
        config: DestConfig,
    ) -> Result<(), InvalidRuleset> {
        check::dest(service, dest, &config)?;
        match self.rules_mut(service)?.dests.get_mut(&dest) {
            Some(place) => *place = config,
            None => return Err(InvalidRuleset::NoSuchDest { service, dest }),
        }
        Ok(())
    }

    /// Removes a destination; returns what it was.
    pub fn remove_dest(&mut self, service: ServiceKey, dest: DestKey) -> Option<DestConfig> {
        let rules = self.services.get_mut(&service)?;
        let removed = rules.dests.remove(&dest)?;
        rules.order.retain(|key| *key != dest);
        Some(removed)
    }

    /// Makes the timeouts part of the ruleset, or no longer.
    ///
    /// # Errors
    /// When one is zero (which the kernel reads as "keep"), has a fraction of a second or is above
    /// `INT_MAX` (kernels refuse much less, depending on their tick rate).
    pub fn set_timeouts(&mut self, timeouts: Option<Timeouts>) -> Result<(), InvalidRuleset> {
        if let Some(timeouts) = &timeouts {
            check::timeouts(timeouts)?;
        }
        self.timeouts = timeouts;
        Ok(())
    }

    /// Makes the sync daemons part of the ruleset: exactly those of the list shall run. `None` makes
    /// them no longer part of it.
    ///
    /// # Errors
    /// When two have the same role, or a multicast group is none.
    pub fn set_daemons(
        &mut self,
        daemons: Option<impl IntoIterator<Item = DaemonConfig>>,
    ) -> Result<(), InvalidRuleset> {
        let Some(daemons) = daemons else {
            self.daemons = None;
            return Ok(());
        };
        let mut by_role = std::collections::BTreeMap::<DaemonRole, DaemonConfig>::new();
        for daemon in daemons {
            check::daemon(&daemon)?;
            if by_role.insert(daemon.role, daemon).is_some() {
                return Err(InvalidRuleset::DuplicateDaemon { role: daemon.role });
            }
        }
        self.daemons = Some(by_role);
        Ok(())
    }

    fn rules_mut(&mut self, service: ServiceKey) -> Result<&mut ServiceRules, InvalidRuleset> {
        self.services.get_mut(&service).ok_or(InvalidRuleset::NoSuchService { service })
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Destinations, and the order in which the kernel checks them.

use ipvs_types::{DestConfig, DestKey, Method, ServiceKey};

use super::address;
use super::state::State;
use crate::Errno;

/// `IP_VS_CONN_F_TUNNEL_TYPE_GUE`.
const GUE: u8 = 1;
const INT_MAX: u32 = i32::MAX as u32;

impl State {
    pub(super) fn create_dest(
        &mut self,
        service: ServiceKey,
        dest: DestKey,
        config: DestConfig,
    ) -> Result<(), Errno> {
        self.check_dest(service, dest, &config)?;
        let found = self.find(service)?.dests.iter().any(|(key, _)| *key == dest);
        if found {
            return Err(Errno::EEXIST);
        }
        if !address::is_acceptable(dest.address, &self.host) {
            return Err(Errno::EINVAL);
        }
        self.find(service)?.dests.insert(0, (dest, config));
        Ok(())
    }

    /// Replaces everything; the destination keeps its place in the listing.
    pub(super) fn update_dest(
        &mut self,
        service: ServiceKey,
        dest: DestKey,
        config: DestConfig,
    ) -> Result<(), Errno> {
        self.check_dest(service, dest, &config)?;
        let mut dests = self.find(service)?.dests.iter_mut();
        let (_, place) = dests.find(|(key, _)| *key == dest).ok_or(Errno::ENOENT)?;
        *place = config;
        Ok(())
    }

    pub(super) fn delete_dest(&mut self, service: ServiceKey, dest: DestKey) -> Result<(), Errno> {
        let dests = &mut self.find(service)?.dests;
        let place = dests.iter().position(|(key, _)| *key == dest).ok_or(Errno::ENOENT)?;
        dests.remove(place);
        Ok(())
    }

    /// What is checked of a full destination before it is looked up.
    fn check_dest(
        &mut self,
        service: ServiceKey,
        dest: DestKey,
        config: &DestConfig,
    ) -> Result<(), Errno> {
        self.find(service)?;
        let tunnel = config.forward.method() == Method::TUNNEL;
        if dest.family() != service.family() && (!self.daemons.is_empty() || !tunnel) {
            return Err(Errno::EINVAL);
        }
        if config.weight > INT_MAX {
            return Err(Errno::ERANGE);
        }
        let number = |n: Option<std::num::NonZeroU32>| n.map_or(0, u32::from);
        let (upper, lower) = (number(config.upper_threshold), number(config.lower_threshold));
        if lower > upper {
            return Err(Errno::ERANGE);
        }
        if upper > INT_MAX && self.host.threshold_limit {
            return Err(Errno::EINVAL);
        }
        let raw = config.forward.raw();
        if raw.tunnel_type == GUE && raw.tunnel_port == 0 {
            return Err(Errno::EINVAL);
        }
        Ok(())
    }

    /// Whether a destination is of another family than its service.
    pub(super) fn has_mixed_dest(&self) -> bool {
        self.services.iter().any(|(service, rules)| {
            rules.dests.iter().any(|(dest, _)| dest.family() != service.family())
        })
    }
}

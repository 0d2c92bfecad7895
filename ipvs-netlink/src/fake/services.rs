// SPDX-License-Identifier: MIT OR Apache-2.0
//! Virtual services: the kernel looks the service up first, then scheduler, then engine.

use ipvs_types::{Scheduler, ServiceConfig, ServiceFlags, ServiceKey};

use super::state::{Service, State};
use crate::Errno;

impl State {
    pub(super) fn create_service(
        &mut self,
        service: ServiceKey,
        config: ServiceConfig,
    ) -> Result<(), Errno> {
        if self.services.contains_key(&service) {
            return Err(Errno::EEXIST);
        }
        self.check_modules(&config)?;
        let flags = kept(config.flags);
        let config = config.flags(flags);
        self.services.insert(service, Service { config, dests: Vec::new() });
        self.table = true;
        Ok(())
    }

    /// Replaces everything, an engine that is not given included; of the flags those in `mask`.
    pub(super) fn update_service(
        &mut self,
        service: ServiceKey,
        config: ServiceConfig,
        mask: ServiceFlags,
    ) -> Result<(), Errno> {
        let old = self.find(service)?.config.flags;
        self.check_modules(&config)?;
        let flags = kept((old - mask) | (config.flags & mask));
        self.find(service)?.config = config.flags(flags);
        Ok(())
    }

    pub(super) fn delete_service(&mut self, service: ServiceKey) -> Result<(), Errno> {
        self.services.remove(&service).map(drop).ok_or(Errno::ESRCH)
    }

    fn check_modules(&self, config: &ServiceConfig) -> Result<(), Errno> {
        let scheduler = config.scheduler;
        if scheduler != Scheduler::NONE && !self.host.schedulers.contains(&scheduler) {
            return Err(Errno::ENOENT);
        }
        match config.engine {
            Some(engine) if !self.host.engines.contains(&engine) => Err(Errno::ENOENT),
            _ => Ok(()),
        }
    }
}

/// The flags without those that the kernel manages itself.
fn kept(flags: ServiceFlags) -> ServiceFlags {
    ServiceFlags::from_kernel(flags.bits())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Verbs for virtual services.

use ipvs_types::{ServiceConfig, ServiceFlags, ServiceKey};

use crate::{Error, Ipvs, Operation, ServiceEntry};

impl Ipvs {
    /// All services in the kernel's order (`ipvsadm -L` without the destinations). One read; see
    /// [`Ipvs::settled_table`] for a listing that must be right.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    pub fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        self.backend.services()
    }

    /// One service.
    ///
    /// # Errors
    /// `ESRCH` when it does not exist.
    pub fn service(&mut self, service: ServiceKey) -> Result<ServiceEntry, Error> {
        self.backend.service(service)
    }

    /// Makes a service (`ipvsadm -A`).
    ///
    /// # Errors
    /// `EEXIST`; `ENOENT` for an unknown scheduler or engine.
    pub fn create_service(
        &mut self,
        service: ServiceKey,
        config: ServiceConfig,
    ) -> Result<(), Error> {
        self.change(Operation::CreateService { service, config })
    }

    /// Replaces the whole configuration of a service (`ipvsadm -E`).
    ///
    /// # Errors
    /// `ESRCH` when it does not exist; `ENOENT` for an unknown scheduler or engine.
    pub fn update_service(
        &mut self,
        service: ServiceKey,
        config: ServiceConfig,
    ) -> Result<(), Error> {
        self.change(Operation::UpdateService { service, config, mask: ServiceFlags::all() })
    }

    /// Reads a service, lets `edit` change its configuration, and writes it back if it differs:
    /// what `edit` leaves alone stays. Returns the configuration now in force.
    ///
    /// Not atomic: a change by somebody else between the read and the write is overwritten.
    ///
    /// # Errors
    /// As [`Ipvs::service`] and [`Ipvs::update_service`].
    pub fn edit_service(
        &mut self,
        service: ServiceKey,
        edit: impl FnOnce(&mut ServiceConfig),
    ) -> Result<ServiceConfig, Error> {
        let old = self.service(service)?.config;
        let mut config = old;
        edit(&mut config);
        if config != old {
            self.update_service(service, config)?;
        }
        Ok(config)
    }

    /// Sets the flags in `mask` to their values in `flags` and keeps the rest of the configuration.
    ///
    /// # Errors
    /// As [`Ipvs::edit_service`].
    pub fn set_service_flags(
        &mut self,
        service: ServiceKey,
        flags: ServiceFlags,
        mask: ServiceFlags,
    ) -> Result<ServiceConfig, Error> {
        self.edit_service(service, |config| {
            config.flags = (config.flags - mask) | (flags & mask);
        })
    }

    /// Removes a service with its destinations (`ipvsadm -D`).
    ///
    /// # Errors
    /// `ESRCH` when it does not exist.
    pub fn delete_service(&mut self, service: ServiceKey) -> Result<(), Error> {
        self.change(Operation::DeleteService { service })
    }

    /// Resets the counters of one service and its destinations, or of everything (`ipvsadm -Z`).
    ///
    /// # Errors
    /// `ESRCH` when the service does not exist.
    pub fn zero(&mut self, service: Option<ServiceKey>) -> Result<(), Error> {
        self.change(Operation::Zero { service })
    }

    /// Removes all services (`ipvsadm -C`).
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.change(Operation::Flush)
    }
}

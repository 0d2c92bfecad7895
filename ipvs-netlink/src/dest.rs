// SPDX-License-Identifier: MIT OR Apache-2.0
//! Verbs for destinations.

use ipvs_types::{DestConfig, DestKey, ServiceKey};

use crate::{DestEntry, Error, Ipvs, Operation};

impl Ipvs {
    /// The destinations of a service, newest first.
    ///
    /// # Errors
    /// `ESRCH` when the service does not exist.
    pub fn dests(&mut self, service: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        self.backend.dests(service)
    }

    /// One destination. The kernel has no such question: this lists the service's destinations.
    ///
    /// # Errors
    /// `ESRCH` without the service; [`Error::NoSuchDest`].
    pub fn dest(&mut self, service: ServiceKey, dest: DestKey) -> Result<DestEntry, Error> {
        let found = self.dests(service)?.into_iter().find(|entry| entry.key == dest);
        found.ok_or(Error::NoSuchDest { service, dest })
    }

    /// Adds a destination (`ipvsadm -a`).
    ///
    /// # Errors
    /// `EEXIST`; `ESRCH` without the service; `EINVAL` for an address that is not unicast, and for
    /// another family than the service's without a tunnel; `ERANGE` for weight and thresholds.
    pub fn create_dest(
        &mut self,
        service: ServiceKey,
        dest: DestKey,
        config: DestConfig,
    ) -> Result<(), Error> {
        self.change(Operation::CreateDest { service, dest, config })
    }

    /// Replaces the whole configuration of a destination (`ipvsadm -e`).
    ///
    /// # Errors
    /// `ENOENT` when it does not exist; otherwise as [`Ipvs::create_dest`].
    pub fn update_dest(
        &mut self,
        service: ServiceKey,
        dest: DestKey,
        config: DestConfig,
    ) -> Result<(), Error> {
        self.change(Operation::UpdateDest { service, dest, config })
    }

    /// Reads a destination, lets `edit` change its configuration, and writes it back if it differs:
    /// changing a weight never changes the forwarding method. Returns the configuration now in
    /// force.
    ///
    /// Not atomic: a change by somebody else between the read and the write is overwritten.
    ///
    /// # Errors
    /// As [`Ipvs::dest`] and [`Ipvs::update_dest`].
    pub fn edit_dest(
        &mut self,
        service: ServiceKey,
        dest: DestKey,
        edit: impl FnOnce(&mut DestConfig),
    ) -> Result<DestConfig, Error> {
        let old = self.dest(service, dest)?.config;
        let mut config = old;
        edit(&mut config);
        if config != old {
            self.update_dest(service, dest, config)?;
        }
        Ok(config)
    }

    /// Removes a destination (`ipvsadm -d`).
    ///
    /// # Errors
    /// `ENOENT` when it does not exist, `ESRCH` when the service doesn't.
    pub fn delete_dest(&mut self, service: ServiceKey, dest: DestKey) -> Result<(), Error> {
        self.change(Operation::DeleteDest { service, dest })
    }
}

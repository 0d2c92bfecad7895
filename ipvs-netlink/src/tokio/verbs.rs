// SPDX-License-Identifier: MIT OR Apache-2.0
//! The verbs of the blocking client, one for one.

use ipvs_types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, ServiceConfig, ServiceKey, Timeouts,
    TimeoutsChange,
};

use super::AsyncIpvs;
use crate::{
    DestEntry, Detail, Error, Info, Operation, Outcome, ServiceEntry, ServiceTable, Table,
};

#[cfg(doc)]
use crate::Ipvs;

impl AsyncIpvs {
    /// All services in the kernel's order; see [`Ipvs::services`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn services(&self) -> Result<Vec<ServiceEntry>, Error> {
        self.run(move |ipvs| ipvs.services()).await
    }

    /// One service; see [`Ipvs::service`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn service(&self, service: ServiceKey) -> Result<ServiceEntry, Error> {
        self.run(move |ipvs| ipvs.service(service)).await
    }

    /// Makes a service; see [`Ipvs::create_service`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn create_service(
        &self,
        service: ServiceKey,
        config: ServiceConfig,
    ) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.create_service(service, config)).await
    }

    /// Replaces a service's configuration; see [`Ipvs::update_service`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn update_service(
        &self,
        service: ServiceKey,
        config: ServiceConfig,
    ) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.update_service(service, config)).await
    }

    /// Changes part of a service's configuration; see [`Ipvs::edit_service`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn edit_service(
        &self,
        service: ServiceKey,
        edit: impl FnOnce(&mut ServiceConfig) + Send + 'static,
    ) -> Result<ServiceConfig, Error> {
        self.run(move |ipvs| ipvs.edit_service(service, edit)).await
    }

    /// Removes a service; see [`Ipvs::delete_service`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn delete_service(&self, service: ServiceKey) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.delete_service(service)).await
    }

    /// The destinations of a service; see [`Ipvs::dests`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn dests(&self, service: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        self.run(move |ipvs| ipvs.dests(service)).await
    }

    /// One destination; see [`Ipvs::dest`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn dest(&self, service: ServiceKey, dest: DestKey) -> Result<DestEntry, Error> {
        self.run(move |ipvs| ipvs.dest(service, dest)).await
    }

    /// Adds a destination; see [`Ipvs::create_dest`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn create_dest(
        &self,
        service: ServiceKey,
        dest: DestKey,
        config: DestConfig,
    ) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.create_dest(service, dest, config)).await
    }

    /// Replaces a destination's configuration; see [`Ipvs::update_dest`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn update_dest(
        &self,
        service: ServiceKey,
        dest: DestKey,
        config: DestConfig,
    ) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.update_dest(service, dest, config)).await
    }

    /// Changes part of a destination's configuration; see [`Ipvs::edit_dest`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn edit_dest(
        &self,
        service: ServiceKey,
        dest: DestKey,
        edit: impl FnOnce(&mut DestConfig) + Send + 'static,
    ) -> Result<DestConfig, Error> {
        self.run(move |ipvs| ipvs.edit_dest(service, dest, edit)).await
    }

    /// Removes a destination; see [`Ipvs::delete_dest`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn delete_dest(&self, service: ServiceKey, dest: DestKey) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.delete_dest(service, dest)).await
    }

    /// The running sync daemons; see [`Ipvs::daemons`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn daemons(&self) -> Result<Vec<DaemonConfig>, Error> {
        self.run(move |ipvs| ipvs.daemons()).await
    }

    /// Starts a sync daemon; see [`Ipvs::start_daemon`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn start_daemon(&self, config: DaemonConfig) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.start_daemon(config)).await
    }

    /// Stops a sync daemon; see [`Ipvs::stop_daemon`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn stop_daemon(&self, role: DaemonRole) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.stop_daemon(role)).await
    }

    /// The connection timeouts; see [`Ipvs::timeouts`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn timeouts(&self) -> Result<Timeouts, Error> {
        self.run(move |ipvs| ipvs.timeouts()).await
    }

    /// Changes connection timeouts; see [`Ipvs::set_timeouts`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn set_timeouts(&self, change: TimeoutsChange) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.set_timeouts(change)).await
    }

    /// Version and connection table size; see [`Ipvs::info`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn info(&self) -> Result<Info, Error> {
        self.run(move |ipvs| ipvs.info()).await
    }

    /// Resets counters; see [`Ipvs::zero`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn zero(&self, service: Option<ServiceKey>) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.zero(service)).await
    }

    /// Removes all services; see [`Ipvs::flush`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn flush(&self) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.flush()).await
    }

    /// All services with their destinations, read once; see [`Ipvs::table`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn table(&self) -> Result<Table, Error> {
        self.run(move |ipvs| ipvs.table()).await
    }

    /// A state that the table really had, in this detail; see [`Ipvs::settled`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn settled(&self, detail: Detail) -> Result<Table, Error> {
        self.run(move |ipvs| ipvs.settled(detail)).await
    }

    /// One service as it really was; see [`Ipvs::settled_service`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn settled_service(
        &self,
        service: ServiceKey,
        detail: Detail,
    ) -> Result<ServiceTable, Error> {
        self.run(move |ipvs| ipvs.settled_service(service, detail)).await
    }

    /// A state that the table really had, in full; see [`Ipvs::settled_table`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn settled_table(&self) -> Result<Table, Error> {
        self.run(move |ipvs| ipvs.settled_table()).await
    }

    /// Applies operations in order, one outcome each; see [`Ipvs::commit`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn commit(&self, operations: Vec<Operation>) -> Result<Vec<Outcome>, Error> {
        self.run(move |ipvs| ipvs.commit(&operations)).await
    }
}

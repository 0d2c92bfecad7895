// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seam between the client and its ways into a kernel (real or not).

use ipvs_types::{DaemonConfig, ServiceKey, Timeouts};

use crate::ext::Extended;
use crate::{
    DestEntry, Detail, Error, ErrorKind, Feature, Info, Operation, Refusal, ServiceEntry,
    ServiceTable, Support, Table,
};

/// What became of one operation of a batch.
pub type Outcome = Result<(), Box<Refusal>>;

/// A way into the kernel's IPVS: generic netlink, socket options, or a kernel in memory.
///
/// A backend is a conversation with one network namespace. Implementations differ in what they can
/// express; what they can't is [`Error::Unsupported`], never silence.
pub trait Backend: Send {
    /// What messages call this backend, for example `netlink`.
    fn name(&self) -> &'static str;

    /// Applies the operations in order and says what became of each: the result has as many
    /// outcomes as there are operations. A refused operation does not stop those after it.
    ///
    /// # Errors
    /// [`Error::OutcomeUnknown`] or another error when the conversation itself failed. A value that
    /// this backend can't send is an error *before* anything is sent.
    fn commit(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error>;

    /// All services, in the kernel's order, each once. One read: concurrent changes by others may
    /// make it incomplete.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error>;

    /// One service.
    ///
    /// # Errors
    /// [`Error::Refused`] with `ESRCH` when it does not exist.
    fn service(&mut self, service: ServiceKey) -> Result<ServiceEntry, Error>;

    /// The destinations of a service, in the kernel's order (newest first), each once. One read.
    ///
    /// # Errors
    /// [`Error::Refused`] with `ESRCH` when the service does not exist.
    fn dests(&mut self, service: ServiceKey) -> Result<Vec<DestEntry>, Error>;

    /// The running sync daemons: at most one master and one backup.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn daemons(&mut self) -> Result<Vec<DaemonConfig>, Error>;

    /// The connection timeouts.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn timeouts(&mut self) -> Result<Timeouts, Error>;

    /// Version and connection table size.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn info(&mut self) -> Result<Info, Error>;

    /// Whether this backend can do `feature`.
    fn supports(&mut self, feature: Feature) -> Support;

    /// All services with their destinations, in the kernel's order. One read; a service that
    /// vanishes between the two listings is left out.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn table(&mut self) -> Result<Table, Error> {
        let mut services = Vec::new();
        for entry in self.services()? {
            match self.dests(entry.key) {
                Ok(dests) => services.push(ServiceTable { service: entry, dests }),
                Err(error) if error.kind() == ErrorKind::NoSuchService => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Table { services })
    }

    /// As [`table`](Self::table), but nothing beyond `detail` needs to be right. A backend with a
    /// cheaper source for less detail overrides this.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn listing(&mut self, detail: Detail) -> Result<Table, Error> {
        let _ = detail;
        self.table()
    }

    /// One service with its destinations, of which nothing beyond `detail` needs to be right.
    ///
    /// # Errors
    /// [`Error::Refused`] with `ESRCH` when the service does not exist.
    fn service_listing(
        &mut self,
        service: ServiceKey,
        detail: Detail,
    ) -> Result<ServiceTable, Error> {
        let _ = detail;
        Ok(ServiceTable { service: self.service(service)?, dests: self.dests(service)? })
    }

    /// What it can beyond the stock interface, if anything.
    fn extended(&mut self) -> Option<&mut dyn Extended> {
        None
    }
}

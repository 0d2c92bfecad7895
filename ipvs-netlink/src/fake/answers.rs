// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel in memory as a backend.

use std::io;
use std::time::Duration;

use ipvs_types::{DaemonConfig, ServiceKey, Timeouts};

use super::fault::Fault;
use super::kernel::{Kernel, Shared};
use super::state::State;
use crate::ext::Extended;
use crate::{
    Backend, DestEntry, Errno, Error, Feature, Info, Operation, Outcome, Refusal, Request, Ruleset,
    ServiceEntry, ServiceTable, Support, Table, Version,
};

/// How long a caller is said to have waited after [`Fault::Stall`].
const PATIENCE: Duration = Duration::from_secs(5);

impl Shared {
    pub(super) fn alive(&self) -> Result<(), Error> {
        if self.schedule.dead {
            let source = io::Error::from(io::ErrorKind::BrokenPipe);
            return Err(Error::Io { doing: "talking to the kernel in memory", source });
        }
        if self.unloaded {
            return Err(Error::ModuleUnloaded);
        }
        Ok(())
    }

    fn others_do(&mut self, changes: Vec<Operation>) {
        for change in changes {
            // As with real others, what comes too late or too early just fails.
            let _ = self.execute(&change);
        }
    }

    /// Prepares for a listing.
    pub(super) fn listing(&mut self) -> Result<(), Error> {
        self.alive()?;
        let changes = self.schedule.next_listing();
        self.others_do(changes);
        Ok(())
    }

    fn commit(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        self.alive()?;
        let mut outcomes = Vec::with_capacity(operations.len());
        let mut lost_from = None;
        for (i, operation) in operations.iter().enumerate() {
            let (changes, fault) = self.schedule.next_operation();
            self.others_do(changes);
            let request = || Box::new(Request::Change(*operation));
            let result = match fault {
                Some(Fault::Refuse(errno)) => Err(errno),
                Some(Fault::Cut) => {
                    return Err(Error::OutcomeUnknown { request: request(), confirmed: i });
                }
                Some(Fault::Stall) => {
                    return Err(Error::Timeout { request: request(), after: PATIENCE });
                }
                Some(Fault::Die) => {
                    self.schedule.dead = true;
                    return Err(Error::OutcomeUnknown { request: request(), confirmed: i });
                }
                Some(Fault::LoseAnswers) => {
                    lost_from.get_or_insert(i);
                    self.execute(operation)
                }
                None => self.execute(operation),
            };
            outcomes.push(result.map_err(|errno| Box::new(Refusal::new(*operation, errno))));
        }
        match lost_from {
            None => Ok(outcomes),
            Some(confirmed) => {
                let request = Box::new(operations[confirmed].into());
                Err(Error::OutcomeUnknown { request, confirmed })
            }
        }
    }
}

impl State {
    pub(super) fn table(&self) -> Table {
        let services = self.services.iter().map(|(key, service)| ServiceTable {
            service: ServiceEntry::new(*key, service.config),
            dests: service
                .dests
                .iter()
                .map(|(key, config)| DestEntry::new(*key, *config))
                .collect(),
        });
        Table { services: services.collect() }
    }

    pub(super) fn ruleset(&self) -> Ruleset {
        let daemons = self.daemons.values().copied().collect();
        Ruleset::observed(self.table(), self.timeouts, daemons)
    }
}

impl Backend for Kernel {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn commit(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        for operation in operations {
            let request = Request::Change(*operation);
            crate::wire::encode::check(&request)?;
        }
        self.lock().commit(operations)
    }

    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        let mut shared = self.lock();
        shared.listing()?;
        let services = shared.state.services.iter();
        Ok(services.map(|(key, service)| ServiceEntry::new(*key, service.config)).collect())
    }

    fn service(&mut self, service: ServiceKey) -> Result<ServiceEntry, Error> {
        let shared = self.lock();
        shared.alive()?;
        match shared.state.services.get(&service) {
            Some(found) => Ok(ServiceEntry::new(service, found.config)),
            None => Err(Refusal::new(Request::GetService(service), Errno::ESRCH).into()),
        }
    }

    fn dests(&mut self, service: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        let mut shared = self.lock();
        shared.listing()?;
        match shared.state.services.get(&service) {
            Some(found) => {
                let dests = found.dests.iter();
                Ok(dests.map(|(key, config)| DestEntry::new(*key, *config)).collect())
            }
            None => Err(Refusal::new(Request::ListDests(service), Errno::ESRCH).into()),
        }
    }

    fn daemons(&mut self) -> Result<Vec<DaemonConfig>, Error> {
        let shared = self.lock();
        shared.alive()?;
        Ok(shared.state.daemons.values().copied().collect())
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        let shared = self.lock();
        shared.alive()?;
        Ok(shared.state.timeouts)
    }

    fn info(&mut self) -> Result<Info, Error> {
        let shared = self.lock();
        shared.alive()?;
        let (release, table) = (shared.state.host.release, shared.state.table);
        let size = match (release.table_on_demand(), table) {
            (false, _) => 4096,
            (true, true) => 256,
            (true, false) => 0,
        };
        Ok(Info::new(Version(0x01_02_01), size))
    }

    fn extended(&mut self) -> Option<&mut dyn Extended> {
        Some(self)
    }

    fn supports(&mut self, _: Feature) -> Support {
        match self.lock().alive() {
            Ok(()) => Support::Supported,
            Err(error) => Support::Unknown(error),
        }
    }
}

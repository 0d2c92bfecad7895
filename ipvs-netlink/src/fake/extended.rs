// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel in memory as a patched one, or one with the add-on module.

use std::ops::ControlFlow;

use ipvs_types::{ServiceFlags, ServiceKey};

use super::kernel::{Kernel, Shared};
use super::state::State;
use crate::ext::{
    Announced, Connection, ConnectionFilter, ConnectionKey, Deleted, Event, Extended, Extent,
    Happening, Listener, Snapshot, unsupported,
};
use crate::wire::encode::check;
use crate::{Backend, Errno, Error, Feature, Operation, Refusal, Request, Table};

impl Shared {
    /// Carries out one operation, or changes nothing. All listeners are told.
    pub(super) fn execute(&mut self, operation: &Operation) -> Result<(), Errno> {
        self.state.execute(operation)?;
        self.genid = self.genid.wrapping_add(1);
        let done = Happening::Done(self.state.told(operation));
        self.listeners.tell(Event::new(self.genid, None, done));
        Ok(())
    }

    fn refuse<T>(&self, request: Request, result: Result<T, Errno>) -> Result<T, Error> {
        self.alive()?;
        result.map_err(|errno| Refusal::new(request, errno).into())
    }
}

impl State {
    /// The operation as the kernel tells of it: with the settings as they are now.
    fn told(&self, operation: &Operation) -> Operation {
        let service_config = |service: ServiceKey| self.services.get(&service).map(|s| s.config);
        let told = match *operation {
            Operation::CreateService { service, .. } => {
                service_config(service).map(|config| Operation::CreateService { service, config })
            }
            Operation::UpdateService { service, .. } => service_config(service).map(|config| {
                Operation::UpdateService { service, config, mask: ServiceFlags::all() }
            }),
            Operation::StartDaemon { config } => self
                .daemons
                .get(&config.role)
                .map(|config| Operation::StartDaemon { config: *config }),
            Operation::SetTimeouts { .. } => {
                Some(Operation::SetTimeouts { change: self.timeouts.into() })
            }
            _ => None,
        };
        told.unwrap_or(*operation)
    }
}

impl Extended for Kernel {
    fn announced(&mut self) -> Result<Option<Announced>, Error> {
        let shared = self.lock();
        shared.alive()?;
        let mut announced = shared.announced;
        if let Some(announced) = &mut announced {
            announced.genid = Some(shared.genid);
            announced.connections = shared.connections.0.len() as u32;
        }
        Ok(announced)
    }

    fn has_add_on(&mut self) -> Result<bool, Error> {
        let shared = self.lock();
        shared.alive()?;
        Ok(shared.add_on)
    }

    fn visit_connections(
        &mut self,
        filter: &ConnectionFilter,
        visit: &mut dyn FnMut(Connection) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        check(&Request::ListConnections(*filter))?;
        let all = {
            let shared = self.lock();
            shared.alive()?;
            shared.connections.0.clone()
        };
        let _ = all.into_iter().filter(|one| filter.matches(one)).try_for_each(visit);
        Ok(())
    }

    fn connection(&mut self, key: ConnectionKey) -> Result<Connection, Error> {
        let request = Request::GetConnection(key);
        check(&request)?;
        let shared = self.lock();
        shared.refuse(request, shared.connections.get(key).cloned())
    }

    fn count_connections(&mut self, filter: &ConnectionFilter) -> Result<u32, Error> {
        let request = Request::CountConnections(*filter);
        check(&request)?;
        let shared = self.lock();
        shared.refuse(request, Ok(shared.connections.count(filter)))
    }

    fn delete_connection(&mut self, key: ConnectionKey) -> Result<(), Error> {
        let request = Request::DeleteConnection(key);
        check(&request)?;
        let mut shared = self.lock();
        shared.alive()?;
        let result = shared.connections.delete(key);
        shared.refuse(request, result)
    }

    fn delete_connection_by_add_on(&mut self, key: ConnectionKey) -> Result<(), Error> {
        let request = Request::DeleteConnectionByAddOn(key);
        check(&request)?;
        let mut shared = self.lock();
        shared.alive()?;
        if !shared.add_on {
            return Err(unsupported(request, Feature::DeleteConnection, self.name()));
        }
        let result = shared.connections.delete_alone(key);
        shared.refuse(request, result)
    }

    fn delete_connections(&mut self, filter: Option<&ConnectionFilter>) -> Result<Deleted, Error> {
        let request = Request::DeleteConnections(filter.copied());
        check(&request)?;
        let mut shared = self.lock();
        shared.alive()?;
        Ok(shared.connections.delete_matching(&filter.copied().unwrap_or_default()))
    }

    fn snapshot(
        &mut self,
        service: Option<ServiceKey>,
        _: Extent,
    ) -> Result<Option<Snapshot>, Error> {
        let mut shared = self.lock();
        let before = shared.genid;
        shared.listing()?;
        if shared.genid != before {
            return Ok(None);
        }
        let mut table: Table = shared.state.table();
        table.services.retain(|one| service.is_none_or(|key| key == one.service.key));
        let daemons = shared.state.daemons.values().copied().collect();
        Ok(Some(Snapshot::new(shared.genid, table, shared.state.timeouts, daemons)))
    }

    fn listen(&mut self) -> Result<Box<dyn Listener>, Error> {
        let mut shared = self.lock();
        shared.alive()?;
        Ok(shared.listeners.join())
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rules in memory, and how an operation changes them.

use std::collections::BTreeMap;
use std::time::Duration;

use ipvs_types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, ServiceConfig, ServiceKey, Timeouts,
    TimeoutsChange,
};

use super::host::Host;
use crate::{Errno, Operation};

/// A service with its destinations, newest first.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub config: ServiceConfig,
    pub dests: Vec<(DestKey, DestConfig)>,
}

#[derive(Debug, Clone)]
pub(super) struct State {
    pub host: Host,
    pub services: BTreeMap<ServiceKey, Service>,
    pub daemons: BTreeMap<DaemonRole, DaemonConfig>,
    pub timeouts: Timeouts,
    /// Whether the connection table exists (7.2 makes it on demand).
    pub table: bool,
}

impl State {
    pub fn new(host: Host) -> Self {
        Self {
            table: !host.release.table_on_demand(),
            host,
            services: BTreeMap::new(),
            daemons: BTreeMap::new(),
            timeouts: Timeouts {
                tcp: Duration::from_secs(900),
                tcp_fin: Duration::from_secs(120),
                udp: Duration::from_secs(300),
            },
        }
    }

    /// Carries out one operation, or changes nothing.
    pub fn execute(&mut self, operation: &Operation) -> Result<(), Errno> {
        match *operation {
            Operation::CreateService { service, config } => self.create_service(service, config),
            Operation::UpdateService { service, config, mask } => {
                self.update_service(service, config, mask)
            }
            Operation::DeleteService { service } => self.delete_service(service),
            Operation::CreateDest { service, dest, config } => {
                self.create_dest(service, dest, config)
            }
            Operation::UpdateDest { service, dest, config } => {
                self.update_dest(service, dest, config)
            }
            Operation::DeleteDest { service, dest } => self.delete_dest(service, dest),
            Operation::StartDaemon { config } => self.start_daemon(config),
            Operation::StopDaemon { role } => self.stop_daemon(role),
            Operation::SetTimeouts { change } => self.set_timeouts(change),
            // There are no counters; only the service is looked up.
            Operation::Zero { service: Some(service) } => self.find(service).map(drop),
            Operation::Zero { service: None } => Ok(()),
            Operation::Flush => {
                self.services.clear();
                Ok(())
            }
        }
    }

    pub fn find(&mut self, service: ServiceKey) -> Result<&mut Service, Errno> {
        self.services.get_mut(&service).ok_or(Errno::ESRCH)
    }

    /// All three are checked before any is set; zero is left as it is.
    fn set_timeouts(&mut self, change: TimeoutsChange) -> Result<(), Errno> {
        let given = [change.tcp, change.tcp_fin, change.udp];
        let longest = self.host.longest_timeout();
        if given.into_iter().flatten().any(|timeout| timeout > longest) {
            return Err(Errno::EINVAL);
        }
        let all = [&mut self.timeouts.tcp, &mut self.timeouts.tcp_fin, &mut self.timeouts.udp];
        for (timeout, given) in all.into_iter().zip(given) {
            if let Some(given) = given.filter(|given| !given.is_zero()) {
                *timeout = given;
            }
        }
        Ok(())
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a plan has put its hands on: a rollback must not undo what others did elsewhere.

use std::collections::HashSet;

use ipvs_types::{DaemonRole, DestKey, ServiceKey};

use super::Change;
use crate::Operation as Op;

#[derive(Default)]
pub(super) struct Touched {
    /// Services that were made, changed or removed.
    services: HashSet<ServiceKey>,
    /// Services that were made or removed, and all their destinations with them.
    whole: HashSet<ServiceKey>,
    dests: HashSet<(ServiceKey, DestKey)>,
    daemons: HashSet<DaemonRole>,
    timeouts: bool,
}

impl Touched {
    pub fn by(changes: &[&Change]) -> Self {
        let mut touched = Self::default();
        for change in changes {
            touched.add(&change.operation);
        }
        touched
    }

    fn add(&mut self, operation: &Op) {
        match *operation {
            Op::CreateService { service, .. } | Op::DeleteService { service } => {
                self.services.insert(service);
                self.whole.insert(service);
            }
            Op::UpdateService { service, .. } => {
                self.services.insert(service);
            }
            Op::CreateDest { service, dest, .. }
            | Op::UpdateDest { service, dest, .. }
            | Op::DeleteDest { service, dest } => {
                self.dests.insert((service, dest));
            }
            Op::StartDaemon { config } => {
                self.daemons.insert(config.role);
            }
            Op::StopDaemon { role } => {
                self.daemons.insert(role);
            }
            Op::SetTimeouts { .. } => self.timeouts = true,
            // No plan contains these.
            Op::Zero { .. } | Op::Flush => {}
        }
    }

    /// Whether the operation concerns something that was touched.
    pub fn contains(&self, operation: &Op) -> bool {
        match operation {
            Op::CreateService { service, .. }
            | Op::UpdateService { service, .. }
            | Op::DeleteService { service } => self.services.contains(service),
            Op::CreateDest { service, dest, .. }
            | Op::UpdateDest { service, dest, .. }
            | Op::DeleteDest { service, dest } => {
                self.whole.contains(service) || self.dests.contains(&(*service, *dest))
            }
            Op::StartDaemon { config } => self.daemons.contains(&config.role),
            Op::StopDaemon { role } => self.daemons.contains(role),
            Op::SetTimeouts { .. } => self.timeouts,
            Op::Zero { .. } | Op::Flush => false,
        }
    }
}

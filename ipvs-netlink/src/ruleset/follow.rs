// SPDX-License-Identifier: MIT OR Apache-2.0
//! Keeping up with a kernel: what it did is done to the value.

use ipvs_types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, ServiceConfig, ServiceFlags, ServiceKey,
    TimeoutsChange,
};

use super::{Change, Ruleset, ServiceRules};
use crate::Operation as Op;

impl Ruleset {
    /// Does to this value what the kernel has done, for example by an
    /// [`Event`](crate::ext::Event); returns the step, which knows what was there before.
    ///
    /// Nothing is checked: the kernel has checked it. What is about an unknown service changes nothing.
    ///
    /// ```
    /// use ipvs_netlink::types::{Scheduler, ServiceConfig, ServiceKey};
    /// use ipvs_netlink::{Operation, Ruleset};
    /// let service: ServiceKey = "tcp/192.0.2.10:80".parse()?;
    /// let mut known = Ruleset::new();
    /// let config = ServiceConfig::new(Scheduler::WLC);
    /// let step = known.follow(&Operation::CreateService { service, config });
    /// assert_eq!(step.to_string(), "+ service tcp/192.0.2.10:80: scheduler wlc");
    /// assert_eq!(known.services().len(), 1);
    /// # Ok::<(), ipvs_netlink::types::ParseError>(())
    /// ```
    pub fn follow(&mut self, operation: &Op) -> Change {
        let undo = match *operation {
            Op::CreateService { service, config } => self.follow_service(service, config),
            Op::UpdateService { service, config, mask } => {
                let had = self.services.get(&service).map_or(config.flags, |r| r.config.flags);
                let flags = (had - mask) | (config.flags & mask);
                self.follow_service(service, config.flags(flags))
            }
            Op::DeleteService { service } => {
                let removed = self.services.remove(&service);
                removed.map_or_else(Vec::new, |rules| made_again(service, &rules))
            }
            Op::CreateDest { service, dest, config } | Op::UpdateDest { service, dest, config } => {
                self.follow_dest(service, dest, config)
            }
            Op::DeleteDest { service, dest } => self
                .remove_dest(service, dest)
                .map(|config| Op::CreateDest { service, dest, config })
                .into_iter()
                .collect(),
            Op::StartDaemon { config } => self.follow_daemon(config),
            Op::StopDaemon { role } => self.follow_end(role),
            Op::SetTimeouts { change } => self.follow_timeouts(change),
            Op::Flush => {
                let all = std::mem::take(&mut self.services);
                all.iter().flat_map(|(service, rules)| made_again(*service, rules)).collect()
            }
            Op::Zero { .. } => Vec::new(),
        };
        Change { operation: *operation, undo }
    }

    fn follow_service(&mut self, service: ServiceKey, config: ServiceConfig) -> Vec<Op> {
        match self.services.get_mut(&service) {
            Some(rules) => {
                let (old, mask) = (rules.config, ServiceFlags::all());
                rules.config = config;
                vec![Op::UpdateService { service, config: old, mask }]
            }
            None => {
                self.services.insert(service, ServiceRules::new(config));
                vec![Op::DeleteService { service }]
            }
        }
    }

    fn follow_dest(&mut self, service: ServiceKey, dest: DestKey, config: DestConfig) -> Vec<Op> {
        let Some(rules) = self.services.get_mut(&service) else { return Vec::new() };
        match rules.dests.insert(dest, config) {
            Some(old) => vec![Op::UpdateDest { service, dest, config: old }],
            None => {
                rules.order.push(dest);
                vec![Op::DeleteDest { service, dest }]
            }
        }
    }

    fn follow_daemon(&mut self, config: DaemonConfig) -> Vec<Op> {
        self.daemons.get_or_insert_default().insert(config.role, config);
        vec![Op::StopDaemon { role: config.role }]
    }

    fn follow_end(&mut self, role: DaemonRole) -> Vec<Op> {
        let stopped = self.daemons.as_mut().and_then(|daemons| daemons.remove(&role));
        stopped.map(|config| Op::StartDaemon { config }).into_iter().collect()
    }

    fn follow_timeouts(&mut self, change: TimeoutsChange) -> Vec<Op> {
        let Some(timeouts) = &mut self.timeouts else { return Vec::new() };
        let old = *timeouts;
        timeouts.tcp = change.tcp.unwrap_or(old.tcp);
        timeouts.tcp_fin = change.tcp_fin.unwrap_or(old.tcp_fin);
        timeouts.udp = change.udp.unwrap_or(old.udp);
        vec![Op::SetTimeouts { change: old.into() }]
    }
}

/// What makes a service and its destinations.
fn made_again(service: ServiceKey, rules: &ServiceRules) -> Vec<Op> {
    let dests = rules.dests_in_order();
    let dests = dests.map(|(dest, config)| Op::CreateDest { service, dest, config: *config });
    [Op::CreateService { service, config: rules.config }].into_iter().chain(dests).collect()
}

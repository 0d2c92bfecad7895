// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole state, the order of destinations included, and a state to start from.

use std::collections::BTreeMap;
use std::time::Duration;

use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, ServiceConfig, ServiceKey, Timeouts,
};
use ipvs_netlink::{Error, Ipvs};

/// A service's configuration, and its destinations as listed.
type Rules = (ServiceConfig, Vec<(DestKey, DestConfig)>);

/// Configuration without counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    services: BTreeMap<ServiceKey, Rules>,
    daemons: BTreeMap<DaemonRole, DaemonConfig>,
    timeouts: Timeouts,
}

impl State {
    /// Reads everything, one thing after the other.
    ///
    /// # Errors
    /// A listing fails.
    pub fn read(ipvs: &mut Ipvs) -> Result<Self, Error> {
        let services = ipvs.table()?.services.into_iter().map(|table| {
            let dests = table.dests.iter().map(|dest| (dest.key, dest.config)).collect();
            (table.service.key, (table.service.config, dests))
        });
        Ok(Self {
            services: services.collect(),
            daemons: ipvs.daemons()?.into_iter().map(|daemon| (daemon.role, daemon)).collect(),
            timeouts: ipvs.timeouts()?,
        })
    }

    /// What differs, a line each.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(maps(&self.services, &other.services));
        lines.extend(maps(&self.daemons, &other.daemons));
        if self.timeouts != other.timeouts {
            lines.push(format!("timeouts: {:?} / {:?}", self.timeouts, other.timeouts));
        }
        lines
    }
}

fn maps<K, V>(one: &BTreeMap<K, V>, other: &BTreeMap<K, V>) -> Vec<String>
where
    K: Ord + std::fmt::Display,
    V: PartialEq + std::fmt::Debug,
{
    let mut keys: Vec<_> = one.keys().chain(other.keys()).collect();
    keys.sort();
    keys.dedup();
    let differing = keys.into_iter().filter(|key| one.get(key) != other.get(key));
    differing.map(|key| format!("{key}: {:?} / {:?}", one.get(key), other.get(key))).collect()
}

/// Removes everything and sets the timeouts that kernels boot with.
pub(super) fn reset(ipvs: &mut Ipvs) -> Result<(), Error> {
    ipvs.flush()?;
    for daemon in ipvs.daemons()? {
        ipvs.stop_daemon(daemon.role)?;
    }
    ipvs.set_timeouts(Timeouts {
        tcp: Duration::from_secs(900),
        tcp_fin: Duration::from_secs(120),
        udp: Duration::from_secs(300),
    })
}

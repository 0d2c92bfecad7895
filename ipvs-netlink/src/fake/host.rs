// SPDX-License-Identifier: MIT OR Apache-2.0
//! What surrounds IPVS: the kernel's release, its modules, the namespace's interfaces.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipvs_types::{EngineName, InterfaceName, Scheduler};

/// Which kernel is played. The control interface is the same; a few checks differ, some of them with
/// the patch level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Release {
    /// Linux 6.1 as built by Debian 12: no `twos` scheduler; thresholds up to `INT_MAX` (seen in
    /// 6.1.192; 6.1.176 took any).
    Linux6_1,
    /// Linux 6.12 as built by Debian 13: thresholds of any 32 bits (seen in 6.12.95).
    Linux6_12,
    /// Linux 7.2: tables per namespace, made when first needed.
    Linux7_2,
}

impl Release {
    /// The connection table is made with the first service or backup daemon.
    pub(super) const fn table_on_demand(self) -> bool {
        matches!(self, Self::Linux7_2)
    }
}

/// A network interface, as far as sync daemons care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interface {
    /// The largest packet in bytes.
    pub mtu: u32,
    /// Whether it is up.
    pub up: bool,
}

/// The surroundings.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub release: Release,
    pub interfaces: BTreeMap<InterfaceName, Interface>,
    pub schedulers: BTreeSet<Scheduler>,
    pub engines: BTreeSet<EngineName>,
    /// Ticks a second (`CONFIG_HZ`); limits timeouts.
    pub hz: u32,
    /// Whether thresholds above `INT_MAX` are refused.
    pub threshold_limit: bool,
}

impl Host {
    pub fn new(release: Release) -> Self {
        let interface = |name: &str, mtu| {
            (InterfaceName::new(name).expect("a short literal"), Interface { mtu, up: true })
        };
        let twos = (release != Release::Linux6_1).then_some(Scheduler::TWOS);
        Self {
            release,
            interfaces: BTreeMap::from([interface("lo", 65536), interface("eth0", 1500)]),
            schedulers: MODULES.into_iter().chain(twos).collect(),
            engines: BTreeSet::from([EngineName::new("sip").expect("a short literal")]),
            hz: 250,
            threshold_limit: release != Release::Linux6_12,
        }
    }

    /// Whether `lo` is up. Only then is there a table of local addresses, without which the kernel
    /// takes no IPv4 address for unicast.
    pub fn loopback_up(&self) -> bool {
        self.interfaces.iter().any(|(name, interface)| name.as_bytes() == b"lo" && interface.up)
    }

    pub fn longest_timeout(&self) -> Duration {
        Duration::from_secs(u64::from(i32::MAX.unsigned_abs() / self.hz))
    }
}

/// The schedulers that every release has as modules.
const MODULES: [Scheduler; 13] = [
    Scheduler::RR,
    Scheduler::WRR,
    Scheduler::LC,
    Scheduler::WLC,
    Scheduler::LBLC,
    Scheduler::LBLCR,
    Scheduler::DH,
    Scheduler::SH,
    Scheduler::SED,
    Scheduler::NQ,
    Scheduler::FO,
    Scheduler::OVF,
    Scheduler::MH,
];

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
///
/// ```
/// use ipvs_netlink::fake::{Interface, Kernel, Release};
/// let kernel = Kernel::new(Release::Linux7_2);
/// kernel.set_interface("eth1".parse()?, Interface::new(9000).down());
/// # Ok::<(), ipvs_netlink::types::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Interface {
    /// The largest packet in bytes.
    pub mtu: u32,
    /// Whether it is up; a master can't start on one that is down.
    pub up: bool,
    /// Whether IPv6 multicast is routed over it, which a master with an IPv6 group needs.
    pub multicast: bool,
}

impl Interface {
    /// An interface that is up.
    pub const fn new(mtu: u32) -> Self {
        Self { mtu, up: true, multicast: true }
    }

    /// The same, down.
    #[must_use]
    pub const fn down(mut self) -> Self {
        self.up = false;
        self
    }

    /// What `lo` is: up, without multicast.
    pub const fn loopback() -> Self {
        Self { mtu: 65536, up: true, multicast: false }
    }
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
        let name = |name: &str| InterfaceName::new(name).expect("a short literal");
        let (lo, eth0) = (Interface::loopback(), Interface::new(1500));
        let twos = (release != Release::Linux6_1).then_some(Scheduler::TWOS);
        Self {
            release,
            interfaces: BTreeMap::from([(name("lo"), lo), (name("eth0"), eth0)]),
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

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The configuration of a virtual service.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{EngineName, Granularity, Scheduler, ServiceFlags};

/// The longest persistence timeout that no kernel misreads: 4,294,967 s, about 49 days.
///
/// The kernel multiplies seconds by its tick rate (at most 1000) in 32 bits without checking; a
/// longer timeout could silently become a short one. The C tool's own limit is 31 days.
pub const MAX_PERSISTENCE: Duration = Duration::from_secs((u32::MAX / 1000) as u64);

/// Persistence: connections of one client go to one destination (`ipvsadm -p`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persistence {
    /// How long after its last connection a client is remembered: whole seconds, at most
    /// [`MAX_PERSISTENCE`].
    #[serde(rename = "timeout_seconds", with = "crate::seconds")]
    pub timeout: Duration,
    /// Which clients are taken for one.
    #[serde(default)]
    pub granularity: Granularity,
}

impl Persistence {
    /// Persistence of single hosts for `timeout`.
    pub const fn new(timeout: Duration) -> Self {
        Self { timeout, granularity: Granularity::HOST }
    }

    /// The same for groups of clients.
    #[must_use]
    pub const fn granularity(mut self, granularity: Granularity) -> Self {
        self.granularity = granularity;
        self
    }
}

/// How a virtual service balances: everything that `ipvsadm -A` and `-E` set.
///
/// A netmask or timeout that the kernel may hold for a service that is *not* persistent has no
/// effect and no place here.
///
/// ```
/// use std::time::Duration;
/// use ipvs_types::{Granularity, Persistence, Scheduler, ServiceConfig, ServiceFlags};
/// // ipvsadm -A … -s sh -b sh-port -p 600 -M 255.255.255.0
/// let config = ServiceConfig::new(Scheduler::SH).flags(ServiceFlags::SCHED2).persistence(
///     Persistence::new(Duration::from_secs(600))
///         .granularity(Granularity::ipv4([255, 255, 255, 0].into())),
/// );
/// assert_eq!(config.engine, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ServiceConfig {
    /// The scheduler (`-s`).
    pub scheduler: Scheduler,
    /// Flags (`-o`, `-b`).
    #[serde(default, skip_serializing_if = "ServiceFlags::is_empty")]
    pub flags: ServiceFlags,
    /// Persistence (`-p`, `-M`); `None` is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,
    /// Persistence engine (`--pe`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineName>,
}

impl ServiceConfig {
    /// A service with this scheduler, no persistence, no flags.
    pub const fn new(scheduler: Scheduler) -> Self {
        Self { scheduler, flags: ServiceFlags::empty(), persistence: None, engine: None }
    }

    /// The same with these flags.
    #[must_use]
    pub const fn flags(mut self, flags: ServiceFlags) -> Self {
        self.flags = flags;
        self
    }

    /// The same with persistence.
    #[must_use]
    pub const fn persistence(mut self, persistence: Persistence) -> Self {
        self.persistence = Some(persistence);
        self
    }

    /// The same with a persistence engine.
    #[must_use]
    pub const fn engine(mut self, engine: EngineName) -> Self {
        self.engine = Some(engine);
        self
    }
}

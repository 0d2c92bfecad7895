// SPDX-License-Identifier: MIT OR Apache-2.0
//! The whole state of a director as a value: read it, compare two, plan the difference, apply it.
//!
//! ```text
//! Ipvs::ruleset ─▶ Ruleset ─┐
//!                           ├─ diff ─▶ Plan ─ apply ─▶ Applied ─ verify ─▶ ()
//!       file ─▶ serde ─▶ Ruleset ─┘            └▶ ApplyError (rolled back)
//! ```

mod apply;
mod change;
mod check;
mod describe;
mod diff;
mod document;
mod edit;
mod error;
mod follow;
mod options;
mod plan;
mod read;
mod rollback;
mod touched;

use std::collections::BTreeMap;

use ipvs_types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, ServiceConfig, ServiceKey, Timeouts,
};
use serde::{Deserialize, Serialize};

pub use apply::Applied;
pub use change::Change;
pub use check::InvalidRuleset;
pub use error::{ApplyError, Differences, Failure, Rollback, VerifyError};
pub use options::PlanOptions;
pub use plan::Plan;

/// Services with their destinations and, where wanted, timeouts and sync daemons.
///
/// Services are sorted by key. Equal states compare equal whatever order the kernel lists them in.
/// Timeouts or daemons that are `None` are not part of the ruleset: a plan leaves them alone. An
/// *empty* list of daemons says that none shall run.
///
/// The order in which a service got its destinations is remembered, though not compared: schedulers
/// with a hash table (`sh`, `dh`, `mh`) assign clients by it, so what is made anew is made in it.
///
/// The serde form has a schema version ([`Ruleset::VERSION`]) and refuses unknown fields,
/// duplicates and values that no kernel takes.
///
/// ```
/// use ipvs_netlink::Ruleset;
/// use ipvs_netlink::types::{DestConfig, Forward, Scheduler, ServiceConfig, ServiceKey};
///
/// let web: ServiceKey = "tcp/192.0.2.10:80".parse()?;
/// let mut have = Ruleset::new();
/// have.add_service(web, ServiceConfig::new(Scheduler::WLC))?;
/// have.add_dest(web, "10.0.0.2:80".parse()?, DestConfig::new(Forward::Masq))?;
///
/// let mut want = have.clone();
/// want.set_dest(web, "10.0.0.2:80".parse()?, DestConfig::new(Forward::Masq).weight(3))?;
/// let plan = have.diff(&want);
/// assert_eq!(
///     plan.to_string(),
///     "~ destination 10.0.0.2:80 of tcp/192.0.2.10:80: weight 1 -> 3\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "document::Document", into = "document::Document")]
pub struct Ruleset {
    services: BTreeMap<ServiceKey, ServiceRules>,
    timeouts: Option<Timeouts>,
    daemons: Option<BTreeMap<DaemonRole, DaemonConfig>>,
}

/// A virtual service of a [`Ruleset`]: its configuration and its destinations.
#[derive(Debug, Clone)]
pub struct ServiceRules {
    config: ServiceConfig,
    dests: BTreeMap<DestKey, DestConfig>,
    /// The keys of `dests`, first made first.
    order: Vec<DestKey>,
}

/// Whether both balance alike, over the same destinations made in any order.
impl PartialEq for ServiceRules {
    fn eq(&self, other: &Self) -> bool {
        (&self.config, &self.dests) == (&other.config, &other.dests)
    }
}

impl Eq for ServiceRules {}

impl ServiceRules {
    fn new(config: ServiceConfig) -> Self {
        Self { config, dests: BTreeMap::new(), order: Vec::new() }
    }

    /// How the service balances.
    pub fn config(&self) -> &ServiceConfig {
        &self.config
    }

    /// The destinations, sorted by key.
    pub fn dests(&self) -> impl ExactSizeIterator<Item = (DestKey, &DestConfig)> {
        self.dests.iter().map(|(key, config)| (*key, config))
    }

    /// The destinations in the order in which they were made, the oldest first. (The kernel lists
    /// the newest first.)
    pub fn dests_in_order(
        &self,
    ) -> impl DoubleEndedIterator<Item = (DestKey, &DestConfig)> + ExactSizeIterator {
        self.order.iter().map(|key| (*key, &self.dests[key]))
    }

    /// One destination.
    pub fn dest(&self, dest: DestKey) -> Option<&DestConfig> {
        self.dests.get(&dest)
    }
}

impl Ruleset {
    /// The version of the serde form that this library writes, and the only one that it reads.
    pub const VERSION: u32 = 1;

    /// A ruleset without services, which says nothing about timeouts and daemons.
    pub fn new() -> Self {
        Self::default()
    }

    /// The services, sorted by key.
    pub fn services(&self) -> impl ExactSizeIterator<Item = (ServiceKey, &ServiceRules)> {
        self.services.iter().map(|(key, rules)| (*key, rules))
    }

    /// One service.
    pub fn service(&self, service: ServiceKey) -> Option<&ServiceRules> {
        self.services.get(&service)
    }

    /// The timeouts, if they are part of the ruleset.
    pub fn timeouts(&self) -> Option<Timeouts> {
        self.timeouts
    }

    /// The sync daemons (master first), if they are part of the ruleset.
    pub fn daemons(&self) -> Option<impl ExactSizeIterator<Item = &DaemonConfig>> {
        self.daemons.as_ref().map(BTreeMap::values)
    }
}

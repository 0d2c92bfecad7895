// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a backup should have: what its master would send of its table.

use std::net::SocketAddr;
use std::time::Duration;

use ipvs_netlink::types::Timeouts;
use ipvs_proc::Connection as Listed;
use ipvs_types::{Family, ServiceKey};

use super::service_of;
use crate::table::{Conversion, Directory, Lifetime};
use crate::{ConnectionKey, Version};

/// What decides what a master sends, besides the state of each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MasterRules {
    /// Its sysctl `sync_persist_mode`: of persistent services, only templates are sent.
    pub templates_only: bool,
    /// Its sysctl `sync_version`: version 0 leaves out IPv6.
    pub version: Version,
    /// Its timeouts (`ipvsadm --set`), from which follows when the last packet passed; `None` for the
    /// kernel's defaults.
    pub timeouts: Option<Timeouts>,
}

impl Default for MasterRules {
    fn default() -> Self {
        Self { templates_only: false, version: Version::V1, timeouts: None }
    }
}

/// An entry that the backup should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) key: ConnectionKey,
    pub(super) dest: SocketAddr,
    pub(super) service: ServiceKey,
    /// How long ago its last packet passed, if its timeout is known.
    pub(super) idle: Option<Duration>,
}

/// A master's table as far as it is sent.
#[derive(Debug, Default)]
pub struct Expected {
    pub(super) entries: Vec<Due>,
    pub(super) withheld: u64,
}

impl Expected {
    /// Adds a connection of the master's `ip_vs_conn`, if a master with these rules sends such ones.
    ///
    /// Connections without state that saw fewer packets than `sync_threshold` are not sent either, but
    /// the table doesn't show how many they saw: they are taken for expected.
    pub fn add(&mut self, listed: &Listed<'_>, directory: &Directory, rules: MasterRules) {
        let conversion = Conversion::new(directory).lifetime(Lifetime::Whole);
        let conversion = match rules.timeouts {
            Some(timeouts) => conversion.timeouts(timeouts),
            None => conversion,
        };
        let sent = conversion.convert(listed).ok().filter(|converted| {
            let persistent = converted.binding.is_some_and(|bound| bound.is_persistent);
            let member = persistent && !listed.is_template();
            let family = Family::of(listed.client.ip());
            converted.withheld.is_none()
                && !(rules.templates_only && member)
                && !(rules.version == Version::V0 && family == Family::Ipv6)
        });
        let Some(sent) = sent else {
            self.withheld += 1;
            return;
        };
        let whole = sent.connection.timeout;
        self.entries.push(Due {
            key: ConnectionKey::of(&sent.connection),
            dest: listed.dest,
            service: service_of(listed, directory),
            idle: (!whole.is_zero()).then(|| whole.saturating_sub(listed.expires)),
        });
    }

    /// How many entries the backup should have.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it should have none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether some entry has data of a persistence engine, which only `ip_vs_conn` shows.
    pub fn has_engines(&self) -> bool {
        self.entries.iter().any(|due| due.key.engine_data.is_some())
    }
}

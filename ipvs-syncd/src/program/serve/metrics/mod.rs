// SPDX-License-Identifier: MIT OR Apache-2.0
//! What Prometheus is told: OpenMetrics 1.0, with a bounded number of series whatever is sent.

mod coverage;
mod families;
mod tally;
mod wall;

pub(super) use tally::{Named, Tally};
pub(super) use wall::Wall;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ipvs_syncd::socket::Reception;
use ipvs_syncd::tracker::{Alarm, AlarmEvent, Change, Summary};
use ipvs_types::DaemonConfig;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use super::coverage::Compared;

/// The type of what [`openmetrics`] writes.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All that is shown, at one moment.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The system's clock now.
    pub(super) wall: Wall,
    /// When the service started.
    pub(super) started: Duration,
    /// What came through the sockets.
    pub(super) reception: Reception,
    /// What the tracker knows.
    pub(super) summary: Summary,
    /// The tracker's streams.
    pub(super) tally: Tally,
    /// How often each alarm was raised, by its name.
    pub(super) raised: Raised,
    /// The latest comparison of master and backup, if there is one.
    pub(super) coverage: Option<Arc<Compared>>,
    /// The daemons of the kernel, if they are looked at; `None` if that failed.
    pub(super) daemons: Option<Option<Vec<DaemonConfig>>>,
}

/// How often each alarm was raised.
#[derive(Debug, Clone, Default)]
pub(super) struct Raised(BTreeMap<&'static str, u64>);

impl Raised {
    /// Counts it, if it begins.
    pub(super) fn count(&mut self, event: &AlarmEvent) {
        if event.change == Change::Raised {
            *self.0.entry(event.alarm.name()).or_default() += 1;
        }
    }

    /// Each alarm there is, with its number.
    fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Alarm::NAMES.into_iter().map(|name| (name, self.0.get(name).copied().unwrap_or_default()))
    }
}

/// The text for Prometheus.
pub(super) fn openmetrics(snapshot: Arc<Snapshot>) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("ipvs_sync");
    registry.register_collector(Box::new(snapshot));
    let mut text = String::new();
    text::encode(&mut text, &registry)?;
    Ok(text)
}

#[cfg(test)]
mod tests;

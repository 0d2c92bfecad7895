// SPDX-License-Identifier: MIT OR Apache-2.0
//! The families of metrics.

use std::fmt;

use ipvs_syncd::tracker::{Alarm, Held, ServiceHeld};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Unit;

use super::Snapshot;
use super::tally::Counts;

/// Services of which the number of entries is shown; the rest is added up. Whoever can send can make
/// up any number of them.
pub(super) const MAX_SERVICES: usize = 64;

/// The labels of one sample.
pub(super) type Labels = Vec<(&'static str, String)>;

/// Name, unit and help of a family.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) unit: Option<Unit>,
    pub(super) help: &'static str,
}

pub(super) const fn family(name: &'static str, help: &'static str) -> Family {
    Family { name, unit: None, help }
}

/// Writes families.
pub(super) struct Writer<'w>(DescriptorEncoder<'w>);

impl Writer<'_> {
    fn counters(
        &mut self,
        Family { name, unit, help }: Family,
        samples: impl IntoIterator<Item = (Labels, u64)>,
    ) -> fmt::Result {
        let mut family =
            self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
        samples.into_iter().try_for_each(|(labels, value)| {
            ConstCounter::new(value).encode(family.encode_family(&labels)?)
        })
    }

    pub(super) fn gauges(
        &mut self,
        Family { name, unit, help }: Family,
        samples: impl IntoIterator<Item = (Labels, f64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
        samples.into_iter().try_for_each(|(labels, value)| {
            ConstGauge::new(value).encode(family.encode_family(&labels)?)
        })
    }

    fn counter(&mut self, family: Family, value: u64) -> fmt::Result {
        let Family { name, unit, help } = family;
        let encoder = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
        ConstCounter::new(value).encode(encoder)
    }

    pub(super) fn gauge(&mut self, family: Family, value: f64) -> fmt::Result {
        let Family { name, unit, help } = family;
        let encoder = self.0.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
        ConstGauge::new(value).encode(encoder)
    }
}

impl Collector for Snapshot {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut writer = Writer(encoder);
        self.service(&mut writer)?;
        self.streams(&mut writer)?;
        self.alarms(&mut writer)?;
        self.mirror(&mut writer)?;
        self.coverage(&mut writer)?;
        self.daemons(&mut writer)
    }
}

impl Snapshot {
    fn service(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        let help = "The program that tells this";
        build.encode(writer.0.encode_descriptor("build", help, None, MetricType::Info)?)?;
        let seconds = |name, help| Family { name, unit: Some(Unit::Seconds), help };
        let help = "When the service started, since the Unix epoch";
        writer.gauge(seconds("start_timestamp", help), self.wall.seconds(self.started))?;
        let reception = self.reception;
        let help = "Datagrams that were heard";
        writer.counter(family("datagrams", help), reception.datagrams)?;
        let help = "Datagrams that this service was too slow for";
        writer.counter(family("lost_datagrams", help), reception.lost)?;
        let help = "Datagrams in fragments, which are not read (listen.hear = wire)";
        writer.counter(family("fragmented_datagrams", help), reception.fragmented)?;
        let help = "Packets whose headers can't be read (listen.hear = wire)";
        writer.counter(family("unreadable_packets", help), reception.unreadable)?;
        let help = "Datagrams of streams for which there was no room in memory";
        writer.counter(family("untracked_messages", help), self.summary.untracked)
    }

    fn streams(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let each = |value: fn(&Counts) -> u64| {
            self.tally.iter().map(move |(labels, counts)| (stream(labels), value(counts)))
        };
        let with = |labels: [String; 2], name, value: &str| {
            let mut labels = stream(labels);
            labels.push((name, value.to_owned()));
            labels
        };
        let messages = self.tally.iter().flat_map(|(labels, counts)| {
            ["0", "1", "none"].into_iter().zip(counts.messages).map(move |(version, messages)| {
                (with(labels.clone(), "version", version), messages)
            })
        });
        let help = "Messages by sender, sync id and version; none: unknown or not readable";
        writer.counters(family("messages", help), messages)?;
        let help = "Bytes of UDP payload, by sender and sync id";
        let bytes = Family { name: "message", unit: Some(Unit::Bytes), help };
        writer.counters(bytes, each(|counts| counts.bytes))?;
        let help = "Connections and templates that could be read";
        writer.counters(family("entries", help), each(|counts| counts.entries))?;
        let help = "Entries that were known already";
        writer.counters(family("refreshed_entries", help), each(|counts| counts.refreshes))?;
        let troubles = self.tally.iter().flat_map(|(labels, counts)| {
            counts.troubles.iter().map(move |(trouble, times)| {
                (with(labels.clone(), "reason", trouble.name()), *times)
            })
        });
        let help = "What backups drop, wholly or in part, by reason";
        writer.counters(family("troubles", help), troubles)?;
        let help = "When the last message came, since the Unix epoch";
        let last = Family { name: "last_message_timestamp", unit: Some(Unit::Seconds), help };
        let heard = self.tally.iter();
        let heard =
            heard.map(|(labels, counts)| (stream(labels), self.wall.seconds(counts.last_heard)));
        writer.gauges(last, heard)
    }

    fn alarms(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let lasting = Alarm::NAMES.into_iter().map(|name| {
            let alarms = self.summary.alarms.iter();
            let count = alarms.filter(|active| active.alarm.name() == name).count();
            (vec![("kind", name.to_owned())], count as f64)
        });
        writer.gauges(family("alarms", "Alarms that last, by kind"), lasting)?;
        let raised = self.raised.iter();
        let raised = raised.map(|(name, times)| (vec![("kind", name.to_owned())], times));
        let help = "Alarms that were raised, by kind";
        writer.counters(family("raised_alarms", help), raised)?;
        let help = "How often an alarm was not raised because too many lasted";
        writer.counter(family("untold_alarms", help), self.summary.alarms_untold)
    }

    fn mirror(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let mirror = &self.summary.mirror;
        let help = "What a backup has that heard the same, by service";
        writer.gauges(family("mirror_entries", help), services(&mirror.services))?;
        let help = "Entries that have expired";
        writer.counter(family("mirror_expired_entries", help), mirror.expired)?;
        let help = "New entries for which there was no room in memory (watch.max_connections)";
        writer.counter(family("mirror_unkept_entries", help), mirror.unkept)
    }

    fn daemons(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let Some(daemons) = &self.daemons else { return Ok(()) };
        let help = "Whether the kernel tells which daemons run";
        writer.gauge(family("daemons_readable", help), f64::from(u8::from(daemons.is_some())))?;
        let running = daemons.iter().flatten().map(|daemon| {
            let labels = vec![
                ("role", daemon.role.to_string()),
                ("interface", daemon.interface.to_string()),
                ("sync_id", daemon.sync_id.get().to_string()),
            ];
            (labels, 1.0)
        });
        writer.gauges(family("daemon_running", "The sync daemons of this kernel"), running)
    }
}

fn stream([sender, sync_id]: [String; 2]) -> Labels {
    vec![("sender", sender), ("sync_id", sync_id)]
}

/// The services with the most entries, and the rest together.
fn services(services: &[ServiceHeld]) -> impl Iterator<Item = (Labels, f64)> {
    let total = |held: &Held| held.connections + held.templates;
    let mut by_size: Vec<_> = services.iter().collect();
    by_size.sort_by_key(|service| std::cmp::Reverse(total(&service.held)));
    let rest = by_size.split_off(by_size.len().min(MAX_SERVICES));
    let mut others = Held::default();
    for service in &rest {
        others.connections += service.held.connections;
        others.templates += service.held.templates;
    }
    let own = by_size.into_iter().map(|service| (service.service.to_string(), service.held));
    let others = (!rest.is_empty()).then(|| ("other".to_owned(), others));
    own.chain(others).flat_map(|(service, held)| {
        [("connection", held.connections), ("template", held.templates)].map(|(kind, entries)| {
            (vec![("service", service.clone()), ("kind", kind.to_owned())], entries as f64)
        })
    })
}

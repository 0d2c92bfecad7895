// SPDX-License-Identifier: MIT OR Apache-2.0

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipvs_syncd::tracker::{Tracker, Watch};
use ipvs_syncd::{Connection, Encoder, Version};
use ipvs_types::{DaemonRole, Protocol};

use super::*;

/// What an ingestor reads: each family with its type and unit, and its samples.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    unit: Option<String>,
    help: bool,
    samples: BTreeMap<(String, BTreeMap<String, String>), f64>,
}

/// Reads OpenMetrics 1.0, as far as it is used here, and is as strict as the format.
fn ingest(text: &str) -> BTreeMap<String, Family> {
    let text = text.strip_suffix("# EOF\n").expect("the end is marked");
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        assert!(!line.is_empty() && line == line.trim(), "{line:?}");
        if let Some(rest) = line.strip_prefix("# ") {
            let (word, rest) = rest.split_once(' ').expect("a word");
            let (name, value) = rest.split_once(' ').expect("a name");
            if name != current {
                assert!(!families.contains_key(name), "{name} is in two places");
                current = name.to_owned();
            }
            let family = families.entry(current.clone()).or_default();
            assert!(family.samples.is_empty(), "{name}: told of after its samples");
            match word {
                "HELP" => assert!(!std::mem::replace(&mut family.help, true) && !value.is_empty()),
                "TYPE" => assert_eq!(std::mem::replace(&mut family.kind, value.to_owned()), ""),
                "UNIT" => {
                    assert!(name.ends_with(&format!("_{value}")), "{name}: unit {value}");
                    family.unit = Some(value.to_owned());
                }
                _ => panic!("{line}"),
            }
            continue;
        }
        let (name, labels, value) = sample(line);
        let family = families.get_mut(&current).expect("samples come after their family");
        let suffix = match family.kind.as_str() {
            "counter" => "_total",
            "gauge" => "",
            "info" => "_info",
            other => panic!("{other}"),
        };
        assert_eq!(name, format!("{current}{suffix}"));
        assert!(family.kind == "gauge" || value >= 0.0);
        assert_eq!(family.samples.insert((name, labels), value), None, "twice: {line}");
    }
    for (name, family) in &families {
        assert!(family.help && !family.kind.is_empty(), "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        assert!(!name.ends_with("_total") && name.starts_with("ipvs_sync_"), "{name}");
    }
    families
}

/// Reads `NAME{LABEL="VALUE",…} NUMBER`.
fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let (name, value) = line.rsplit_once(' ').expect("a value");
    let mut labels = BTreeMap::new();
    let name = match name.split_once('{') {
        None => name,
        Some((name, rest)) => {
            let mut rest = rest.strip_suffix('}').expect("the labels end");
            while !rest.is_empty() {
                let (label, after) = rest.split_once("=\"").expect("a label");
                let (value, after) = after.split_once('"').expect("its value");
                assert!(!value.contains('\\'), "{line}: what is escaped is not read here");
                assert_eq!(labels.insert(label.to_owned(), value.to_owned()), None, "{line}");
                rest = after.strip_prefix(',').unwrap_or(after);
            }
            name
        }
    };
    (name.to_owned(), labels, value.parse().expect("a number"))
}

const GROUP: &str = "224.0.0.81:8848";

fn message(version: Version, port: u16) -> Vec<u8> {
    let parse = |text: &str| text.parse().expect("an address and port");
    let service = (IpAddr::from([192, 0, 2, 1]), port).into();
    let tcp = Connection::new(Protocol::TCP, parse("10.9.0.1:1000"), service, parse("10.1.0.2:80"));
    let mut encoder = Encoder::new(version, 7);
    assert_eq!(encoder.push(&tcp.expect("one family").state(1)), Ok(None));
    encoder.finish().expect("one connection")
}

struct Heard {
    tracker: Tracker,
    raised: Raised,
    named: Named,
}

impl Heard {
    fn new() -> Self {
        let named = Named { max_series: 64, ..Named::default() };
        Self { tracker: Tracker::new(Watch::default()), raised: Raised::default(), named }
    }

    fn hear(&mut self, second: u64, sender: impl Into<IpAddr>, bytes: &[u8]) {
        let group = GROUP.parse().expect("a group");
        let events = self.tracker.receive(Duration::from_secs(second), sender.into(), group, bytes);
        events.iter().for_each(|event| self.raised.count(event));
    }

    fn text(&self, daemons: Option<Option<Vec<DaemonConfig>>>) -> String {
        let mut tally = Tally::new(self.named.clone());
        tally.add(&self.tracker.summary());
        openmetrics(Arc::new(Snapshot {
            wall: Wall::default(),
            started: Duration::from_millis(1500),
            reception: Reception::default(),
            summary: self.tracker.summary(),
            tally,
            raised: self.raised.clone(),
            coverage: None,
            daemons,
        }))
        .expect("a text")
    }
}

fn value(families: &BTreeMap<String, Family>, family: &str, labels: &[(&str, &str)]) -> f64 {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let labels: BTreeMap<_, _> = labels.collect();
    let samples = &families.get(family).expect(family).samples;
    let found = samples.iter().find(|((_, own), _)| *own == labels);
    *found.unwrap_or_else(|| panic!("{family} {labels:?} in {samples:?}")).1
}

#[test]
fn what_was_heard_is_shown() {
    let mut heard = Heard::new();
    heard.hear(10, [10, 0, 0, 1], &message(Version::V1, 80));
    heard.hear(11, [10, 0, 0, 1], &message(Version::V1, 80));
    heard.hear(12, [10, 0, 0, 2], &message(Version::V0, 443));
    heard.hear(13, [10, 0, 0, 2], b"what?");
    let master = DaemonConfig::new(DaemonRole::Master, "eth1".parse().expect("a name"));
    let families = ingest(&heard.text(Some(Some(vec![master]))));
    let one = [("sender", "10.0.0.1"), ("sync_id", "7")];
    let two = [("sender", "10.0.0.2"), ("sync_id", "7")];
    let unread = [("sender", "10.0.0.2"), ("sync_id", "none")];
    let of =
        |labels: &[(&'static str, &'static str)], name, text| [labels, &[(name, text)]].concat();
    let value = |family, labels: &[_]| value(&families, family, labels);
    assert_eq!(value("ipvs_sync_messages", &of(&one, "version", "1")), 2.0);
    assert_eq!(value("ipvs_sync_messages", &of(&one, "version", "0")), 0.0);
    assert_eq!(value("ipvs_sync_messages", &of(&two, "version", "0")), 1.0);
    assert_eq!(value("ipvs_sync_messages", &of(&unread, "version", "none")), 1.0);
    assert_eq!(value("ipvs_sync_message_bytes", &unread), 5.0);
    assert_eq!(value("ipvs_sync_entries", &one), 2.0);
    assert_eq!(value("ipvs_sync_refreshed_entries", &one), 1.0);
    assert_eq!(value("ipvs_sync_troubles", &of(&unread, "reason", "wrong_size")), 1.0);
    assert_eq!(value("ipvs_sync_last_message_timestamp_seconds", &one), 11.0);
    assert_eq!(value("ipvs_sync_alarms", &[("kind", "mixed_versions")]), 1.0);
    assert_eq!(value("ipvs_sync_alarms", &[("kind", "silence")]), 0.0);
    assert_eq!(value("ipvs_sync_raised_alarms", &[("kind", "malformed")]), 1.0);
    let services = &families["ipvs_sync_mirror_entries"].samples;
    assert_eq!(services.len(), 4, "{services:?}");
    assert!(services.keys().any(|(_, labels)| labels["service"].contains(":443")), "{services:?}");
    assert_eq!(value("ipvs_sync_start_timestamp_seconds", &[]), 1.5);
    assert_eq!(value("ipvs_sync_lost_datagrams", &[]), 0.0);
    assert_eq!(value("ipvs_sync_build", &[("version", env!("CARGO_PKG_VERSION"))]), 1.0);
    assert_eq!(value("ipvs_sync_daemons_readable", &[]), 1.0);
    let daemon = [("role", "master"), ("interface", "eth1"), ("sync_id", "0")];
    assert_eq!(value("ipvs_sync_daemon_running", &daemon), 1.0);
    let unit = |family: &str| families[family].unit.as_deref();
    assert_eq!(unit("ipvs_sync_message_bytes"), Some("bytes"));
    assert_eq!(unit("ipvs_sync_start_timestamp_seconds"), Some("seconds"));
    assert_eq!(unit("ipvs_sync_messages"), None);
}

#[test]
fn daemons_are_shown_only_if_asked_for() {
    let heard = Heard::new();
    assert!(!ingest(&heard.text(None)).contains_key("ipvs_sync_daemons_readable"));
    let families = ingest(&heard.text(Some(None)));
    assert_eq!(value(&families, "ipvs_sync_daemons_readable", &[]), 0.0);
    assert!(families["ipvs_sync_daemon_running"].samples.is_empty());
}

#[test]
fn ten_thousand_senders_make_no_more_series_than_there_may_be() {
    let mut heard = Heard::new();
    heard.named.max_series = 16;
    for number in 0..10_000_u32 {
        let sender = (0x0a00_0000 + number).to_be_bytes();
        // Each with another service and sync id, and some with garbage.
        let mut bytes = message(Version::V1, number as u16);
        bytes[1] = number as u8;
        heard.hear(0, sender, &bytes);
        if number % 3 == 0 {
            heard.hear(0, sender, b"?");
        }
    }
    let families = ingest(&heard.text(None));
    let messages = &families["ipvs_sync_messages"].samples;
    let senders: BTreeSet<_> = messages.keys().map(|(_, labels)| &labels["sender"]).collect();
    assert_eq!(messages.len(), (16 + 1) * 3);
    assert!(senders.len() <= 17 && senders.contains(&"other".to_owned()), "{senders:?}");
    let counted: f64 = messages.values().sum();
    let untracked = value(&families, "ipvs_sync_untracked_messages", &[]);
    assert_eq!(counted + untracked, 10_000.0 + 3334.0);
    assert_eq!(families["ipvs_sync_mirror_entries"].samples.len(), (64 + 1) * 2);
    let mirrored: f64 = families["ipvs_sync_mirror_entries"].samples.values().sum();
    assert_eq!(mirrored, 10_000.0);
    let all: usize = families.values().map(|family| family.samples.len()).sum();
    assert!(all < 17 * (3 + 4 + 7) + 2 * 65 + 40, "{all} samples");
}

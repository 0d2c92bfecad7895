// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tracker: each alarm, when it begins and when it ends; counts; the mirror; bounds.

mod support;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipvs_syncd::tracker::{
    Alarm, AlarmEvent, Change, Histogram, MAX_ALARMS, MAX_DESTINATIONS, MAX_STREAMS,
    ServicePattern, Tracker, Trouble, Watch,
};
use ipvs_syncd::{Connection, ConnectionFlags, ConnectionKey, Encoder, Version};
use ipvs_types::{Protocol, TcpState};
use proptest::prelude::*;

const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const TWO: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
const ROGUE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 66));
const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 81)), 8848);

fn connection(client: &str) -> Connection<'static> {
    let parse = |text: &str| text.parse().expect("an address and port");
    let [service, dest] = ["192.0.2.1:80", "10.1.0.2:80"].map(parse);
    let tcp = Connection::new(Protocol::TCP, parse(client), service, dest).expect("one family");
    tcp.state(TcpState::Established.number()).timeout(Duration::from_secs(900))
}

fn message(version: Version, sync_id: u8, connections: &[Connection<'_>]) -> Vec<u8> {
    let mut encoder = Encoder::new(version, sync_id).max_len(u16::MAX);
    for connection in connections {
        assert_eq!(encoder.push(connection), Ok(None));
    }
    encoder.finish().expect("at least one connection")
}

fn usual() -> Vec<u8> {
    message(Version::V1, 7, &[connection("10.9.0.1:1000")])
}

/// A tracker that hears the script: second, sender, datagram. Returns what began and ended, and when.
fn hear(tracker: &mut Tracker, script: &[(u64, IpAddr, &[u8])]) -> Vec<(u64, Change, Alarm)> {
    let script = script.iter();
    let events = script.flat_map(|(second, sender, datagram)| {
        tracker.receive(Duration::from_secs(*second), *sender, GROUP, datagram)
    });
    events.map(short).collect()
}

fn short(event: AlarmEvent) -> (u64, Change, Alarm) {
    (event.at.as_secs(), event.change, event.alarm)
}

fn raised(second: u64, alarm: Alarm) -> (u64, Change, Alarm) {
    (second, Change::Raised, alarm)
}

fn cleared(second: u64, alarm: Alarm) -> (u64, Change, Alarm) {
    (second, Change::Cleared, alarm)
}

fn watch(change: impl FnOnce(&mut Watch)) -> Watch {
    let mut watch = Watch::default();
    change(&mut watch);
    watch
}

#[test]
fn two_masters_are_told_once_and_cleared_when_one_stops() {
    let mut tracker = Tracker::new(Watch::default());
    let usual = usual();
    let script = [(0, ONE), (1, TWO), (2, ONE), (3, TWO), (4, ONE), (5, ONE), (64, ONE), (65, ONE)];
    let script = script.map(|(second, sender)| (second, sender, &usual[..]));
    let alarm = Alarm::TwoMasters { sync_id: 7, senders: [ONE, TWO] };
    assert_eq!(hear(&mut tracker, &script), [raised(2, alarm), cleared(65, alarm)]);
}

#[test]
fn a_takeover_and_two_groups_are_no_two_masters() {
    let mut tracker = Tracker::new(Watch::default());
    let (seven, eight) = (usual(), message(Version::V1, 8, &[connection("10.9.0.1:1000")]));
    let script = [(0, ONE), (1, ONE), (2, TWO), (3, TWO), (100, ONE)];
    let mut script = script.map(|(second, sender)| (second, sender, &seven[..])).to_vec();
    script.extend([(101, TWO, &eight[..]), (102, ONE, &seven), (103, TWO, &eight)]);
    assert_eq!(hear(&mut tracker, &script), []);
}

#[test]
fn an_unknown_sender_is_told_and_is_no_second_master() {
    let mut tracker = Tracker::new(watch(|watch| watch.known_senders = vec![ONE, TWO]));
    let usual = usual();
    let script = [(0, ONE), (1, ROGUE), (2, ONE), (3, ROGUE), (4, ONE), (64, ONE)];
    let script = script.map(|(second, sender)| (second, sender, &usual[..]));
    let alarm = Alarm::UnknownSender { sender: ROGUE };
    assert_eq!(hear(&mut tracker, &script), [raised(1, alarm), cleared(64, alarm)]);
}

#[test]
fn mixed_and_unknown_versions() {
    let (one, zero) =
        (usual(), message(Version::V0, 7, &[connection("10.9.0.1:1000").timeout(Duration::ZERO)]));
    let mut tracker = Tracker::new(Watch::default());
    let script = [(0, ONE, &one[..]), (70, ONE, &zero), (71, ONE, &one), (72, ONE, &zero)];
    let alarm = Alarm::MixedVersions { sync_id: 7, sender: ONE };
    assert_eq!(hear(&mut tracker, &script), [raised(71, alarm)]);

    let two = [0, 7, 0, 8, 0, 2, 0, 0];
    let mut tracker = Tracker::new(Watch::default());
    let alarm = Alarm::UnknownVersion { sender: ONE, version: 2 };
    let heard = hear(&mut tracker, &[(0, ONE, &two), (1, ONE, &two)]);
    assert_eq!(heard, [raised(0, alarm)]);
    assert_eq!(tracker.summary().streams[0].stream.troubles[&Trouble::UnknownVersion], 2);
}

#[test]
fn another_sync_id_is_told_and_not_mirrored() {
    let mut tracker = Tracker::new(watch(|watch| watch.sync_id = Some(9)));
    let alarm = Alarm::SyncIdMismatch { sender: ONE, sync_id: 7, expected: 9 };
    assert_eq!(hear(&mut tracker, &[(0, ONE, &usual())]), [raised(0, alarm)]);
    let summary = tracker.summary();
    assert_eq!((summary.streams[0].stream.connections, summary.mirror.held.connections), (1, 0));
}

#[test]
fn foreign_addresses_but_not_templates_of_marks_or_of_all_ports() {
    let flags = ConnectionFlags::TEMPLATE;
    let all_ports = Connection { service_port: 0, ..connection("10.9.0.1:0") }.flags(flags);
    let marked = Connection { protocol: Protocol(0), ..all_ports.clone() };
    let ours = message(Version::V1, 7, &[connection("10.9.0.1:1"), all_ports, marked]);
    let other = Connection { service_port: 81, ..connection("10.9.0.1:1") };
    let other = message(Version::V1, 7, &[other.clone(), other]);
    let service = "192.0.2.1:80".parse().expect("a pattern");
    let mut tracker = Tracker::new(watch(|watch| watch.services = vec![service]));
    assert_eq!(hear(&mut tracker, &[(0, ONE, &ours)]), []);
    let service = "192.0.2.1:81".parse().expect("an address and port");
    let alarm = Alarm::ForeignService { sender: ONE, service };
    assert_eq!(hear(&mut tracker, &[(1, ONE, &other)]), [raised(1, alarm)]);
    let any = "192.0.2.1".parse().expect("a pattern");
    let mut tracker = Tracker::new(watch(|watch| watch.services = vec![any]));
    assert_eq!(hear(&mut tracker, &[(1, ONE, &other)]), []);
}

#[test]
fn every_trouble_is_told_by_its_name() {
    let sound = usual();
    let mut broken = sound.clone();
    broken[4] = 2;
    let refused = message(Version::V1, 7, &[connection("10.9.0.1:1").state(99)]);
    let leftover = [&[0, 7, 0, 9, 0, 1, 0, 0][..], &[1]].concat();
    let long = (1..=50).map(|port| connection(&format!("10.9.0.1:{port}"))).collect::<Vec<_>>();
    let long = message(Version::V1, 7, &long);
    let cases: [(Trouble, &[u8]); 6] = [
        (Trouble::NoHeader, &[1, 2, 3]),
        (Trouble::WrongSize, &sound[..sound.len() - 1]),
        (Trouble::BrokenEntry, &broken),
        (Trouble::RefusedEntry, &refused),
        (Trouble::Leftover, &leftover),
        (Trouble::Oversized, &long),
    ];
    for (trouble, datagram) in cases {
        let mut tracker = Tracker::new(Watch::default());
        let heard = hear(&mut tracker, &[(0, ONE, datagram), (1, ONE, datagram)]);
        assert_eq!(heard, [raised(0, Alarm::Malformed { sender: ONE, trouble })]);
        let [stream] = &tracker.summary().streams[..] else { panic!("one stream") };
        assert_eq!(stream.stream.troubles.clone().into_iter().collect::<Vec<_>>(), [(trouble, 2)]);
    }
}

#[test]
fn silence_of_all_and_of_one_id_ends_with_a_message() {
    let mut tracker = Tracker::new(watch(|watch| watch.silence = Some(Duration::from_secs(10))));
    let tick = |tracker: &mut Tracker, second| -> Vec<_> {
        tracker.tick(Duration::from_secs(second)).into_iter().map(short).collect()
    };
    let (all, seven) = (Alarm::Silence { sync_id: None }, Alarm::Silence { sync_id: Some(7) });
    assert_eq!(tick(&mut tracker, 100), []);
    assert_eq!(tick(&mut tracker, 109), []);
    assert_eq!(tick(&mut tracker, 110), [raised(110, all)]);
    assert_eq!(tick(&mut tracker, 500), []);
    assert_eq!(hear(&mut tracker, &[(501, ONE, &usual())]), [cleared(501, all)]);
    assert_eq!(tick(&mut tracker, 510), []);
    let told = tracker.tick(Duration::from_secs(511));
    assert_eq!((told.len(), told[0].alarm, told[0].since.as_secs()), (1, seven, 501));
    assert_eq!(hear(&mut tracker, &[(512, ONE, &usual())]), [cleared(512, seven)]);
}

#[test]
fn a_new_watch_counts_from_then_on() {
    let mut tracker = Tracker::new(watch(|watch| {
        watch.known_senders = vec![ONE];
        watch.silence = Some(Duration::from_secs(10));
    }));
    let usual = usual();
    let silence = Alarm::Silence { sync_id: Some(7) };
    assert_eq!(hear(&mut tracker, &[(0, ONE, &usual[..])]), []);
    let ticked = |tracker: &mut Tracker, second| -> Vec<_> {
        tracker.tick(Duration::from_secs(second)).into_iter().map(short).collect()
    };
    assert_eq!(ticked(&mut tracker, 10), [raised(10, silence)]);
    // Of another group, with another master, and more patience.
    tracker.rewatch(watch(|watch| {
        watch.known_senders = vec![TWO];
        watch.sync_id = Some(8);
        watch.silence = Some(Duration::from_secs(20));
    }));
    assert_eq!(ticked(&mut tracker, 29), [cleared(10, silence)]);
    let nothing = Alarm::Silence { sync_id: None };
    assert_eq!(ticked(&mut tracker, 30), [raised(30, nothing)]);
    let mismatch = Alarm::SyncIdMismatch { sender: ONE, sync_id: 7, expected: 8 };
    let expected = [raised(31, Alarm::UnknownSender { sender: ONE }), raised(31, mismatch)];
    assert_eq!(hear(&mut tracker, &[(31, ONE, &usual[..])]), expected);
    assert_eq!(tracker.summary().messages, 2);
}

#[test]
fn names_are_those_of_json() {
    let troubles = [
        Trouble::NoHeader,
        Trouble::WrongSize,
        Trouble::UnknownVersion,
        Trouble::BrokenEntry,
        Trouble::RefusedEntry,
        Trouble::Leftover,
        Trouble::Oversized,
    ];
    for trouble in troubles {
        assert_eq!(serde_json::to_value(trouble).expect("JSON"), trouble.name());
    }
    let service = "192.0.2.1:80".parse().expect("an address");
    let alarms = [
        Alarm::TwoMasters { sync_id: 7, senders: [ONE, TWO] },
        Alarm::UnknownSender { sender: ONE },
        Alarm::MixedVersions { sync_id: 7, sender: ONE },
        Alarm::UnknownVersion { sender: ONE, version: 2 },
        Alarm::SyncIdMismatch { sender: ONE, sync_id: 7, expected: 8 },
        Alarm::ForeignService { sender: ONE, service },
        Alarm::Malformed { sender: ONE, trouble: Trouble::Leftover },
        Alarm::Silence { sync_id: None },
    ];
    assert_eq!(alarms.map(|alarm| alarm.name()), Alarm::NAMES);
    for alarm in alarms {
        assert_eq!(serde_json::to_value(alarm).expect("JSON")["alarm"], alarm.name());
    }
}

#[test]
fn services_read_back_as_they_are_written() {
    for text in ["192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80"] {
        assert_eq!(text.parse::<ServicePattern>().expect("a service").to_string(), text);
    }
}

#[test]
fn counts_of_a_stream() {
    let (short, long) = (
        usual(),
        message(Version::V1, 7, &[connection("10.9.0.1:1000"), connection("10.9.0.2:1")]),
    );
    let mut tracker = Tracker::new(Watch::default());
    hear(&mut tracker, &[(10, ONE, &short), (12, ONE, &long), (14, ONE, &short)]);
    let [one] = &tracker.summary().streams[..] else { panic!("one stream") };
    let stream = &one.stream;
    assert_eq!((stream.messages, stream.connections, stream.refreshes), (3, 4, 2));
    assert_eq!((stream.min_bytes, stream.max_bytes, stream.bytes), (44, 80, 168));
    assert_eq!((one.mean_bytes, stream.versions), (56.0, [0, 3]));
    let rates = one.per_second.expect("four seconds");
    assert_eq!((rates.messages, rates.connections, rates.bytes), (0.75, 1.0, 42.0));
    assert_eq!((stream.first_heard.as_secs(), stream.last_heard.as_secs()), (10, 14));
}

#[test]
fn the_mirror_keeps_entries_for_their_timeout() {
    let held = |tracker: &Tracker| {
        let mirror = tracker.summary().mirror;
        (mirror.held.connections, mirror.held.templates, mirror.expired)
    };
    let template = connection("10.9.0.1:0").flags(ConnectionFlags::TEMPLATE);
    let template = template.state(1).timeout(Duration::from_secs(300));
    let both = message(Version::V1, 7, &[connection("10.9.0.1:1"), template]);
    let closed = connection("10.9.0.1:1").state(TcpState::Close.number());
    let closed = message(Version::V1, 7, &[closed.timeout(Duration::ZERO)]);
    let mut tracker = Tracker::new(Watch::default());
    hear(&mut tracker, &[(0, ONE, &both)]);
    assert_eq!(held(&tracker), (1, 1, 0));
    // Closed: the default of ten seconds in place of the fifteen minutes.
    hear(&mut tracker, &[(100, ONE, &closed)]);
    tracker.tick(Duration::from_secs(109));
    assert_eq!(held(&tracker), (1, 1, 0));
    tracker.tick(Duration::from_secs(110));
    assert_eq!(held(&tracker), (0, 1, 1));
    tracker.tick(Duration::from_secs(299));
    assert_eq!(held(&tracker), (0, 1, 1));
    tracker.tick(Duration::from_secs(300));
    assert_eq!(held(&tracker), (0, 0, 2));
    // The same one of another group is another one.
    let eight = message(Version::V1, 8, &[connection("10.9.0.1:1")]);
    let seven = message(Version::V1, 7, &[connection("10.9.0.1:1")]);
    hear(&mut tracker, &[(301, ONE, &seven), (301, ONE, &eight)]);
    let [service] = &tracker.summary().mirror.services[..] else { panic!("one service") };
    assert_eq!(service.service.to_string(), "tcp/192.0.2.1:80");
    assert_eq!(service.held.connections, 2);
}

#[test]
fn a_flood_of_one_kind_of_alarm_leaves_room_for_others() {
    let mut tracker = Tracker::new(watch(|watch| watch.known_senders = vec![ONE, TWO]));
    let second = Duration::from_secs(1);
    for number in 0..2000u32 {
        let sender = IpAddr::V4(Ipv4Addr::from_bits(0x0b00_0000 + number));
        tracker.receive(second, sender, GROUP, &usual());
    }
    let summary = tracker.summary();
    assert_eq!((summary.alarms.len(), summary.alarms_untold), (MAX_ALARMS, 2000 - 1024));
    let told = hear(
        &mut tracker,
        &[(2, ONE, &usual()), (2, TWO, &usual()), (3, ONE, &usual()), (3, TWO, &usual())],
    );
    assert!(told.iter().any(|event| matches!(event.2, Alarm::TwoMasters { .. })), "{told:?}");
}

#[test]
fn the_mirror_is_bounded_and_unknown_senders_have_no_place_in_it() {
    let flood = |sender| {
        let mut tracker = Tracker::new(watch(|watch| {
            watch.known_senders = vec![ONE];
            watch.max_connections = 100;
        }));
        for port in 1..=200 {
            let entry = connection(&format!("10.9.0.1:{port}"));
            let entry = entry.timeout(Duration::from_secs(u32::MAX.into()));
            hear(&mut tracker, &[(1, sender, &message(Version::V1, 7, &[entry]))]);
        }
        hear(&mut tracker, &[(2, ONE, &usual())]);
        let summary = tracker.summary();
        let counted: u64 = summary.streams.iter().map(|one| one.stream.connections).sum();
        assert_eq!(counted, 201);
        (summary.mirror.held.connections, summary.mirror.unkept)
    };
    assert_eq!(flood(ONE), (100, 101));
    assert_eq!(flood(ROGUE), (1, 0));
}

#[test]
fn senders_that_come_and_go_take_bounded_room() {
    let mut tracker = Tracker::new(watch(|watch| {
        watch.known_senders = vec![ONE];
        watch.max_connections = 100;
    }));
    for number in 0..20_000u32 {
        let [a, b, c, d] = number.to_be_bytes();
        let sender = IpAddr::V4(Ipv4Addr::new(11 + a, b, c, d));
        let client = format!("10.9.0.1:{}", number % 60_000);
        let datagram = message(Version::V1, d, &[connection(&client)]);
        let to = SocketAddr::new(GROUP.ip(), c.into());
        tracker.receive(Duration::from_millis(number.into()), sender, to, &datagram);
        if number < 10_000 {
            continue;
        }
        // The room is taken when the known one is heard first.
        let to = SocketAddr::new(GROUP.ip(), (number % 1000) as u16);
        tracker.receive(Duration::from_millis(number.into()), ONE, to, &usual());
    }
    let summary = tracker.summary();
    assert_eq!(summary.streams.len(), MAX_STREAMS + 1, "the known one always has room");
    let known = summary.streams.iter().find(|one| one.key.sender == ONE).expect("kept");
    assert_eq!(
        (known.stream.messages, known.stream.destinations.len()),
        (10_000, MAX_DESTINATIONS)
    );
    assert_eq!(summary.alarms.len(), MAX_ALARMS);
    let mirror = summary.mirror;
    assert_eq!((mirror.held.connections, mirror.unkept), (1, 0), "only what the known one sent");
    assert!(summary.untracked > 18_000 && summary.alarms_untold > 18_000);
    let kept: u64 = summary.streams.iter().map(|one| one.stream.messages).sum();
    assert_eq!(kept + summary.untracked, 30_000);
    // When the flood is over, others find room again.
    let later = tracker.receive(Duration::from_secs(3600), ROGUE, GROUP, &usual());
    assert!(later.iter().any(|event| event.alarm == Alarm::UnknownSender { sender: ROGUE }));
    assert!(tracker.summary().streams.iter().any(|one| one.key.sender == ROGUE));
}

proptest! {
    #[test]
    fn any_datagrams_are_counted_and_alarms_begin_before_they_end(
        script in proptest::collection::vec(
            (0u64..200, 0u8..4, proptest::collection::vec(any::<u8>(), 0..60), any::<bool>()),
            0..40,
        )
    ) {
        let mut tracker = Tracker::new(watch(|watch| {
            watch.known_senders = vec![ONE, TWO];
            watch.silence = Some(Duration::from_secs(5));
            watch.sync_id = Some(7);
        }));
        let mut active = std::collections::BTreeSet::new();
        let number = script.len() as u64;
        let mut time = 0;
        for (gap, sender, mut datagram, sound) in script {
            time += gap;
            if sound && datagram.len() >= 8 {
                let size = (datagram.len() as u16).to_be_bytes();
                let count = datagram[4] % 3;
                datagram[..8].copy_from_slice(&[0, 7, size[0], size[1], count, 1, 0, 0]);
            }
            let sender = IpAddr::V4(Ipv4Addr::new(10, 0, 0, sender));
            for event in tracker.receive(Duration::from_secs(time), sender, GROUP, &datagram) {
                prop_assert!(event.since <= event.at);
                let fits = match event.change {
                    Change::Raised => active.insert(event.alarm),
                    Change::Cleared => active.remove(&event.alarm),
                };
                prop_assert!(fits, "{:?}", event);
            }
        }
        let summary = tracker.summary();
        let lasting = summary.alarms.iter().map(|one| one.alarm);
        prop_assert!(lasting.eq(active));
        let messages: u64 = summary.streams.iter().map(|one| one.stream.messages).sum();
        prop_assert_eq!((messages, summary.messages), (number, number));
    }
}

#[test]
fn gaps_sizes_and_refreshes_are_told() {
    let mut tracker = Tracker::new(Watch::default());
    let usual = usual();
    let script = [0, 10, 10, 40, 41].map(|second| (second, ONE, &usual[..]));
    assert_eq!(hear(&mut tracker, &script), []);
    let summary = tracker.summary();
    let stream = &summary.streams[0].stream;
    assert_eq!((stream.longest_gap, stream.refreshes), (Duration::from_secs(30), 4));
    let filled = |histogram: &Histogram| histogram.steps().filter(|step| step.1 > 0).collect();
    let (sizes, refreshes): (Vec<_>, Vec<_>) =
        (filled(&stream.sizes), filled(&stream.refresh_seconds));
    assert_eq!(sizes, [(Some(64), 5)]);
    assert_eq!(refreshes, [(Some(1), 2), (Some(10), 1), (Some(30), 1)]);
    // The last whole second is the one from 40 to 41.
    let second = summary.streams[0].recent.second.expect("it was watched");
    assert_eq!((second.messages, second.connections), (1.0, 1.0));
    assert_eq!(summary.recent, summary.streams[0].recent);
}

#[test]
fn what_was_heard_is_known_until_it_expires() {
    let mut tracker = Tracker::new(Watch::default());
    let key = ConnectionKey::of(&connection("10.9.0.1:1000"));
    assert_eq!(tracker.heard(None, &key), None);
    assert_eq!(hear(&mut tracker, &[(3, ONE, &usual()), (5, ONE, &usual())]), []);
    let five = Some(Duration::from_secs(5));
    assert_eq!([None, Some(7), Some(8)].map(|id| tracker.heard(id, &key)), [five, five, None]);
    assert_eq!(tracker.heard(None, &ConnectionKey { template: true, ..key.clone() }), None);
    tracker.tick(Duration::from_secs(905));
    assert_eq!(tracker.heard(None, &key), None);
}

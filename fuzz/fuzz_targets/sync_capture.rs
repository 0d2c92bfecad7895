// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any bytes as a capture: no reader panics, every packet is counted once, alarms begin before they
//! end, and what is kept stays within its limits.
#![no_main]

use std::collections::BTreeSet;
use std::time::Duration;

use ipvs_syncd::capture::{self, CaptureError, Contents};
use ipvs_syncd::tracker::{Alarm, AlarmEvent, Change, MAX_ALARMS, MAX_STREAMS, Tracker, Watch};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut watch = Watch::default();
    watch.known_senders.extend("10.3.0.1".parse::<std::net::IpAddr>());
    watch.services.extend("10.1.0.100".parse::<ipvs_syncd::tracker::ServicePattern>());
    watch.sync_id = Some(7);
    watch.silence = Some(Duration::from_secs(10));
    watch.max_connections = 64;
    let mut tracker = Tracker::new(watch);
    let mut active = BTreeSet::new();
    let read = capture::read(
        input,
        |_| true,
        |udp| {
            follow(&mut active, tracker.receive(udp.time, udp.from.ip(), udp.to, udp.payload));
            Ok::<(), CaptureError>(())
        },
    );
    let Ok(contents) = read else { return };
    let Contents { packets, wanted, foreign, cut, fragments, unreadable, .. } = contents;
    assert_eq!(packets, wanted + foreign + cut + fragments + unreadable);
    follow(&mut active, tracker.tick(contents.last.unwrap_or_default()));
    let summary = tracker.summary();
    assert_eq!(summary.messages, wanted);
    assert!(summary.streams.len() <= MAX_STREAMS + 257);
    assert!(active.len() <= MAX_ALARMS * Alarm::NAMES.len());
    assert!(summary.mirror.held.connections + summary.mirror.held.templates <= 64);
    assert!(summary.alarms.iter().map(|one| one.alarm).eq(active));
    serde_json::to_string(&summary).expect("serialises");
});

fn follow(active: &mut BTreeSet<Alarm>, events: Vec<AlarmEvent>) {
    for AlarmEvent { change, alarm, .. } in events {
        let fits = match change {
            Change::Raised => active.insert(alarm),
            Change::Cleared => active.remove(&alarm),
        };
        assert!(fits, "{change:?} {alarm}");
    }
}

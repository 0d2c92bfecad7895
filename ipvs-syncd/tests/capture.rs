// SPDX-License-Identifier: MIT OR Apache-2.0
//! Captures: of live kernels, of every link and format, damaged ones.

mod support;

use std::fs;
use std::time::Duration;

use ipvs_syncd::capture::{self, CaptureError, Contents};
use ipvs_syncd::tracker::{Tracker, Watch};
use proptest::prelude::*;
use support::pcap::{Packet, ethernet, ip, pcap, pcap_big, pcapng};
use support::{KERNELS, captures};

const FROM: &str = "10.0.0.1:40000";
const GROUP: &str = "224.0.0.81:8848";
const EMPTY: [u8; 8] = [0, 7, 0, 8, 0, 1, 0, 0];

/// The datagrams to port 8848 to 8911: time, sender, payload.
type Found = Vec<(Duration, String, Vec<u8>)>;

fn read(file: &[u8]) -> Result<(Found, Contents), CaptureError> {
    let mut found = Vec::new();
    let contents = capture::read(
        file,
        |port| (8848..=8911).contains(&port),
        |udp| {
            found.push((udp.time, udp.from.to_string(), udp.payload.to_vec()));
            Ok::<(), CaptureError>(())
        },
    )?;
    assert_eq!(found.len() as u64, contents.wanted);
    let Contents { packets, wanted, foreign, cut, fragments, unreadable, .. } = contents;
    assert_eq!(packets, wanted + foreign + cut + fragments + unreadable);
    Ok((found, contents))
}

fn live(kernel: &str) -> Vec<u8> {
    fs::read(support::pcap(kernel)).expect("the fixture")
}

#[test]
fn every_datagram_of_the_fixtures_is_in_the_capture_of_its_kernel() {
    for kernel in KERNELS {
        let (found, contents) = read(&live(kernel)).expect("a capture");
        assert_eq!((contents.packets, contents.wanted, contents.truncated), (32, 32, false));
        let mut left: Vec<_> = found.into_iter().map(|(_, _, payload)| payload).collect();
        for capture in captures(kernel) {
            for datagram in capture.datagrams {
                let place = left.iter().position(|payload| *payload == datagram);
                left.remove(place.unwrap_or_else(|| panic!("{kernel} {}", capture.name)));
            }
        }
        assert_eq!(left, Vec::<Vec<u8>>::new(), "{kernel}: nothing else is in it");
    }
}

/// Sender, sync id, messages of each version, entries, bytes.
type Counts = (&'static str, u8, [u64; 2], u64, u64);

/// Counted from the captures by other means.
const BY_HAND: [(&str, [Counts; 4]); 3] = [
    (
        "6.1",
        [
            ("10.2.0.1", 3, [1, 1], 3, 186),
            ("10.3.0.1", 0, [0, 6], 12, 480),
            ("10.3.0.1", 7, [8, 12], 88, 3832),
            ("fe80::1c27:f1ff:fec5:9e31", 255, [0, 4], 24, 896),
        ],
    ),
    (
        "6.12",
        [
            ("10.2.0.1", 3, [1, 1], 3, 186),
            ("10.3.0.1", 0, [0, 6], 12, 480),
            ("10.3.0.1", 7, [8, 12], 88, 3820),
            ("fe80::f0da:5ff:fe8a:102e", 255, [0, 4], 24, 896),
        ],
    ),
    (
        "7.2",
        [
            ("10.2.0.1", 3, [1, 1], 3, 186),
            ("10.3.0.1", 0, [0, 6], 12, 480),
            ("10.3.0.1", 7, [8, 12], 88, 3820),
            ("fe80::a8c2:49ff:fec4:4b7", 255, [0, 4], 24, 896),
        ],
    ),
];

#[test]
fn counts_and_summaries_of_live_kernels() {
    for (kernel, expected) in BY_HAND {
        let mut tracker = Tracker::new(Watch::default());
        capture::read(
            &*live(kernel),
            |_| true,
            |udp| {
                tracker.receive(udp.time, udp.from.ip(), udp.to, udp.payload);
                Ok::<(), CaptureError>(())
            },
        )
        .expect("a capture");
        let summary = tracker.summary();
        let counted = summary.streams.iter().map(|one| {
            let id = one.key.sync_id.expect("readable");
            let stream = &one.stream;
            assert!(stream.troubles.is_empty(), "{:?}", stream.troubles);
            (one.key.sender.to_string(), id, stream.versions, stream.connections, stream.bytes)
        });
        let expected = expected.map(|(sender, id, versions, entries, bytes)| {
            (sender.to_owned(), id, versions, entries, bytes)
        });
        assert_eq!(counted.collect::<Vec<_>>(), expected, "{kernel}");
        insta::assert_json_snapshot!(format!("summary-{kernel}"), summary);
    }
}

fn cooked(ip: &[u8]) -> Vec<u8> {
    [&[0; 14][..], &[8, 0], ip].concat()
}

fn cooked_2(ip: &[u8]) -> Vec<u8> {
    [&[8, 0][..], &[0; 18], ip].concat()
}

fn vlan(frame: &[u8]) -> Vec<u8> {
    [&frame[..12], &[0x81, 0, 0, 5], &frame[12..]].concat()
}

#[test]
fn every_format_and_link_gives_the_same() {
    let time = 1_795_227_472_123_000;
    let bare = ip(FROM, GROUP, &EMPTY);
    let frame = ethernet(FROM, GROUP, &EMPTY);
    let links = [
        (1, frame.clone()),
        (1, vlan(&frame)),
        (101, bare.clone()),
        (228, bare.clone()),
        (113, cooked(&bare)),
        (276, cooked_2(&bare)),
    ];
    for (link, data) in links {
        let packets = [(time, data)];
        let files = [pcap(link, &packets), pcap_big(link, &packets), pcapng(link as u16, &packets)];
        for (format, file) in files.iter().enumerate() {
            let (found, contents) = read(file).expect("a capture");
            let expected = (Duration::from_micros(time), FROM.to_owned(), EMPTY.to_vec());
            assert_eq!(found, [expected], "link {link} format {format}");
            assert!(!contents.truncated);
        }
    }
    let six = ip("[fe80::1]:40000", "[ff02::51]:8850", &EMPTY);
    let (found, _) = read(&pcap(229, &[(0, six)])).expect("a capture");
    assert_eq!(found, [(Duration::ZERO, "[fe80::1]:40000".to_owned(), EMPTY.to_vec())]);
}

#[test]
fn what_is_no_message_is_counted() {
    let wanted = ethernet(FROM, GROUP, &EMPTY);
    let mut fragment = wanted.clone();
    fragment[20] = 0x20;
    let mut tcp = wanted.clone();
    tcp[23] = 6;
    let arp = [&[0; 12][..], &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1], &[0; 20]].concat();
    let packets: Vec<Packet> = [
        wanted.clone(),
        fragment,
        tcp,
        arp,
        ethernet(FROM, "224.0.0.81:53", &EMPTY),
        wanted[..wanted.len() - 1].to_vec(),
        wanted[..20].to_vec(),
        wanted[..3].to_vec(),
    ]
    .into_iter()
    .map(|data| (0, data))
    .collect();
    let (_, contents) = read(&pcap(1, &packets)).expect("a capture");
    let Contents { wanted, foreign, cut, fragments, unreadable, .. } = contents;
    assert_eq!((wanted, foreign, cut, fragments, unreadable), (1, 3, 1, 1, 2));
    let (_, contents) = read(&pcap(147, &packets)).expect("a capture");
    assert_eq!((contents.wanted, contents.unreadable), (0, 8), "an unknown link");
}

#[test]
fn a_file_cut_anywhere_gives_what_is_whole() {
    let packets = [1, 2, 3].map(|time| (time, ethernet(FROM, GROUP, &EMPTY)));
    for write in [|some: &[Packet]| pcap(1, some), |some: &[Packet]| pcapng(1, some)] {
        let file = write(&packets);
        let (whole, _) = read(&file).expect("a capture");
        assert_eq!(whole.len(), 3);
        // Between packets, and in pcapng after the header of the section.
        let mut ends: Vec<_> = (0..=3).map(|number| write(&packets[..number]).len()).collect();
        if file[0] == 0x0a {
            ends.push(28);
        }
        for length in 0..file.len() {
            match read(&file[..length]) {
                Ok((found, contents)) => {
                    assert!(whole.starts_with(&found));
                    let complete = ends[..4].iter().filter(|end| **end <= length).count();
                    assert_eq!(found.len(), complete.saturating_sub(1), "{length}");
                    assert_eq!(contents.truncated, !ends.contains(&length), "{length}");
                }
                Err(error) => assert!(length < 28, "{length}: {error}"),
            }
        }
    }
    assert_eq!(read(b"").err(), Some(CaptureError::Empty));
    assert_eq!(read(b"no capture at all, but a text").err(), Some(CaptureError::Format));
}

fn any_file() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..200);
    let packets = || proptest::collection::vec((any::<u64>(), bytes()), 0..8);
    let link = || prop_oneof![Just(1u16), Just(101), Just(113), Just(276), any::<u16>()];
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12);
    let live = (any::<prop::sample::Selector>(), damage).prop_map(|(kernel, damage)| {
        let mut file = live(kernel.select(KERNELS));
        for (place, byte) in damage {
            let place = place.index(file.len());
            file[place] = byte;
        }
        file
    });
    prop_oneof![
        bytes(),
        (link(), packets()).prop_map(|(link, packets)| pcap(link.into(), &packets)),
        (link(), packets()).prop_map(|(link, packets)| pcap_big(link.into(), &packets)),
        (link(), packets(), bytes())
            .prop_map(|(link, packets, more)| { [pcapng(link, &packets), more].concat() }),
        live,
    ]
}

proptest! {
    #[test]
    fn no_bytes_panic(file in any_file()) {
        let mut tracker = Tracker::new(Watch::default());
        let contents = capture::read(&*file, |_| true, |udp| {
            tracker.receive(udp.time, udp.from.ip(), udp.to, udp.payload);
            Ok::<(), CaptureError>(())
        });
        let wanted = contents.map_or(tracker.summary().messages, |contents| contents.wanted);
        prop_assert_eq!(tracker.summary().messages, wanted);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes that are cut off, changed or made up never panic, and errors say where.

use proptest::collection::vec;
use proptest::prelude::*;

use super::fixture;
use crate::wire::frame::{Answer, Frame, Frames};
use crate::wire::{decode, fuzzing};

#[test]
fn every_capture_cut_off_anywhere() {
    let mut cuts = 0;
    for fixture in fixture::everything() {
        for datagram in fixture.sent.iter().chain(&fixture.received) {
            // Long dumps repeat themselves: their start is enough.
            for len in 0..=datagram.len().min(500) {
                fuzzing::datagram(&datagram[..len]);
                cuts += 1;
            }
        }
    }
    assert!(cuts > 40_000, "only {cuts}");
}

#[test]
fn every_captured_attribute_cut_off_anywhere() {
    for fixture in fixture::everything() {
        for datagram in fixture.sent.iter().chain(&fixture.received) {
            let frame = Frames::new(datagram).next().expect("a message").expect("well framed");
            let attributes = frame.payload.get(4..).unwrap_or_default();
            for len in 0..=attributes.len() {
                fuzzing::attributes(frame.payload[0], &attributes[..len]);
            }
        }
    }
}

#[test]
fn a_cut_off_message_is_an_error_and_what_came_before_it_is_not() {
    let fixture = fixture::read("linux-7.2", "get_service_dump_two");
    let datagram = &fixture.received[0];
    let whole: Vec<_> = Frames::new(datagram).collect::<Result<_, _>>().expect("well framed");
    assert_eq!(whole.len(), 2);
    for len in 1..datagram.len() {
        let frames: Vec<_> = Frames::new(&datagram[..len]).collect();
        let first = whole[0].payload.len() + 16;
        let (good, bad) = frames.split_at(len / first);
        let good: Vec<_> = good.iter().map(|frame| frame.clone().expect("whole")).collect();
        assert_eq!(good, whole[..good.len()], "{len}");
        match bad {
            [] => assert_eq!(len % first, 0),
            [Err(error)] => assert_eq!(error.offset, good.len() * first, "{len}"),
            _ => panic!("{len}: {bad:?}"),
        }
    }
}

#[test]
fn the_truncated_attributes_of_a_service_are_an_error_with_its_place() {
    let fixture = fixture::read("linux-7.2", "get_service_one_v6");
    let frame = Frames::new(&fixture.received[0]).next().expect("one").expect("well framed");
    let Ok(Answer::Data { attributes, .. }) = frame.answer() else { panic!("a service") };
    assert!(decode::service(attributes).is_ok());
    for len in 0..attributes.len() {
        let error = decode::service(&attributes[..len]).expect_err("incomplete");
        assert!(error.offset <= len, "{len}: {error}");
    }
}

#[test]
fn framing_errors_name_the_lengths() {
    let text = |bytes: &[u8]| {
        let error = Frames::new(bytes).next().expect("something").expect_err("damaged");
        error.to_string()
    };
    assert_eq!(text(&[0; 3]), "netlink message at byte 0: 3 bytes where at least 16 are needed");
    assert_eq!(text(&[0; 16]), "netlink message at byte 0: length 0 with 16 bytes left");
    let mut long = [0; 16];
    long[0] = 17;
    assert_eq!(text(&long), "netlink message at byte 0: length 17 with 16 bytes left");
    assert_eq!(Frames::new(&[0; 32]).count(), 1, "nothing after an error");

    let frame = |kind, payload| Frame { kind, flags: 0, seq: 0, port: 0, payload };
    let error = |kind, payload| frame(kind, payload).answer().expect_err("damaged").to_string();
    assert_eq!(error(2, &[0; 2]), "NLMSG_ERROR at byte 16: 2 bytes where at least 4 are needed");
    assert_eq!(
        error(2, &[5, 0, 0, 0]),
        "NLMSG_ERROR at byte 16: 5, expected 0 or a negative errno"
    );
    assert_eq!(
        error(34, &[1, 1]),
        "generic netlink header at byte 16: 2 bytes where at least 4 are needed"
    );
    assert_eq!(frame(1, &[]).answer(), Ok(Answer::Other), "NLMSG_NOOP");
    assert_eq!(frame(4, &[]).answer(), Ok(Answer::Other), "NLMSG_OVERRUN");
    let done = Answer::Done { errno: None, ext_ack: None };
    assert_eq!(frame(3, &[]).answer(), Ok(done), "without a status");
    let least = Answer::Nack { errno: crate::Errno(i32::MAX), ext_ack: None };
    assert_eq!(frame(2, &i32::MIN.to_ne_bytes()).answer(), Ok(least));
}

/// A datagram of a capture.
fn captured() -> impl Strategy<Value = Vec<u8>> {
    let all = fixture::everything().into_iter().flat_map(|f| [f.sent, f.received].concat());
    proptest::sample::select(all.collect::<Vec<_>>())
}

/// Attributes that are well framed, with nests, but mean nothing.
fn framed() -> impl Strategy<Value = Vec<u8>> {
    let attribute = |(kind, payload): (u16, Vec<u8>)| {
        let mut bytes = (payload.len() as u16 + 4).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(payload);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let leaf = (0..20_u16, vec(any::<u8>(), 0..20)).prop_map(attribute);
    leaf.prop_recursive(3, 60, 16, move |inner| {
        (0..20_u16, vec(inner, 0..16)).prop_map(move |(kind, all)| attribute((kind, all.concat())))
    })
}

proptest! {
    #[test]
    fn made_up_bytes_never_panic(command: u8, bytes in vec(any::<u8>(), 0..400)) {
        fuzzing::datagram(&bytes);
        fuzzing::attributes(command, &bytes);
    }

    #[test]
    fn made_up_attributes_never_panic(command: u8, bytes in framed()) {
        fuzzing::attributes(command, &bytes);
    }

    #[test]
    fn changed_captures_never_panic(
        mut bytes in captured(), changes in vec(any::<(prop::sample::Index, u8)>(), 1..9),
    ) {
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        fuzzing::datagram(&bytes);
    }
}

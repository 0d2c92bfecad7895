// SPDX-License-Identifier: MIT OR Apache-2.0
//! Enums of attributes against traffic of live kernels and of the C tool.

use netlink_packet_core::{DefaultNla, Emitable, NlaBuffer, Parseable};

use super::fixture;
use crate::wire::frame::{Frame, Frames};
use crate::wire::lossless::payload::Attribute;
use crate::wire::number::{controller, netlink};
use crate::wire::*;

/// The messages of the family in some datagrams: command, attributes.
fn messages(datagrams: &[Vec<u8>]) -> Vec<(u8, &[u8])> {
    let frames = datagrams.iter().flat_map(|datagram| Frames::new(datagram));
    let frames = frames.map(|frame| frame.expect("well framed"));
    let ours = |frame: &Frame<'_>| frame.kind > controller::FAMILY;
    frames.filter(ours).map(|frame| (frame.payload[0], &frame.payload[4..])).collect()
}

fn parsed(command: u8, attributes: &[u8]) -> IpvsMessage {
    let header = netlink_packet_generic::GenlHeader { cmd: command, version: 1 };
    netlink_packet_core::ParseableParametrized::parse_with_param(attributes, header)
        .expect("attributes")
}

fn emitted(message: &impl Emitable) -> Vec<u8> {
    let mut bytes = vec![0; message.buffer_len()];
    message.emit(&mut bytes);
    bytes
}

#[test]
fn every_captured_message_is_written_again_to_the_bit() {
    let (mut requests, mut answers) = (0, 0);
    for fixture in fixture::everything() {
        for (count, datagrams) in
            [(&mut requests, &fixture.sent), (&mut answers, &fixture.received)]
        {
            for (command, attributes) in messages(datagrams) {
                let message = parsed(command, attributes);
                assert_eq!(emitted(&message), attributes, "{}: {message:?}", fixture.name);
                *count += 1;
            }
        }
    }
    assert_eq!((requests, answers), (181, 300), "as many as the captures hold");
}

#[test]
fn every_attribute_in_an_answer_is_known() {
    for fixture in fixture::everything() {
        for (command, attributes) in messages(&fixture.received) {
            let text = format!("{:?}", parsed(command, attributes));
            assert!(!text.contains("Other"), "{}: {text}", fixture.name);
        }
    }
}

#[test]
fn the_nests_of_the_c_tool_are_flagged_and_those_of_the_kernel_are_not() {
    let flagged = |datagrams: &[Vec<u8>]| -> Vec<bool> {
        let attributes = messages(datagrams).into_iter().flat_map(|(c, a)| parsed(c, a).attributes);
        let nests = attributes.filter_map(|attribute| match attribute {
            IpvsAttribute::Service(nest) => Some(nest.flagged),
            IpvsAttribute::Dest(nest) => Some(nest.flagged),
            _ => None,
        });
        nests.collect()
    };
    assert_eq!(flagged(&fixture::read("ipvsadm-1.31", "a_masq").sent), [true, true]);
    assert!(flagged(&fixture::read("linux-7.2", "get_service_dump_two").received) == [false; 2]);
}

/// One attribute as bytes.
fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
    emitted(&DefaultNla::new(kind, payload.to_vec()))
}

fn read<A>(bytes: &[u8]) -> A
where
    A: Attribute + for<'a> Parseable<NlaBuffer<&'a [u8]>>,
{
    let read = A::parse(&NlaBuffer::new(bytes)).expect("well framed");
    assert_eq!(emitted(&read), bytes);
    read
}

#[test]
fn what_would_not_be_written_the_same_is_kept_as_it_is() {
    let other = |kind: u16, payload: &[u8]| {
        let kept = ServiceAttribute::Other(DefaultNla::new(kind, payload.to_vec()));
        assert_eq!(read::<ServiceAttribute>(&attribute(kind, payload)), kept);
    };
    other(1, &[2]); // too short
    other(1, &[2, 0, 0]); // longer than needed
    other(1 | netlink::F_NESTED, &[2, 0]); // no nest
    other(6, b"rr"); // no NUL
    other(6, b"rr\0\0"); // two
    other(6, b"sixteen-letters!\0"); // longer than a scheduler's name
    other(7, &[1, 0, 0, 0]); // flags without mask
    other(10, &[5, 0, 1, 0, 9, 1, 1, 1]); // padded with something
    other(10, &[5, 0, 1, 0, 9]); // not padded at all
    other(10, &[9, 0, 1, 0, 9, 0, 0, 0]); // longer than what holds it
    other(11, b"\0"); // the C tool's "no engine"
    other(13, &[1, 2, 3]); // from the future
    other(0, &[]);
}

#[test]
fn both_flags_of_an_attribute_survive() {
    let mut bytes = vec![6, 0, 1, 0xc0, 2, 0, 0, 0];
    assert_eq!(emitted(&parsed(12, &bytes)), bytes);
    bytes.splice(..0, [12, 0, 1, 0x80]);
    assert_eq!(emitted(&parsed(1, &bytes)), bytes);
}

#[test]
fn the_same_number_means_something_else_in_an_info_message() {
    let bytes = attribute(1, &0x010201_u32.to_ne_bytes());
    let version = IpvsAttribute::Info(InfoAttribute::Version(0x010201));
    assert_eq!(parsed(14, &bytes).attributes, [version]);
    let other = IpvsAttribute::Other(DefaultNla::new(1, 0x010201_u32.to_ne_bytes().to_vec()));
    assert_eq!(parsed(1, &bytes).attributes, [other]);
}

#[test]
fn a_buffer_that_was_not_checked_is_an_error_and_no_panic() {
    for bytes in [&[][..], &[8, 0, 1], &[3, 0, 1, 0], &[9, 0, 1, 0, 1, 2, 3, 4]] {
        assert!(ServiceAttribute::parse(&NlaBuffer::new(bytes)).is_err(), "{bytes:?}");
        assert!(IpvsAttribute::parse(&NlaBuffer::new(bytes)).is_err(), "{bytes:?}");
    }
}

#[test]
fn a_nest_of_the_greatest_length_is_written_again() {
    // Its last attribute is not padded: padded it would not fit.
    let mut payload = attribute(13, &vec![1; 65_520]);
    payload.extend([7, 0, 13, 0, 1, 2, 3]);
    let mut bytes = (payload.len() as u16 + 4).to_ne_bytes().to_vec();
    bytes.extend(1_u16.to_ne_bytes());
    bytes.extend(&payload);
    bytes.push(0);
    assert_eq!(payload.len() + 4, 65_535);
    assert!(matches!(read::<IpvsAttribute>(&bytes), IpvsAttribute::Other(_)));
}

#[test]
fn every_command_has_one_number() {
    for number in 0..=u8::MAX {
        let command = Command::from(number);
        assert_eq!(u8::from(command), number);
        assert_eq!(matches!(command, Command::Other(_)), !(1..=17).contains(&number));
    }
}

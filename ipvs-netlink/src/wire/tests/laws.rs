// SPDX-License-Identifier: MIT OR Apache-2.0
//! Laws: the direct codec and the enums of attributes agree on every value.

use ipvs_types::Family;
use netlink_packet_core::{NetlinkMessage, ParseableParametrized};
use netlink_packet_generic::{GenlHeader, GenlMessage};
use proptest::prelude::*;

use super::answer::{self, bytes};
use super::strategy;
use crate::Request;
use crate::wire::frame::{Answer, Frame, Frames};
use crate::wire::{IpvsMessage, decode, encode, meaning};

/// The only message in `datagram`, and its meaning to the enums.
fn only(datagram: &[u8]) -> (Frame<'_>, IpvsMessage) {
    let mut frames = Frames::new(datagram);
    let frame = frames.next().expect("a message").expect("well framed");
    assert!(frames.next().is_none(), "one message");
    let Ok(Answer::Data { command, attributes }) = frame.answer() else { panic!("a family's") };
    (frame, parsed(command, attributes))
}

fn parsed(command: u8, attributes: &[u8]) -> IpvsMessage {
    let header = GenlHeader { cmd: command, version: 1 };
    IpvsMessage::parse_with_param(attributes, header).expect("attributes")
}

fn encoded(request: &Request, ack: bool) -> Vec<u8> {
    let mut out = Vec::new();
    encode::request(&mut out, 34, 7, ack, request).expect("a value that can be sent");
    out
}

proptest! {
    #[test]
    fn a_request_means_what_was_asked(request in strategy::request(), ack: bool) {
        let out = encoded(&request, ack);
        let (frame, message) = only(&out);
        prop_assert_eq!((frame.kind, frame.seq, frame.port), (34, 7, 0));
        prop_assert_eq!(frame.flags & !0x300, if ack { 5 } else { 1 });
        prop_assert_eq!(frame.payload[1..4].to_vec(), vec![1, 0, 0]);
        prop_assert_eq!(meaning::request(frame.flags, &message), Some(request));
        prop_assert!(!format!("{message:?}").contains("Other("), "{:?}", message);
    }

    #[test]
    fn the_enums_write_a_request_to_the_same_bytes(request in strategy::request()) {
        let out = encoded(&request, true);
        let (frame, message) = only(&out);
        let mut generic = GenlMessage::from_payload(message);
        generic.set_resolved_family_id(34);
        let mut written = NetlinkMessage::from(generic);
        (written.header.flags, written.header.sequence_number) = (frame.flags, frame.seq);
        written.finalize();
        let mut buffer = vec![0; written.buffer_len()];
        written.serialize(&mut buffer);
        prop_assert_eq!(buffer, out);
    }

    #[test]
    fn requests_follow_each_other_without_gaps(
        requests in proptest::collection::vec(strategy::request(), 1..5),
    ) {
        let mut batch = Vec::new();
        for (request, seq) in requests.iter().zip(1..) {
            encode::request(&mut batch, 34, seq, false, request).expect("a value to send");
            prop_assert_eq!(batch.len() % 4, 0);
        }
        let frames: Vec<_> = Frames::new(&batch).collect::<Result<_, _>>().expect("well framed");
        prop_assert_eq!(frames.len(), requests.len());
        for ((frame, request), seq) in frames.iter().zip(&requests).zip(1..) {
            let message = parsed(frame.payload[0], &frame.payload[4..]);
            prop_assert_eq!(frame.seq, seq);
            prop_assert_eq!(meaning::request(frame.flags, &message), Some(*request));
        }
    }

    #[test]
    fn a_service_is_read_as_the_kernel_means_it(entry in strategy::service_entry()) {
        let message = answer::service_message(answer::service_attributes(&entry));
        let bytes = bytes(&message);
        prop_assert_eq!(&parsed(1, &bytes), &message);
        prop_assert_eq!(meaning::service(&message), Some(entry.clone()));
        prop_assert_eq!(decode::service(&bytes), Ok(entry));
    }

    #[test]
    fn a_destination_is_read_as_the_kernel_means_it(entry in strategy::dest_entry()) {
        let message = answer::dest_message(answer::dest_attributes(&entry));
        let bytes = bytes(&message);
        prop_assert_eq!(&parsed(5, &bytes), &message);
        prop_assert_eq!(meaning::dest(&message, Family::Ipv4), Some(entry.clone()));
        prop_assert_eq!(decode::dest(&bytes, Family::Ipv4), Ok(entry));
    }

    #[test]
    fn daemons_timeouts_and_facts_are_read_as_the_kernel_means_them(
        daemon in strategy::daemon(), timeouts in strategy::timeouts(), info in strategy::info(),
    ) {
        let message = answer::daemon_message(answer::daemon_attributes(&daemon));
        prop_assert_eq!(&parsed(9, &bytes(&message)), &message);
        prop_assert_eq!(meaning::daemon(&message), Some(daemon));
        prop_assert_eq!(decode::daemon(&bytes(&message)), Ok(daemon));

        let message = answer::timeouts_message(&timeouts);
        prop_assert_eq!(&parsed(12, &bytes(&message)), &message);
        prop_assert_eq!(meaning::timeouts(&message), Some(timeouts));
        prop_assert_eq!(decode::timeouts(&bytes(&message)), Ok(timeouts));

        let message = answer::info_message(&info);
        prop_assert_eq!(&parsed(14, &bytes(&message)), &message);
        prop_assert_eq!(meaning::info(&message), Some(info));
        prop_assert_eq!(decode::info(&bytes(&message)), Ok(info));
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Framing that no capture shows: odd lengths, and extended acks behind short echoes.

use crate::wire::frame::{Answer, Frame, Frames};
use crate::{Errno, ExtAck};

/// A message, not padded.
fn message(kind: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32 + 16).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend([7, 0, 0, 0, 9, 0, 0, 0]);
    bytes.extend(payload);
    bytes
}

#[test]
fn a_message_of_odd_length_is_padded_before_the_next() {
    let mut datagram = message(34, 2, &[1, 1, 0, 0, 5]);
    datagram.extend([0xff; 3]);
    datagram.extend(message(3, 2, &[0; 4]));
    let frames: Vec<_> = Frames::new(&datagram).collect::<Result<_, _>>().expect("well framed");
    let first = Frame { kind: 34, flags: 2, seq: 7, port: 9, payload: &datagram[16..21] };
    assert_eq!(frames[0], first);
    assert_eq!(frames[0].answer(), Ok(Answer::Data { command: 1, attributes: &[5] }));
    assert_eq!(frames[1].answer(), Ok(Answer::Done { errno: None, ext_ack: None }));
    assert_eq!(frames.len(), 2);
}

/// The answer to a refusal with the echo `echo` and an extended ack that says "no" about byte 20.
fn refusal(flags: u16, echo: &[u8]) -> Answer<'static> {
    let mut payload = (-22_i32).to_ne_bytes().to_vec();
    payload.extend(echo);
    payload.resize(payload.len().next_multiple_of(4), 0);
    payload.extend([7, 0, 1, 0, b'n', b'o', 0, 0]); // NLMSGERR_ATTR_MSG
    payload.extend([8, 0, 2, 0, 20, 0, 0, 0]); // NLMSGERR_ATTR_OFFS
    let bytes = message(2, flags, &payload);
    let frame = Frames::new(&bytes).next().expect("one").expect("well framed");
    match frame.answer().expect("an answer") {
        Answer::Nack { errno, ext_ack } => Answer::Nack { errno, ext_ack },
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_extended_ack_is_found_behind_the_echo() {
    let said = Some(ExtAck { message: Some("no".into()), offset: Some(20) });
    let explained = Answer::Nack { errno: Errno::EINVAL, ext_ack: said };
    let request = message(34, 5, &[1, 1, 0, 0, 5]);
    assert_eq!(refusal(0x200, &request), explained, "in full, of odd length");
    assert_eq!(refusal(0x300, &request[..16]), explained, "only the header");
    let silent = Answer::Nack { errno: Errno::EINVAL, ext_ack: None };
    assert_eq!(refusal(0x000, &request), silent, "not announced");
    assert_eq!(refusal(0x200, &[0xff; 16]), silent, "an echo longer than the message");
}

#[test]
fn a_dump_that_broke_off_says_why() {
    let mut payload = (-105_i32).to_ne_bytes().to_vec();
    payload.extend([7, 0, 1, 0, b'n', b'o', 0, 0]);
    let bytes = message(3, 0x202, &payload);
    let frame = Frames::new(&bytes).next().expect("one").expect("well framed");
    let said = Some(ExtAck { message: Some("no".into()), offset: None });
    assert_eq!(frame.answer(), Ok(Answer::Done { errno: Some(Errno::ENOBUFS), ext_ack: said }));
}

#[test]
fn a_damaged_extended_ack_does_not_hide_the_error_number() {
    let mut payload = (-22_i32).to_ne_bytes().to_vec();
    payload.extend([0; 16]);
    payload.extend([8, 0, 2, 0, 20, 0, 0, 0, 99, 0, 1, 0, b'n']);
    let bytes = message(2, 0x300, &payload);
    let frame = Frames::new(&bytes).next().expect("one").expect("well framed");
    let said = Some(ExtAck { message: None, offset: Some(20) });
    assert_eq!(frame.answer(), Ok(Answer::Nack { errno: Errno::EINVAL, ext_ack: said }));
}

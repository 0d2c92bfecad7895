// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the fuzzer calls. Everything here panics when the wire layer is wrong.

use ipvs_types::Family;
use netlink_packet_core::{Emitable, NetlinkMessage, ParseableParametrized};
use netlink_packet_generic::{GenlHeader, GenlMessage};

use crate::ext::ConnectionFilter;
use crate::wire::ext::decode as ext;
use crate::wire::frame::{Answer, Frames};
use crate::wire::{
    DaemonAttribute, DestAttribute, InfoAttribute, IpvsAttribute, IpvsMessage, Nest,
    ServiceAttribute, StatsAttribute,
};
use crate::wire::{WireError, decode, encode, meaning};
use crate::{Error, Request};

/// Gives a datagram to every reader of outside bytes.
pub fn datagram(bytes: &[u8]) {
    for frame in Frames::new(bytes) {
        match frame.and_then(|frame| frame.answer()) {
            Ok(Answer::Data { command, attributes }) => self::attributes(command, attributes),
            Ok(_) => {}
            Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
        }
    }
    let _ = NetlinkMessage::<GenlMessage<IpvsMessage>>::deserialize(bytes);
}

/// Gives attributes to every reader, whatever the command; those of both codecs must agree.
pub fn attributes(command: u8, bytes: &[u8]) {
    let placed = |error: WireError| assert!(error.offset <= bytes.len(), "{error}");
    let family = decode::family_id(bytes).map_err(placed);
    assert!(family != Ok(0));
    let info = decode::info(bytes).map_err(placed).ok();
    let service = decode::service(bytes).map_err(placed).ok();
    let dest = decode::dest(bytes, Family::Ipv4).map_err(placed).ok();
    let daemon = decode::daemon(bytes).map_err(placed).ok();
    let timeouts = decode::timeouts(bytes).map_err(placed).ok();

    lossless(command, bytes);
    if let Some(message) = lossless(1, bytes).filter(understood) {
        assert_eq!(service, meaning::service(&message));
        assert_eq!(dest, meaning::dest(&message, Family::Ipv4));
        assert_eq!(daemon, meaning::daemon(&message));
        assert_eq!(timeouts, meaning::timeouts(&message));
    }
    if let Some(message) = lossless(14, bytes).filter(understood) {
        assert_eq!(info, meaning::info(&message));
    }
}

/// Gives attributes to every reader of what patched kernels tell.
pub fn extended(bytes: &[u8]) {
    let placed = |error: WireError| assert!(error.offset <= bytes.len(), "{error}");
    let _ = ext::announced(bytes).map_err(placed);
    let _ = ext::count(bytes).map_err(placed);
    let _ = ext::deleted(bytes).map_err(placed);
    let _ = ext::event(bytes).map_err(placed);
    let _ = ext::part(bytes).map_err(placed);
    let _ = decode::netlink_family(bytes).map_err(placed);
    if let Ok(connection) = ext::connection(bytes).map_err(placed) {
        // What was read matches what it says of itself.
        let filter = ConnectionFilter::new()
            .family(connection.key.family())
            .protocol(connection.key.protocol)
            .client(connection.key.client.ip().into())
            .dest_port(connection.dest.port())
            .templates(connection.key.template);
        assert!(filter.matches(&connection), "{connection:?}");
        assert!(!connection.state_name().is_empty() && !connection.key.to_string().is_empty());
    }
}

/// The message as enums, if its attributes are well framed; written and read again it is the same.
fn lossless(command: u8, bytes: &[u8]) -> Option<IpvsMessage> {
    let header = GenlHeader { cmd: command, version: 1 };
    let message = IpvsMessage::parse_with_param(bytes, header).ok()?;
    let mut written = vec![0; message.buffer_len()];
    message.emit(&mut written);
    assert_eq!(written.len(), bytes.len().next_multiple_of(4));
    let again = IpvsMessage::parse_with_param(&written, header).expect("what we wrote");
    assert_eq!(again, message);
    Some(message)
}

/// Whether nothing in a message is `Other`: on the rest the codecs differ on purpose, since the
/// direct one takes longer payloads.
fn understood(message: &IpvsMessage) -> bool {
    message.attributes.iter().all(|attribute| match attribute {
        IpvsAttribute::Service(nest) => nest.attributes.iter().all(|attribute| match attribute {
            ServiceAttribute::Stats(nest) => counted(nest),
            ServiceAttribute::Stats64(nest) => counted(nest),
            attribute => !matches!(attribute, ServiceAttribute::Other(_)),
        }),
        IpvsAttribute::Dest(nest) => nest.attributes.iter().all(|attribute| match attribute {
            DestAttribute::Stats(nest) => counted(nest),
            DestAttribute::Stats64(nest) => counted(nest),
            attribute => !matches!(attribute, DestAttribute::Other(_)),
        }),
        IpvsAttribute::Daemon(nest) => {
            !nest.attributes.iter().any(|a| matches!(a, DaemonAttribute::Other(_)))
        }
        IpvsAttribute::Info(info) => !matches!(info, InfoAttribute::Other(_)),
        attribute => !matches!(attribute, IpvsAttribute::Other(_)),
    })
}

fn counted<N>(nest: &Nest<StatsAttribute<N>>) -> bool {
    !nest.attributes.iter().any(|attribute| matches!(attribute, StatsAttribute::Other(_)))
}

/// Encodes a request and reads it back: it is refused for a reason, or means what was asked. Gives
/// whether it was encoded.
pub fn round_trip(request: &Request) -> bool {
    let mut out = vec![0xee; 4];
    match encode::request(&mut out, 34, 99, true, request) {
        Err(Error::Invalid { request: refused, what }) => {
            assert_eq!((*refused, out), (*request, vec![0xee; 4]), "{what}");
            false
        }
        Err(error) => panic!("{error}"),
        Ok(()) => {
            let frames: Vec<_> = Frames::new(&out[4..]).collect();
            let [Ok(frame)] = frames[..] else { panic!("{frames:?}") };
            assert_eq!((frame.kind, frame.seq, out.len() % 4), (34, 99, 0));
            let header = GenlHeader { cmd: frame.payload[0], version: 1 };
            let message =
                IpvsMessage::parse_with_param(&frame.payload[4..], header).expect("attributes");
            assert!(understood(&message), "{message:?}");
            assert_eq!(meaning::request(frame.flags, &message), Some(*request));
            true
        }
    }
}

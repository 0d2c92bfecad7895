// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is written means the same to the kernel, and what it tells is read as it is meant.

use proptest::prelude::*;

use super::{answers, bytes, kernel, strategy};
use crate::ext::{Deleted, Extent, Snapshot};
use crate::transport::assembled;
use crate::wire::encode;
use crate::wire::ext::decode;
use crate::wire::frame::Answer;
use crate::{Error, Request};

fn encoded(request: &Request) -> Vec<u8> {
    let mut out = Vec::new();
    encode::request(&mut out, 40, 7, false, request).expect("valid");
    out
}

/// An attribute that no version of the interface has yet.
fn with_unknown(message: &[u8]) -> Vec<u8> {
    [&bytes::attribute(99, b"new"), message, &bytes::attribute(98, b"")].concat()
}

/// The same without what is counted.
fn uncounted(mut snapshot: Snapshot) -> Snapshot {
    for one in &mut snapshot.table.services {
        one.service.stats = Default::default();
        for dest in &mut one.dests {
            (dest.active, dest.inactive, dest.persistent) = (0, 0, 0);
            dest.stats = Default::default();
        }
    }
    snapshot
}

proptest! {
    #[test]
    fn the_kernel_understands_what_is_asked(request in strategy::request()) {
        prop_assert_eq!(kernel::understood(&encoded(&request)), request);
    }

    #[test]
    fn the_module_understands_what_is_asked(mut key in strategy::key()) {
        key.template = false;
        let message = encoded(&Request::DeleteConnectionByAddOn(key));
        prop_assert_eq!(kernel::understood_by_add_on(&message), key);
    }

    #[test]
    fn a_connection_is_read_as_the_kernel_means_it(one in strategy::connection()) {
        let message = answers::connection(&one);
        prop_assert_eq!(decode::connection(&message), Ok(one.clone()));
        prop_assert_eq!(decode::connection(&with_unknown(&message)), Ok(one));
    }

    #[test]
    fn so_are_features_and_numbers(
        announced in strategy::announced(), deleted: u32, busy in proptest::option::of(1_u32..),
    ) {
        let message = answers::announced(&announced);
        prop_assert_eq!(decode::announced(&with_unknown(&message)), Ok(announced));
        let mut message = bytes::u32(10, deleted);
        prop_assert_eq!(decode::count(&message), Ok(deleted));
        message.extend(busy.map(|busy| bytes::u32(11, busy)).unwrap_or_default());
        let deleted = Deleted { deleted, busy: busy.unwrap_or(0) };
        prop_assert_eq!(decode::deleted(&with_unknown(&message)), Ok(deleted));
    }

    #[test]
    fn so_are_events(event in strategy::event()) {
        prop_assert_eq!(decode::event(&with_unknown(&answers::event(&event))), Ok(event));
    }

    #[test]
    fn so_is_a_snapshot_however_it_is_cut(
        snapshot in strategy::snapshot(), split in 1..4_usize, counted: bool,
    ) {
        let messages = answers::snapshot(&snapshot, counted, split);
        let messages = messages.iter().map(|message| with_unknown(message)).collect::<Vec<_>>();
        let request = Request::Snapshot { service: None, extent: Extent::Counted };
        let read = assembled(request, messages.iter().map(|attributes| {
            Answer::Data { command: 8, attributes }
        })).expect("whole");
        let told = if counted { snapshot } else { uncounted(snapshot) };
        prop_assert_eq!(read, Some(told));
    }

    /// The last attribute of any width may be cut off: it is an error with a place, or it was optional.
    #[test]
    fn cut_off_messages_are_errors_within_them(one in strategy::connection(), cut: prop::sample::Index) {
        let message = answers::connection(&one);
        let cut = cut.index(message.len());
        let error = decode::connection(&message[..cut]).expect_err("incomplete");
        prop_assert!(error.offset <= cut, "{}", error);
    }
}

#[test]
fn what_would_be_misread_is_refused_before_it_is_sent() {
    use crate::ext::{ConnectionFilter, ConnectionKey};
    use ipvs_types::{ConnectionFlags, Protocol};
    use std::time::Duration;
    let refused = |request: Request| {
        let mut out = vec![1];
        match encode::request(&mut out, 40, 7, false, &request) {
            Err(Error::Invalid { what, .. }) if out == [1] => what,
            other => panic!("{request}: {other:?}"),
        }
    };
    let (v4, v6) = (([10, 0, 0, 1], 1).into(), ([0_u16; 8], 1).into());
    let mixed = ConnectionKey::new(Protocol::TCP, v4, v6);
    assert_eq!(
        refused(Request::GetConnection(mixed)),
        "client 10.0.0.1:1 and service [::]:1 are not of one family"
    );
    let large = ConnectionKey::new(Protocol(256), v4, v4);
    assert_eq!(
        refused(Request::DeleteConnectionByAddOn(large)),
        "protocol 256: the largest is 255"
    );
    let all = ConnectionFilter::new();
    assert_eq!(
        refused(Request::DeleteConnections(Some(all))),
        "a filter without conditions: give one, or ask for all of them"
    );
    assert!(refused(Request::ListConnections(all.protocol(Protocol(300)))).contains("255"));
    let outside = all.flags(ConnectionFlags::TEMPLATE, ConnectionFlags::SYNC);
    assert_eq!(
        refused(Request::CountConnections(outside)),
        "flags 0x1000 are not all in their mask 0x20"
    );
    for idle in [Duration::from_micros(1500), Duration::from_millis(1 << 32)] {
        assert!(refused(Request::CountConnections(all.min_idle(idle))).contains("4294967 s"));
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Laws: what is written is read back, and no bytes are too odd for the reader.

mod support;

use ipvs_syncd::*;
use ipvs_types::{Family, Protocol};
use proptest::collection::vec;
use proptest::prelude::*;
use support::strategy::{connection, connection_of, version};

/// All connections of sound datagrams.
fn read_all<'d>(datagrams: &'d [Vec<u8>], order: ByteOrder) -> Vec<Connection<'d>> {
    let mut all = Vec::new();
    for bytes in datagrams {
        let datagram = Datagram::parse(bytes).expect("a sound header").sent_in(order);
        let mut entries = datagram.entries();
        all.extend(entries.by_ref().map(|entry| entry.expect("readable").connection));
        assert!(entries.leftover().is_empty(), "{:?}", entries.leftover());
    }
    all
}

fn write_all(mut encoder: Encoder, connections: &[Connection<'_>]) -> Vec<Vec<u8>> {
    let push = |c| encoder.push(c).expect("expressible");
    let mut datagrams: Vec<_> = connections.iter().filter_map(push).collect();
    datagrams.extend(encoder.finish());
    datagrams
}

fn order() -> impl Strategy<Value = ByteOrder> {
    prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)]
}

/// A version, and connections that it can say.
fn batch() -> impl Strategy<Value = (Version, Vec<Connection<'static>>)> {
    version().prop_flat_map(|version| (Just(version), vec(connection_of(version), 0..40)))
}

/// Bytes that look like a message: mostly sound, with odd places.
fn bent() -> impl Strategy<Value = Vec<u8>> {
    let captured = proptest::sample::select(support::datagrams());
    let changes = vec(any::<(prop::sample::Index, u8)>(), 0..6);
    (captured, changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(mut bytes, changes, cut, keep)| {
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if !keep {
                bytes.truncate(cut.index(bytes.len() + 1));
            }
            // With a right size, or else nothing of it would be looked at.
            if let [_, _, high, low, ..] = &mut bytes[..] {
                *high = 0;
                *low = 0;
            }
            let size = (bytes.len() as u16).to_be_bytes();
            for (place, byte) in bytes.iter_mut().skip(2).zip(size) {
                *place = byte;
            }
            bytes
        },
    )
}

/// Whether a master could have written these bytes: found without the crate's reader.
fn is_canonical(bytes: &[u8]) -> bool {
    if bytes.len() < 4 {
        return false;
    }
    let number = |at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    let v1 = bytes.len() >= 8 && bytes[0] == 0 && bytes[5..8] == [1, 0, 0];
    let (mut at, count) = if v1 { (8, bytes[4]) } else { (4, bytes[0]) };
    for _ in 0..count {
        if !v1 {
            let flagged = bytes.len() >= at + 24 && bytes[at + 20] & 6 != 0;
            let end = at + if flagged { 48 } else { 24 };
            if bytes.len() < end || bytes[at] != 0 {
                return false;
            }
            at = end;
            continue;
        }
        let start = at.next_multiple_of(4);
        if bytes.len() < start + 36 || bytes[at..start].iter().any(|pad| *pad != 0) {
            return false;
        }
        let (end, fixed) = (start + number(start + 2), if bytes[start] == 0 { 36 } else { 72 });
        at = start + fixed;
        if bytes[start] > 1 || end < at || bytes.len() < end {
            return false;
        }
        let mut last = 0;
        while at < end {
            let [kind, length, ..] = bytes[at..end] else { return false };
            let fits = match kind {
                1 => length == 24,
                2 => length > 0,
                3 => (1..=16).contains(&length),
                _ => false,
            };
            at += 2 + usize::from(length);
            if !fits || kind <= last || at > end {
                return false;
            }
            last = kind;
        }
    }
    count > 0 && at == bytes.len()
}

/// What holds for the reading of any bytes.
fn check_reading(bytes: &[u8]) {
    let Ok(datagram) = Datagram::parse(bytes) else { return };
    let header = datagram.header();
    let (header_len, least) = match header.version {
        Version::V0 => (4, 24),
        Version::V1 => (8, 36),
    };
    let mut entries = datagram.entries();
    let (mut read, mut faults, mut variable) = (0, 0, 0);
    for entry in entries.by_ref() {
        match entry {
            Ok(entry) => {
                assert_eq!(faults, 0, "nothing comes after a fault");
                read += 1;
                let text = entry.connection.to_string();
                assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
                let Connection { engine_name, engine_data, .. } = &entry.connection;
                let borrowed = [engine_name, engine_data].into_iter().flatten();
                variable += borrowed.map(|bytes| bytes.len()).sum::<usize>();
            }
            Err(fault) => {
                faults += 1;
                assert!(fault.offset <= bytes.len() && !fault.to_string().is_empty());
            }
        }
    }
    assert!(faults <= 1 && read + faults <= usize::from(header.count));
    let consumed = bytes.len() - header_len - entries.leftover().len();
    assert!(read * least + variable <= consumed, "{read} entries of {consumed} bytes");
    let message = Message::from(datagram);
    assert_eq!((message.entries.len(), message.fault.is_some()), (read, faults == 1));
    serde_json::to_string(&message).expect("serialises");
    check_verdicts(bytes, read);
}

/// What is not of the form is refused, not guessed.
#[test]
fn bad_json_is_refused() {
    let template = Connection::new(
        Protocol(0),
        "10.0.0.0:0".parse().expect("a client"),
        "0.0.0.66:0".parse().expect("a mark"),
        "10.1.0.2:0".parse().expect("a destination"),
    );
    let good = template.expect("one family").flags(ConnectionFlags::TEMPLATE);
    let good = serde_json::to_value(good).expect("serialises");
    let read = |value| serde_json::from_value::<Connection>(value).map_err(|e| e.to_string());
    assert!(read(good.clone()).is_ok());
    for (member, value, expected) in [
        ("service_mark", 67.into(), "the service's mark is not that of its address"),
        ("method", "teleport".into(), "\"teleport\" is no forwarding method"),
        ("method", 8.into(), "8 is no forwarding method"),
        ("state", "ESTABLISHED".into(), "\"ESTABLISHED\" is no state of proto0"),
        ("dest", "[fd00::1]:0".into(), "must all be IPv4 or all be IPv6"),
        ("timeout", 1.into(), "unknown field `timeout`"),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        let error = read(bad).expect_err(member);
        assert!(error.contains(expected), "{error}");
    }
}

/// A strict kernel takes nothing that a lax one refuses, and no entry is forgotten.
fn check_verdicts(bytes: &[u8], entries: usize) {
    let accepted = |rules| {
        let backup = Backup::new(rules);
        let verdicts: Vec<_> = backup.receive(bytes).collect();
        let about_entry = |v: &&Verdict<'_>| match v {
            Verdict::Accepted(_) => true,
            Verdict::Dropped { reason, connection } => {
                assert_eq!(connection.is_some(), reason.scope() == DropScope::Entry);
                reason.scope() == DropScope::Entry
            }
        };
        let known = Datagram::parse(bytes).is_ok_and(|d| d.header().unknown_version.is_none());
        assert_eq!(verdicts.iter().filter(about_entry).count(), if known { entries } else { 0 });
        let taken = verdicts.iter().filter(|v| matches!(v, Verdict::Accepted(_))).cloned();
        taken.collect::<Vec<_>>().into_iter().map(|v| format!("{v:?}")).collect::<Vec<_>>()
    };
    let lax = accepted(Rules::Lax);
    assert!(accepted(Rules::Strict).iter().all(|taken| lax.contains(taken)));
}

proptest! {
    #[test]
    fn json_is_read_back(connection in connection()) {
        let json = serde_json::to_string(&connection).expect("serialises");
        let read: Connection = serde_json::from_str(&json).expect("deserialises");
        prop_assert_eq!(read, connection);
    }

    #[test]
    fn what_is_written_is_read_back(
        (version, connections) in batch(), order in order(), sync_id: u8, max_len in 0u16..3000,
    ) {
        let encoder = Encoder::new(version, sync_id).max_len(max_len).byte_order(order);
        let datagrams = write_all(encoder.clone(), &connections);
        prop_assert_eq!(&read_all(&datagrams, order), &connections);
        for bytes in &datagrams {
            let header = Datagram::parse(bytes).expect("a sound header").header();
            prop_assert_eq!((header.version, header.sync_id), (version, sync_id));
            prop_assert!(bytes.len() <= usize::from(max_len) || header.count == 1);
        }
        // No two neighbours would have fitted into one.
        for pair in datagrams.windows(2) {
            let next = read_all(&pair[1..], order).swap_remove(0);
            let both = [read_all(&pair[..1], order), vec![next]].concat();
            let together = write_all(encoder.clone().max_len(u16::MAX), &both);
            prop_assert!(together[0].len() > usize::from(max_len));
        }
        // Writing what was read gives the same bytes.
        prop_assert_eq!(write_all(encoder, &read_all(&datagrams, order)), datagrams);
    }

    #[test]
    fn what_belongs_together_is_not_parted(
        (version, connections) in batch(), size in 1usize..5, max_len in 0u16..1000,
    ) {
        let (mut encoder, mut datagrams) = (Encoder::new(version, 0).max_len(max_len), Vec::new());
        for group in connections.chunks(size) {
            datagrams.extend(encoder.push_together(group).expect("expressible"));
        }
        datagrams.extend(encoder.finish());
        prop_assert_eq!(&read_all(&datagrams, ByteOrder::NATIVE), &connections);
        let mut end = 0;
        for datagram in &datagrams {
            prop_assert_eq!(end % size, 0, "a datagram ends within a group");
            let header = Datagram::parse(datagram).expect("a sound header").header();
            end += usize::from(header.count);
            let alone = usize::from(header.count) <= size;
            prop_assert!(datagram.len() <= usize::from(max_len) || alone);
        }
    }

    #[test]
    fn any_bytes_can_be_read_or_not(bytes in vec(any::<u8>(), 0..300)) {
        check_reading(&bytes);
    }

    #[test]
    fn any_entries_can_be_read_or_not(count: u8, bytes in vec(any::<u8>(), 0..600), v1: bool) {
        let mut datagram = if v1 { vec![0, 1, 0, 0, count, 1, 0, 0] } else { vec![count, 1, 0, 0] };
        datagram.extend(bytes);
        let size = (datagram.len() as u16).to_be_bytes();
        datagram[2..4].copy_from_slice(&size);
        check_reading(&datagram);
    }

    #[test]
    fn bent_messages_can_be_read_or_not(bytes in bent()) {
        check_reading(&bytes);
    }

    #[test]
    fn what_could_be_read_is_written_and_read_again(bytes in bent()) {
        let Ok(datagram) = Datagram::parse(&bytes) else { return Ok(()) };
        let version = datagram.header().version;
        let read: Vec<_> =
            datagram.entries().map_while(Result::ok).map(|entry| entry.connection).collect();
        let written = write_all(Encoder::new(version, 0).max_len(u16::MAX), &read);
        prop_assert_eq!(read_all(&written, ByteOrder::NATIVE), read);
    }

    #[test]
    fn what_a_master_could_have_written_is_written_again_to_the_byte(bytes in bent()) {
        if !is_canonical(&bytes) {
            return Ok(());
        }
        let datagram = Datagram::parse(&bytes).expect("a sound header");
        let Header { version, sync_id, .. } = datagram.header();
        let read: Vec<_> =
            datagram.entries().map(|entry| entry.expect("readable").connection).collect();
        let encoder = Encoder::new(version, sync_id).max_len(u16::MAX);
        prop_assert_eq!(write_all(encoder, &read), [bytes]);
    }

    #[test]
    fn the_backup_sees_what_the_encoder_wrote(connections in vec(connection(), 1..20)) {
        let datagrams = write_all(Encoder::new(Version::V1, 1).max_len(u16::MAX), &connections);
        let backup = Backup::new(Rules::Lax);
        let verdicts = datagrams.iter().flat_map(|bytes| backup.receive(bytes));
        let seen = verdicts.map(|verdict| match verdict {
            Verdict::Accepted(connection) => Some(connection),
            Verdict::Dropped { connection, .. } => connection,
        });
        prop_assert_eq!(seen.collect::<Option<Vec<_>>>(), Some(connections));
    }

    #[test]
    fn what_is_reduced_to_version_0_can_be_sent(connection in connection()) {
        let Some(mut reduced) = connection.reduced_to_v0() else {
            prop_assert_eq!(connection.addresses.family(), Family::Ipv6);
            return Ok(());
        };
        let flagged = reduced.flags.intersects(ConnectionFlags::SEQUENCES);
        let mut encoder = Encoder::new(Version::V0, 0);
        if flagged != reduced.sequences.is_some() {
            prop_assert_eq!(encoder.push(&reduced), Err(EncodeError::Sequences { flagged }));
            reduced.flags.set(ConnectionFlags::SEQUENCES, !flagged);
        }
        prop_assert_eq!(encoder.push(&reduced), Ok(None));
    }
}

#[test]
fn masters_could_have_written_the_captures() {
    assert!(support::datagrams().iter().all(|bytes| is_canonical(bytes)));
}

#[test]
fn every_capture_cut_off_anywhere() {
    for mut bytes in support::datagrams() {
        while bytes.pop().is_some() {
            check_reading(&bytes);
            if bytes.len() >= 4 {
                let size = (bytes.len() as u16).to_be_bytes();
                bytes[2..4].copy_from_slice(&size);
                check_reading(&bytes);
            }
        }
    }
}

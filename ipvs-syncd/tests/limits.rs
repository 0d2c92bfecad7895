// SPDX-License-Identifier: MIT OR Apache-2.0
//! What doesn't fit: into a version, a datagram, a backup's buffer.

use std::borrow::Cow;
use std::time::Duration;

use ipvs_syncd::*;
use ipvs_types::{EngineName, Method, Protocol, SyncId, TcpState};

fn connection() -> Connection<'static> {
    let parse = |text: &str| text.parse().expect("an address and port");
    let [client, service, dest] = ["10.0.0.1:1234", "192.0.2.1:80", "10.1.0.2:80"].map(parse);
    let tcp = Connection::new(Protocol::TCP, client, service, dest).expect("one family");
    tcp.state(TcpState::Established.number())
}

fn connection6() -> Connection<'static> {
    let parse = |text: &str| text.parse().expect("an address and port");
    let [client, service, dest] =
        ["[2001:db8::1]:1", "[2001:db8::2]:2", "[2001:db8::3]:3"].map(parse);
    Connection::new(Protocol::TCP, client, service, dest).expect("one family")
}

fn template() -> Connection<'static> {
    let flags = ConnectionFlags::TEMPLATE | ConnectionFlags::INACTIVE;
    Connection { client_port: 0, protocol: Protocol::UDP, ..connection() }.flags(flags)
}

fn write(version: Version, connection: &Connection<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder::new(version, 7);
    encoder.push(connection)?;
    Ok(encoder.finish().expect("one connection"))
}

fn accepts(backup: &Backup, bytes: &[u8]) -> bool {
    matches!(backup.receive(bytes).next(), Some(Verdict::Accepted(_)))
}

#[test]
fn what_a_message_cannot_say_is_an_error() {
    let error = |version, connection| write(version, &connection).expect_err("can't be said");
    let both = |connection: Connection<'static>, expected| {
        assert_eq!(error(Version::V1, connection.clone()), expected);
    };
    let mut odd = connection();
    odd.protocol = Protocol(256);
    assert_eq!(error(Version::V0, odd.clone()), EncodeError::Protocol(Protocol(256)));
    both(odd, EncodeError::Protocol(Protocol(256)));
    let broken = Duration::from_millis(1500);
    both(connection().timeout(broken), EncodeError::Timeout(broken));
    let long = Duration::from_secs(1 << 32);
    both(connection().timeout(long), EncodeError::Timeout(long));
    both(template().engine(&b""[..], &b"x"[..]), EncodeError::EngineName(0));
    both(template().engine(&[b'x'; 17][..], &b"x"[..]), EncodeError::EngineName(17));
    both(template().engine(&b"sip"[..], &b""[..]), EncodeError::EngineData(0));
    both(template().engine(&b"sip"[..], vec![0; 256]), EncodeError::EngineData(256));

    let v0 = |connection| error(Version::V0, connection);
    assert_eq!(v0(connection6()), EncodeError::Ipv6);
    assert_eq!(v0(connection().mark(1)), EncodeError::Mark(1));
    assert_eq!(
        v0(connection().timeout(Duration::from_secs(1))).to_string(),
        "version 0 has no timeout, so 1s can't be sent"
    );
    assert_eq!(v0(template().engine(&b"sip"[..], &b"x"[..])), EncodeError::Engine);
    let high = ConnectionFlags::NF_CONNTRACK;
    assert_eq!(v0(connection().flags(high)), EncodeError::HighFlags(high));
    assert_eq!(
        v0(connection().flags(ConnectionFlags::IN_SEQ)).to_string(),
        "in version 0 a flag announces sequence numbers that are missing",
    );
    let unflagged = connection().sequences(Sequences::default()).flags(ConnectionFlags::empty());
    assert_eq!(v0(unflagged), EncodeError::Sequences { flagged: false });
}

#[test]
fn an_error_leaves_the_encoder_as_it_was() {
    let mut encoder = Encoder::new(Version::V0, 7);
    encoder.push(&connection()).expect("expressible");
    encoder.push(&connection().mark(1)).expect_err("not in version 0");
    assert_eq!(encoder.finish(), write(Version::V0, &connection()).ok());
    assert_eq!(encoder.finish(), None);
}

#[test]
fn a_datagram_never_has_more_entries_than_its_header_can_count() {
    for (version, entry, header) in [(Version::V0, 24, 4), (Version::V1, 36, 8)] {
        let mut encoder = Encoder::new(version, 0).max_len(u16::MAX);
        let pushed = |_| encoder.push(&connection()).expect("expressible");
        let mut datagrams: Vec<_> = (0..600).filter_map(pushed).collect();
        datagrams.extend(encoder.finish());
        let lengths: Vec<_> = datagrams.iter().map(Vec::len).collect();
        assert_eq!(lengths, [255, 255, 90].map(|count| header + count * entry));
    }
}

#[test]
fn entries_that_a_wrapped_count_hides_are_left_over() {
    // A kernel with a large sync_maxlen: 600 entries, of which the header counts 88.
    let one = write(Version::V1, &connection()).expect("expressible");
    let mut bytes = [&[0, 7, 0, 0, 88, 1, 0, 0], &one[8..].repeat(600)[..]].concat();
    let size = (bytes.len() as u16).to_be_bytes();
    bytes[2..4].copy_from_slice(&size);
    let mut entries = Datagram::parse(&bytes).expect("sound").entries();
    assert_eq!(entries.by_ref().filter(Result::is_ok).count(), 88);
    assert_eq!(entries.leftover().len(), (600 - 88) * 36);
    assert_eq!(Backup::new(Rules::Strict).receive(&bytes).count(), 88, "seen on live kernels");
}

#[test]
fn a_long_entry_goes_alone() {
    let long = template().engine(&b"sip"[..], vec![b'x'; 255]);
    let mut encoder = Encoder::new(Version::V1, 0).max_len(100);
    assert_eq!(encoder.push(&connection()), Ok(None));
    let first = encoder.push(&long).expect("expressible").expect("no room");
    let second = encoder.push(&connection()).expect("expressible").expect("no room");
    assert_eq!((first.len(), second.len()), (44, 8 + 36 + 257 + 5));
}

#[test]
fn a_backup_drops_what_is_longer_than_its_buffer() {
    let mut encoder = Encoder::new(Version::V1, 0).max_len(4000);
    for _ in 0..100 {
        encoder.push(&connection()).expect("expressible");
    }
    let bytes = encoder.finish().expect("connections");
    let verdicts: Vec<_> = Backup::new(Rules::Lax).max_len(1472).receive(&bytes).collect();
    let size = DatagramFault::Size { claimed: 3608, received: 1472 };
    let [Verdict::Dropped { reason, connection: None }] = &verdicts[..] else { panic!("dropped") };
    assert_eq!((*reason, reason.scope()), (size.into(), DropScope::Datagram));
    assert_eq!(Backup::new(Rules::Lax).max_len(3608).receive(&bytes).count(), 100);
    // It can't know about bytes that it never saw.
    let cut = [&write(Version::V1, &connection()).expect("expressible")[..], &[0; 9]].concat();
    assert!(accepts(&Backup::new(Rules::Lax).max_len(44), &cut));
    assert!(!accepts(&Backup::new(Rules::Lax).max_len(45), &cut));
}

#[test]
fn a_backup_takes_only_its_own_sync_id() {
    let bytes = write(Version::V1, &connection()).expect("expressible");
    let with = |id| Backup::new(Rules::Strict).sync_id(id);
    assert!(accepts(&with(SyncId::new(0)), &bytes) && accepts(&with(SyncId::new(7)), &bytes));
    assert!(!accepts(&with(SyncId::new(8)), &bytes));
    assert!(!accepts(&with(SyncId::observed(0x107)), &bytes), "all 32 bits are compared");
}

#[test]
fn a_backup_takes_data_only_of_engines_that_it_has() {
    let bytes = |name: &'static [u8]| {
        write(Version::V1, &template().engine(name, &b"call"[..])).expect("expressible")
    };
    let strict = Backup::new(Rules::Strict);
    assert!(accepts(&strict, &bytes(b"sip")) && accepts(&strict, &bytes(b"sip\0x")));
    assert!(!accepts(&strict, &bytes(b"sipx")) && !accepts(&strict, &bytes(b"\0sip")));
    assert!(!accepts(&strict.clone().engines([]), &bytes(b"sip")));
    let other = EngineName::new("other").expect("short");
    assert!(accepts(&strict.engines([other]), &bytes(b"other")));
}

#[test]
fn nothing_behind_a_refused_option_is_looked_at() {
    // Option 9, then one that is cut off: the kernel skips the entry and goes on with the next.
    let one = write(Version::V1, &connection()).expect("expressible");
    let mut bytes = one.clone();
    bytes.extend([9, 1, 0, 2]);
    bytes.extend(&one[8..]);
    (bytes[4], bytes[11]) = (2, 40);
    let size = (bytes.len() as u16).to_be_bytes();
    bytes[2..4].copy_from_slice(&size);
    let backup = Backup::new(Rules::Strict);
    let verdicts: Vec<_> = backup.receive(&bytes).collect();
    let [Verdict::Dropped { reason, .. }, Verdict::Accepted(second)] = &verdicts[..] else {
        panic!("{verdicts:?}")
    };
    assert_eq!(*reason, SkipReason::UnknownOption(9).into());
    assert_eq!(*second, connection());
}

#[test]
fn unknown_options_are_kept() {
    let mut bytes = write(Version::V1, &connection()).expect("expressible");
    bytes.extend([0x49, 2, b'h', b'i', 0x80, 1, 5]);
    (bytes[3], bytes[11]) = (51, 43);
    let entry = Datagram::parse(&bytes).expect("sound").entries().next();
    let entry = entry.expect("an entry").expect("readable");
    assert_eq!(entry.refused_option, Some(0x80));
    let options: Vec<_> = entry.options.map(|option| option.expect("readable")).collect();
    let meanings: Vec<_> = options.iter().map(|option| option.meaning()).collect();
    assert_eq!(meanings, [wire::Meaning::Optional, wire::Meaning::Mandatory]);
    let message = Message::from(Datagram::parse(&bytes).expect("sound"));
    assert_eq!(message.entries[0].unknown_options, [(0x49, b"hi".to_vec()), (0x80, vec![5])]);
}

#[test]
fn lines_for_people() {
    let line = |connection: Connection<'_>| connection.to_string();
    assert_eq!(
        line(template().engine(&b"sip"[..], &b"a\n\"b\xff"[..]).timeout(Duration::from_secs(240))),
        r#"UDP 10.0.0.1:0 > 192.0.2.1:80 > 10.1.0.2:80 ASSURED masq 240s template inactive engine sip "a\n\"b\xff""#,
    );
    let sequence = Sequence { initial: 9, delta: -7, previous_delta: 0 };
    let sequences = Sequences { incoming: Sequence::default(), outgoing: sequence };
    let odd = ConnectionFlags::from_bits_retain(0x8000_0000);
    let mut tcp = connection().method(Method::from_flags(7)).state(99).mark(66);
    tcp = tcp.sequences(sequences);
    tcp.flags |= odd;
    assert_eq!(
        line(tcp),
        "TCP 10.0.0.1:1234 > 192.0.2.1:80 > 10.1.0.2:80 state 99 method 7 flags 0x80000000 mark 66 \
         seq-in 0+0+0 seq-out 9-7+0",
    );
    let mut mark = template();
    mark.protocol = Protocol(0);
    mark.addresses =
        Addresses::new([10, 0, 0, 1].into(), [0, 0, 0, 66].into(), [10, 1, 0, 2].into())
            .expect("one family");
    assert_eq!(
        line(mark),
        "IP 10.0.0.1:0 > fwmark 66 > 10.1.0.2:80 ASSURED masq template inactive",
    );
}

#[test]
fn addresses_of_both_families_are_refused() {
    let parse = |text: &str| text.parse().expect("an address and port");
    let [v4, v6] = ["10.0.0.1:1", "[::1]:1"].map(parse);
    assert_eq!(Connection::new(Protocol::TCP, v4, v4, v6), Err(MixedFamilies));
    assert_eq!(Connection::new(Protocol::TCP, v6, v4, v6), Err(MixedFamilies));
}

#[test]
fn what_has_no_fixed_size_is_borrowed_from_the_datagram() {
    let bytes = write(Version::V1, &template().engine(&b"sip"[..], &b"call"[..]));
    let bytes = bytes.expect("expressible");
    let entry = Datagram::parse(&bytes).expect("sound").entries().next().expect("an entry");
    let Connection { engine_name, engine_data, .. } = entry.expect("readable").connection;
    let place = |field: Option<Cow<'_, [u8]>>| match field {
        Some(Cow::Borrowed(data)) => data.as_ptr().addr() - bytes.as_ptr().addr(),
        other => panic!("{other:?}"),
    };
    assert_eq!((place(engine_data), place(engine_name)), (46, 52));
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any bytes as a sync message: no reader panics, nothing is read beyond the end or twice, and what
//! could be read is written and read again as it was.
//!
//! The size in the header is made right, or else nothing behind it would be looked at.
#![no_main]

use ipvs_syncd::{
    Backup, Connection, Datagram, DatagramFault, DropScope, Encoder, Message, Rules, Verdict,
    Version,
};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut bytes = input.to_vec();
    let Ok(size) = u16::try_from(bytes.len()) else { return };
    if bytes.len() < 4 {
        assert_eq!(Datagram::parse(&bytes).err(), Some(DatagramFault::Short { len: bytes.len() }));
        return;
    }
    bytes[2..4].copy_from_slice(&size.to_be_bytes());
    let datagram = Datagram::parse(&bytes).expect("the size is right");
    let read = read(&bytes, datagram);
    let message = Message::from(datagram);
    assert_eq!(message.entries.len(), read.len());
    serde_json::to_string(&message).expect("serialises");
    write_again(datagram.header().version, &read);
    judge(&bytes, datagram, read.len());
});

fn read<'d>(bytes: &'d [u8], datagram: Datagram<'d>) -> Vec<Connection<'d>> {
    let (header, least) = match datagram.header().version {
        Version::V0 => (4, 24),
        Version::V1 => (8, 36),
    };
    let mut entries = datagram.entries();
    let mut read = Vec::new();
    for entry in entries.by_ref() {
        match entry {
            Ok(entry) => read.push(entry.connection),
            Err(fault) => assert!(fault.offset <= bytes.len() && !fault.to_string().is_empty()),
        }
    }
    for connection in &read {
        let text = connection.to_string();
        assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
    }
    let consumed = bytes.len() - header - entries.leftover().len();
    assert!(read.len() * least <= consumed && entries.next().is_none());
    read
}

fn write_again(version: Version, read: &[Connection<'_>]) {
    let mut encoder = Encoder::new(version, 0).max_len(u16::MAX);
    let mut written: Vec<_> =
        read.iter().filter_map(|c| encoder.push(c).expect("it was in a message")).collect();
    written.extend(encoder.finish());
    let datagrams = written.iter().map(|bytes| Datagram::parse(bytes).expect("sound"));
    let again =
        datagrams.flat_map(|datagram| datagram.entries().map(|entry| entry.expect("sound")));
    assert!(again.map(|entry| entry.connection).eq(read.iter().cloned()));
}

fn judge(bytes: &[u8], datagram: Datagram<'_>, entries: usize) {
    let judge = |rules| {
        let mut accepted = Vec::new();
        let mut judged = 0;
        for verdict in Backup::new(rules).receive(bytes) {
            judged += usize::from(match verdict {
                Verdict::Accepted(connection) => {
                    accepted.push(connection);
                    true
                }
                Verdict::Dropped { reason, .. } => reason.scope() == DropScope::Entry,
            });
        }
        let known = datagram.header().unknown_version.is_none();
        assert_eq!(judged, if known { entries } else { 0 });
        accepted
    };
    let (lax, strict) = (judge(Rules::Lax), judge(Rules::Strict));
    let mut others = lax.iter();
    assert!(strict.iter().all(|taken| others.any(|other| other == taken)), "in the same order");
}

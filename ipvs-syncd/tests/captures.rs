// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every captured datagram: read, compared with a stored reading, and written again to the byte.

mod support;

use insta::assert_json_snapshot;
use ipvs_syncd::{Backup, ByteOrder, Datagram, Encoder, Message, Rules, Verdict};
use support::{KERNELS, captures};

fn parse(bytes: &[u8]) -> Datagram<'_> {
    Datagram::parse(bytes).expect("a sound header").sent_in(ByteOrder::Little)
}

#[test]
fn every_capture_as_json() {
    for kernel in KERNELS {
        for capture in captures(kernel) {
            let read = |bytes: &Vec<u8>| Message::from(parse(bytes));
            let messages: Vec<_> = capture.datagrams.iter().map(read).collect();
            for message in &messages {
                assert_eq!((message.fault, message.leftover), (None, 0), "{}", capture.name);
                assert_eq!(message.entries.len(), usize::from(message.header.count));
            }
            assert_json_snapshot!(format!("{kernel}-{}", capture.name), messages);
        }
    }
}

#[test]
fn every_capture_is_written_again_to_the_byte() {
    let mut entries = 0;
    for kernel in KERNELS {
        for capture in captures(kernel) {
            for bytes in &capture.datagrams {
                let datagram = parse(bytes);
                let mut encoder = encoder(datagram);
                for entry in datagram.entries() {
                    let connection = entry.expect("readable").connection;
                    assert_eq!(encoder.push(&connection), Ok(None), "{kernel} {}", capture.name);
                    entries += 1;
                }
                assert_eq!(encoder.finish().as_ref(), Some(bytes), "{kernel} {}", capture.name);
            }
        }
    }
    assert!(entries > 300, "only {entries}");
}

/// An encoder that makes datagrams like this one.
fn encoder(datagram: Datagram<'_>) -> Encoder {
    let header = datagram.header();
    let encoder = Encoder::new(header.version, header.sync_id).max_len(header.size);
    encoder.byte_order(ByteOrder::Little)
}

#[test]
fn connections_are_split_into_datagrams_where_the_kernel_did() {
    for kernel in KERNELS {
        let all = captures(kernel);
        let capture = all.iter().find(|capture| capture.name == "v1-maxlen100").expect("captured");
        let mut encoder = encoder(parse(&capture.datagrams[0])).max_len(100);
        let mut written = Vec::new();
        for bytes in &capture.datagrams {
            for entry in parse(bytes).entries() {
                let connection = entry.expect("readable").connection;
                written.extend(encoder.push(&connection).expect("expressible"));
            }
        }
        written.extend(encoder.finish());
        assert_eq!(written, capture.datagrams, "{kernel}");
    }
}

#[test]
fn every_kernel_would_take_every_capture() {
    for bytes in support::datagrams() {
        for rules in [Rules::Strict, Rules::Lax] {
            for verdict in Backup::new(rules).receive(&bytes) {
                assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
            }
        }
    }
}

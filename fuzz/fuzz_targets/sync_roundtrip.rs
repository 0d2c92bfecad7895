// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any connections, packed into sync messages and read back: each is refused for a reason, or comes
//! out as it was, in its place.
#![no_main]

use ipvs_fuzz::AnyBatch;
use ipvs_syncd::Datagram;

libfuzzer_sys::fuzz_target!(|batch: AnyBatch| {
    let mut encoder = batch.encoder();
    let (mut datagrams, mut sent) = (Vec::new(), Vec::new());
    for connection in &batch.connections {
        match encoder.push(connection) {
            Ok(datagram) => {
                datagrams.extend(datagram);
                sent.push(connection);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    datagrams.extend(encoder.finish());
    let mut sent = sent.into_iter();
    for bytes in &datagrams {
        let datagram = Datagram::parse(bytes).expect("sound").sent_in(batch.order);
        let header = datagram.header();
        assert_eq!((header.version, header.sync_id), (batch.version, 7));
        assert!(bytes.len() <= usize::from(batch.max_len) || header.count == 1);
        let mut entries = datagram.entries();
        for entry in entries.by_ref() {
            assert_eq!(Some(&entry.expect("sound").connection), sent.next());
        }
        assert!(entries.leftover().is_empty());
    }
    assert_eq!(sent.next(), None);
});

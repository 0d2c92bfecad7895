// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any bytes as `/proc/net/ip_vs_conn` or `ip_vs_conn_sync`: no panic, however they are handed out; the
//! lower layer takes what the upper one takes; a record survives JSON.
#![no_main]

use std::io::Read;

use ipvs_proc::{BadLines, Connection, Connections, Layout, RawConnection};

/// Hands out few bytes at a time.
struct Pieces<'t>(&'t [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    for layout in [Layout::Plain, Layout::Sync] {
        check(text, layout);
    }
});

fn check(text: &[u8], layout: Layout) {
    let read = |size| {
        let all = Connections::new(Pieces(text, size), layout).bad_lines(BadLines::Skip);
        all.filter_map(Result::ok).collect::<Vec<_>>()
    };
    assert_eq!(read(usize::MAX), read(7));
    for line in text.split(|byte| *byte == b'\n') {
        let Some(record) = Connection::parse(line, layout) else { continue };
        let raw = RawConnection::loose(line, layout).expect("the lower layer is not stricter");
        assert_eq!((raw.client, raw.dest), (record.client, record.dest));
        let json = serde_json::to_string(&record).expect("JSON");
        assert_eq!(serde_json::from_str::<Connection<'_>>(&json).expect("the same"), record);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Wireshark's reading of the captures, in `fixtures/tshark-4.0.17`, where it is right: it takes no notice
//! of options and is lost behind them, and hears the first port only.

mod support;

use std::fs;
use std::net::SocketAddr;

use ipvs_syncd::capture::{self, CaptureError};
use ipvs_syncd::{ByteOrder, Connection, Datagram, Version};
use support::{KERNELS, fixtures};

/// The fields of IPv4 addresses, IPv6 addresses and ports.
fn ends(ends: impl Iterator<Item = SocketAddr>) -> [String; 3] {
    let ends: Vec<_> = ends.collect();
    let address = |ipv6| {
        let family = ends.iter().map(SocketAddr::ip).filter(|ip| ip.is_ipv6() == ipv6);
        family.map(|ip| ip.to_string()).collect::<Vec<_>>().join(",")
    };
    let ports: Vec<_> = ends.iter().map(|end| end.port().to_string()).collect();
    [address(false), address(true), ports.join(",")]
}

/// One row of ours in the form of tshark's: of each frame all entries, with commas between.
fn row(frame: usize, datagram: Datagram<'_>, entries: &[Connection<'_>]) -> String {
    let header = datagram.header();
    let v1 = header.version == Version::V1;
    let all = |field: &dyn Fn(&Connection<'_>) -> String| {
        entries.iter().map(field).collect::<Vec<_>>().join(",")
    };
    let flags = |entry: &Connection<'_>| entry.flags.bits() | u32::from(entry.method.number());
    let only = |wanted: bool, text: String| if wanted { text } else { String::new() };
    let first = [
        frame.to_string(),
        header.count.to_string(),
        header.sync_id.to_string(),
        header.size.to_string(),
        all(&|entry| format!("{:#04x}", entry.protocol.number())),
    ];
    let last = [
        all(&|entry| format!("{:#06x}", entry.state)),
        only(v1, all(&|entry| entry.timeout.as_secs().to_string())),
        only(v1, all(&|entry| format!("{:#010x}", entry.mark))),
        only(v1, all(&|entry| format!("{:#010x}", flags(entry)))),
        only(!v1, all(&|entry| format!("{:#06x}", flags(entry)))),
    ];
    let ends = [
        ends(entries.iter().map(Connection::client)),
        ends(entries.iter().map(Connection::service)),
        ends(entries.iter().map(Connection::dest)),
    ];
    [&first[..], &ends.concat(), &last].concat().join("\t")
}

#[test]
fn tshark_reads_the_same_where_it_is_right() {
    for kernel in KERNELS {
        let path = fixtures().join(format!("tshark-4.0.17/linux-{kernel}.tsv"));
        let theirs = fs::read_to_string(path).expect("the fixture");
        let theirs: Vec<_> = theirs.lines().skip(1).collect();
        let file = fs::read(support::pcap(kernel)).expect("the capture");
        let (mut frame, mut compared, mut entries) = (0, 0, 0);
        let contents = capture::read(
            &file[..],
            |_| true,
            |udp| {
                frame += 1;
                let datagram = Datagram::parse(udp.payload).expect("a header");
                let datagram = datagram.sent_in(ByteOrder::Little);
                let read = datagram.entries().map(|entry| entry.expect("readable").connection);
                let read: Vec<_> = read.collect();
                let plain = |entry: &Connection<'_>| {
                    entry.sequences.is_none() && entry.engine_name.is_none()
                };
                if udp.to.port() == 8848 && read.iter().all(plain) {
                    assert_eq!(row(frame, datagram, &read), theirs[frame - 1], "{kernel}");
                    compared += 1;
                    entries += read.len();
                }
                Ok::<(), CaptureError>(())
            },
        );
        contents.expect("a capture");
        assert_eq!(frame, theirs.len(), "{kernel}");
        // The others have options, or go to other ports.
        assert_eq!((frame, compared), (32, 24), "{kernel}");
        assert!(entries > 90, "{kernel}: {entries}");
    }
}

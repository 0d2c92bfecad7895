// SPDX-License-Identifier: MIT OR Apache-2.0
//! Captures written by hand.

use std::net::{IpAddr, SocketAddr};

/// A packet with its time in microseconds.
pub type Packet = (u64, Vec<u8>);

/// A pcap file, little-endian, in microseconds.
pub fn pcap(link: u32, packets: &[Packet]) -> Vec<u8> {
    let mut file = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, link].map(u32::to_le_bytes).concat();
    for (micros, data) in packets {
        let (time, length) = (micros / 1_000_000, data.len() as u32);
        let header = [time as u32, (micros % 1_000_000) as u32, length, length];
        file.extend(header.map(u32::to_le_bytes).concat());
        file.extend(data);
    }
    file
}

/// The same as a big-endian file in nanoseconds.
pub fn pcap_big(link: u32, packets: &[Packet]) -> Vec<u8> {
    let mut file = [0xa1b2_3c4d, 0x0002_0004, 0, 0, 65535, link].map(u32::to_be_bytes).concat();
    for (micros, data) in packets {
        let (time, length) = (micros / 1_000_000, data.len() as u32);
        let header = [time as u32, (micros % 1_000_000) as u32 * 1000, length, length];
        file.extend(header.map(u32::to_be_bytes).concat());
        file.extend(data);
    }
    file
}

/// The same as pcapng, in milliseconds.
pub fn pcapng(link: u16, packets: &[Packet]) -> Vec<u8> {
    let words = |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let mut file = words(&[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28]);
    // One option, if_tsresol = 3, and the end of options.
    file.extend(words(&[1, 32, link.into(), 65535, 0x0001_0009, 3, 0, 32]));
    for (micros, data) in packets {
        let (millis, length) = (micros / 1000, data.len() as u32);
        let padded = length.next_multiple_of(4);
        let total = 32 + padded;
        file.extend(words(&[6, total, 0, (millis >> 32) as u32, millis as u32, length, length]));
        file.extend(data);
        file.extend(vec![0; (padded - length) as usize]);
        file.extend(words(&[total]));
    }
    file
}

/// An IP packet with a UDP datagram.
pub fn ip(from: &str, to: &str, payload: &[u8]) -> Vec<u8> {
    let [from, to]: [SocketAddr; 2] = [from, to].map(|text| text.parse().expect("an address"));
    let udp_length = payload.len() as u16 + 8;
    let mut packet = match (from.ip(), to.ip()) {
        (IpAddr::V4(source), IpAddr::V4(dest)) => {
            let length = (udp_length + 20).to_be_bytes();
            let mut header = vec![0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 1, 17, 0, 0];
            header.extend(source.octets());
            header.extend(dest.octets());
            header
        }
        (IpAddr::V6(source), IpAddr::V6(dest)) => {
            let length = udp_length.to_be_bytes();
            let mut header = vec![0x60, 0, 0, 0, length[0], length[1], 17, 1];
            header.extend(source.octets());
            header.extend(dest.octets());
            header
        }
        _ => panic!("{from} and {to}"),
    };
    for field in [from.port(), to.port(), udp_length, 0] {
        packet.extend(field.to_be_bytes());
    }
    packet.extend(payload);
    packet
}

/// The same in an Ethernet frame.
pub fn ethernet(from: &str, to: &str, payload: &[u8]) -> Vec<u8> {
    let ip = ip(from, to, payload);
    let kind = if ip[0] >> 4 == 4 { [0x08, 0x00] } else { [0x86, 0xdd] };
    [&[0; 12][..], &kind, &ip].concat()
}

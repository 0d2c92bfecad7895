// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections by the thousand: messages of a sync daemon, written by hand (version 1, IPv4).

use std::net::{Ipv4Addr, SocketAddrV4};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::case::Failure;

/// Where backup daemons listen unless they are told otherwise.
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 81), 8848);
/// The greatest number of entries that fit into a packet of 1500 bytes.
const ENTRIES: usize = 40;
/// How many datagrams are sent at once: the daemon's buffer holds some more.
const BURST: usize = 32;

const INACTIVE: u32 = 0x0100;
const TEMPLATE: u32 = 0x1000;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ESTABLISHED: u16 = 1;
const TIME_WAIT: u16 = 5;

/// What a connection is like, from the point of view of the director.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An open TCP connection.
    Active,
    /// A closed TCP connection.
    Inactive,
    /// A UDP connection.
    Udp,
    /// A template of TCP.
    Template,
}

/// A connection that another director had.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) client: SocketAddrV4,
    pub(super) service: SocketAddrV4,
    pub(super) dest: SocketAddrV4,
}

/// One entry without options: 36 bytes.
fn encode(entry: &Entry) -> Vec<u8> {
    let (protocol, flags, state) = match entry.kind {
        Kind::Active => (TCP, 0, ESTABLISHED),
        Kind::Inactive => (TCP, INACTIVE, TIME_WAIT),
        Kind::Udp => (UDP, INACTIVE, 0),
        Kind::Template => (TCP, TEMPLATE | INACTIVE, 0),
    };
    let (size, mark, timeout) = (36u16, 0u32, 900u32);
    let mut out = vec![0, protocol];
    out.extend(size.to_be_bytes());
    out.extend(flags.to_be_bytes());
    out.extend(state.to_be_bytes());
    let ends = [entry.client, entry.service, entry.dest];
    ends.iter().for_each(|end| out.extend(end.port().to_be_bytes()));
    out.extend(mark.to_be_bytes());
    out.extend(timeout.to_be_bytes());
    ends.iter().for_each(|end| out.extend(end.ip().octets()));
    out
}

/// A datagram of at most [`ENTRIES`] entries, with sync ID 0.
fn datagram(entries: &[Entry]) -> Vec<u8> {
    let body: Vec<u8> = entries.iter().flat_map(encode).collect();
    let size = (8 + body.len()) as u16;
    let [high, low] = size.to_be_bytes();
    [&[0, 0, high, low, entries.len() as u8, 1, 0, 0][..], &body].concat()
}

/// Sends all entries out of the interface with this address. Some may be lost; sending them again
/// changes nothing about those that arrived.
pub(super) fn send(entries: &[Entry], from: Ipv4Addr) -> Result<(), Failure> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_multicast_if_v4(&from)?;
    let datagrams: Vec<_> = entries.chunks(ENTRIES).map(datagram).collect();
    for burst in datagrams.chunks(BURST) {
        for datagram in burst {
            socket.send_to(datagram, &GROUP.into())?;
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_by_the_byte() {
        let end = |last, port| SocketAddrV4::new(Ipv4Addr::new(10, 1, 0, last), port);
        let entry =
            |kind| Entry { kind, client: end(2, 40000), service: end(100, 80), dest: end(3, 8080) };
        let datagram = datagram(&[entry(Kind::Active), entry(Kind::Template)]);
        let ends = "9c40 0050 1f90 00000000 00000384 0a010002 0a010064 0a010003";
        let expected = format!(
            "00 00 0050 02 01 0000  00 06 0024 00000000 0001 {ends}  00 06 0024 00001100 0000 {ends}"
        );
        let shown: String = datagram.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(shown, expected.replace(' ', ""));
    }
}

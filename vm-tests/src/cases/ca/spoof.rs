// SPDX-License-Identifier: MIT OR Apache-2.0
//! A client that says it is somebody else.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::MODULES;
use crate::case::Failure;
use crate::ctx::Ctx;
use crate::full_nat::{FullNat, program};
use crate::{modules, wait};

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const SERVICE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 100), 80);
const SERVER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 80);

/// The ones' complement sum of RFC 1071.
fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u32 =
        words.map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0))).sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    !((sum & 0xffff) + (sum >> 16)) as u16
}

/// A SYN from this port to this socket with these options.
fn syn(port: u16, to: SocketAddrV4, options: &[u8]) -> Vec<u8> {
    let length = 20 + options.len();
    let mut segment = Vec::new();
    segment.extend(port.to_be_bytes());
    segment.extend(to.port().to_be_bytes());
    segment.extend([0, 0, 0, 1, 0, 0, 0, 0]);
    segment.extend([(length as u8 / 4) << 4, 0x02, 0x10, 0, 0, 0, 0, 0]);
    segment.extend(options);
    let pseudo = [0, 6, 0, length as u8];
    let sum = checksum(&[&CLIENT.octets(), &to.ip().octets(), &pseudo, &segment]);
    segment[16..18].copy_from_slice(&sum.to_be_bytes());
    segment
}

/// What a director sends before the first datagram of a flow from port 53 to port 9.
fn announcement() -> Vec<u8> {
    let mut message = vec![8, 0, 0, 0, 0x34, 0x12, 0, 0, 123, 17, 0, 53, 0, 9];
    message.extend(LIE);
    with_sum(message)
}

/// An ICMP message with its checksum.
fn with_sum(mut message: Vec<u8>) -> Vec<u8> {
    let sum = checksum(&[&message]);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

/// An option that names a client.
const LIE: [u8; 8] = lie(254);

const fn lie(kind: u8) -> [u8; 8] {
    [kind, 8, 0x12, 0x34, 203, 0, 113, 9]
}

pub fn run(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&MODULES)?;
    let site = FullNat::build(ctx.topology())?;
    site.server.ip("route add default via 10.0.0.254")?;
    // Without SNAT the director adds nothing of its own: what arrives is what the client sent.
    site.director.run(&program("nft", "flush ruleset")?)?;
    let raw =
        site.client.inside(|| Ok(Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::TCP))?))?;
    let to = SockAddr::from(SERVICE);
    // At an even and at an odd offset, and two of them.
    let odd = [&[1][..], &lie(200), &[1, 1, 1]].concat();
    let two = [lie(254), lie(200)].concat();
    for (port, options) in [(1001, lie(254).to_vec()), (1002, odd), (1003, two)] {
        raw.send_to(&syn(port, SERVICE, &options), &to)?;
        // The server refuses, as nobody listens: it got the segment, and the checksum was right.
        answer(&raw, port)?;
    }
    wait::until("lies that were blanked", &4, || site.director_count("toa_blanked"))?;
    assert_eq!(site.server_count("syn_recv_sock_ip_vs_ca")?, 0);
    assert_eq!(site.server_count("syn_recv_sock_no_ip_vs_ca")?, 3);
    Ok(())
}

/// Who goes past the balancer, through a director that hides all senders, says it to a server that trusts
/// that director.
pub fn past_the_balancer(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&MODULES)?;
    let site = FullNat::build(ctx.topology())?;
    site.server.sysctl("net.ca.trusted", "10.0.0.254")?;
    site.client.ip("route add 10.0.0.0/24 via 192.0.2.254")?;
    let open =
        |protocol| site.client.inside(|| Ok(Socket::new(Domain::IPV4, Type::RAW, Some(protocol))?));
    let (tcp, icmp) = (open(Protocol::TCP)?, open(Protocol::ICMPV4)?);
    let to = SockAddr::from(SERVER);
    tcp.send_to(&syn(1001, SERVER, &LIE), &to)?;
    answer(&tcp, 1001)?;
    wait::until("an option that was blanked", &1, || site.director_count("toa_blanked"))?;
    icmp.send_to(&announcement(), &to)?;
    wait::until("a dropped announcement", &2, || site.director_count("toa_blanked"))?;
    assert_eq!(site.server_count("conn_new")?, 0);
    // What the server would have believed: without the module on the director it does.
    assert_eq!(site.server_count("untrusted")?, 0);
    // Other echo requests are answered.
    icmp.send_to(&with_sum(vec![8, 0, 0, 0, 0x34, 0x12, 0, 1, 123, 17, 0, 53, 0, 9]), &to)?;
    received(&icmp, "an echo reply", |packet| packet.get(20) == Some(&0))
}

/// Waits for a segment to this port.
fn answer(raw: &Socket, port: u16) -> Result<(), Failure> {
    let port = port.to_be_bytes();
    received(raw, "an answer to the SYN", |packet| packet.get(22..24) == Some(port.as_slice()))
}

/// Waits for a packet.
fn received(raw: &Socket, what: &str, wanted: impl Fn(&[u8]) -> bool) -> Result<(), Failure> {
    raw.set_read_timeout(Some(Duration::from_secs(30)))?;
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        let (mut buffer, mut reader) = ([0; 256], raw);
        let length = reader.read(&mut buffer)?;
        if wanted(&buffer[..length]) {
            return Ok(());
        }
    }
    Err(Failure::new(format!("{what} did not come")))
}

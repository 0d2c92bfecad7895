// SPDX-License-Identifier: MIT OR Apache-2.0
//! The grammar of one line of `/proc/net/ip_vs`. Fields are found by blanks, never by columns.

use std::net::{IpAddr, Ipv6Addr};

use ipvs_types::{DestKey, Protocol};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_while_m_n, take_while1};
use nom::character::complete::{char, i64 as decimal, space0, space1, u32 as unsigned};
use nom::combinator::{all_consuming, map, map_opt, map_res, opt, value};
use nom::sequence::{delimited, preceded, separated_pair, terminated};
use nom::{IResult, Parser};

use crate::table::{Dest, Identity, Persistence, Service};

type Read<'a, T> = IResult<&'a str, T>;

/// `IP Virtual Server version 1.2.1 (size=4096)`: the table size.
pub(crate) fn heading(line: &str) -> Read<'_, u32> {
    let version = take_while1(|c: char| c.is_ascii_digit() || c == '.');
    let (rest, _) = (tag("IP Virtual Server version "), version, tag(" (size=")).parse(line)?;
    all_consuming(terminated(unsigned, char(')'))).parse(rest)
}

/// A line of a service, without its destinations.
pub(crate) fn service(line: &str) -> Read<'_, Service> {
    let (rest, identity) = alt((fwmark, address_service)).parse(line)?;
    let (rest, scheduler) = preceded(space1, word).parse(rest)?;
    let (rest, ops) = opt(preceded(space1, tag("ops"))).parse(rest)?;
    let (rest, persistence) = opt(preceded(space1, persistence)).parse(rest)?;
    let (rest, _) = all_consuming(space0).parse(rest)?;
    let scheduler = scheduler.to_owned();
    let (one_packet, dests) = (ops.is_some(), Vec::new());
    Ok((rest, Service { identity, scheduler, one_packet, persistence, dests }))
}

/// A line of a destination.
pub(crate) fn dest(line: &str) -> Read<'_, Dest> {
    let (rest, key) = preceded((space0, tag("->"), space1), endpoint).parse(line)?;
    let (rest, forward) = preceded(space1, word).parse(rest)?;
    let (rest, weight) = preceded(space1, decimal).parse(rest)?;
    let (rest, active) = preceded(space1, decimal).parse(rest)?;
    let (rest, inactive) = preceded(space1, decimal).parse(rest)?;
    let (rest, _) = all_consuming(space0).parse(rest)?;
    Ok((rest, Dest { key, forward: forward.to_owned(), weight, active, inactive }))
}

fn fwmark(input: &str) -> Read<'_, Identity> {
    map(preceded((tag("FWM"), space1), hex32), Identity::Fwmark).parse(input)
}

fn address_service(input: &str) -> Read<'_, Identity> {
    map(separated_pair(protocol, space1, endpoint), |(protocol, endpoint)| Identity::Address {
        protocol,
        address: endpoint.address,
        port: endpoint.port,
    })
    .parse(input)
}

fn protocol(input: &str) -> Read<'_, Protocol> {
    alt((
        value(Protocol::TCP, tag("TCP")),
        value(Protocol::UDP, tag("UDP")),
        value(Protocol::SCTP, tag("SCTP")),
        value(Protocol(58), tag("ICMPv6")),
        value(Protocol(1), tag("ICMP")),
        map(preceded(tag("IP_"), nom::character::complete::u16), Protocol),
        value(Protocol(0), tag("IP")),
    ))
    .parse(input)
}

fn persistence(input: &str) -> Read<'_, Persistence> {
    let fields = separated_pair(decimal, space1, hex32);
    map(preceded((tag("persistent"), space1), fields), |(jiffies, mask)| Persistence {
        jiffies,
        mask,
    })
    .parse(input)
}

/// `0A000001:0050` or `[fd01:…:0100]:0050`.
fn endpoint(input: &str) -> Read<'_, DestKey> {
    let address = alt((map(hex32, |bits| IpAddr::V4(bits.into())), ipv6));
    map(separated_pair(address, char(':'), hex16), |(address, port)| DestKey::new(address, port))
        .parse(input)
}

fn ipv6(input: &str) -> Read<'_, IpAddr> {
    let text = take_while1(|c: char| c.is_ascii_hexdigit() || c == ':');
    map_opt(delimited(char('['), text, char(']')), |text: &str| {
        text.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    })
    .parse(input)
}

fn hex32(input: &str) -> Read<'_, u32> {
    let digits = take_while_m_n(8, 8, |c: char| c.is_ascii_hexdigit());
    map_res(digits, |digits| u32::from_str_radix(digits, 16)).parse(input)
}

fn hex16(input: &str) -> Read<'_, u16> {
    let digits = take_while_m_n(4, 4, |c: char| c.is_ascii_hexdigit());
    map_res(digits, |digits| u16::from_str_radix(digits, 16)).parse(input)
}

fn word(input: &str) -> Read<'_, &str> {
    take_till1(|c: char| c == ' ').parse(input)
}

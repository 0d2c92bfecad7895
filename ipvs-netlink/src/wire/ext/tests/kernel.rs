// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the kernel reads requests: strictly.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipvs_types::*;

use super::bytes::Members;
use crate::Request;
use crate::ext::{ConnectionFilter, ConnectionKey, End, Extent};
use crate::wire::frame::Frames;

/// What the kernel understands of a message in the family `ipvs_ext`.
pub fn understood(message: &[u8]) -> Request {
    let frames: Vec<_> = Frames::new(message).collect();
    let [Ok(frame)] = frames[..] else { panic!("{frames:?}") };
    let ([command, 1, 0, 0], attributes) = frame.payload.split_first_chunk().expect("header")
    else {
        panic!("generic netlink header of {:?}", frame.payload)
    };
    let dump = match frame.flags {
        0x1 => false,
        0x301 => true,
        flags => panic!("flags {flags:#x}"),
    };
    let mut all = Members::of(attributes, &[7, 8, 14]);
    let request = match (command, dump) {
        (1, false) => Request::GetFeatures,
        (2, true) => Request::ListConnections(filter(all.take(8))),
        (2, false) => Request::GetConnection(key(&all.take(7).expect("CONN"))),
        (3, false) => match (all.take(7), all.take(8), all.u32(9)) {
            (Some(nest), None, None) => Request::DeleteConnection(key(&nest)),
            (None, Some(nest), None) => {
                let filter = filter(Some(nest));
                assert!(!filter.is_empty(), "EINVAL");
                Request::DeleteConnections(Some(filter))
            }
            (None, None, Some(1)) => Request::DeleteConnections(None),
            other => panic!("EINVAL: {other:?}"),
        },
        (4, false) => Request::CountConnections(filter(all.take(8))),
        (8, true) => {
            let extent = match all.u32(9) {
                None => Extent::Counted,
                Some(2) => Extent::Rules,
                Some(flags) => panic!("EINVAL: flags {flags:#x}"),
            };
            Request::Snapshot { service: all.take(14).map(|nest| service(&nest)), extent }
        }
        other => panic!("EOPNOTSUPP: {other:?}"),
    };
    all.end();
    request
}

fn key(nest: &[u8]) -> ConnectionKey {
    let mut all = Members::of(nest, &[]);
    let family = all.u16(1).expect("AF");
    let protocol = Protocol(all.u16(2).filter(|number| *number < 256).expect("PROTO"));
    let mut end = |address, port| {
        let address = all.address(address).expect("an address");
        assert_eq!(family, if address.is_ipv4() { 2 } else { 10 });
        SocketAddr::new(address, all.be16(port).expect("a port"))
    };
    let (client, service) = (end(3, 4), end(5, 6));
    let template = match all.u32(12) {
        None => false,
        Some(0x1000) => true,
        Some(flags) => panic!("EINVAL: flags {flags:#x}"),
    };
    all.end();
    ConnectionKey { protocol, client, service, template }
}

fn filter(nest: Option<Vec<u8>>) -> ConnectionFilter {
    let Some(nest) = nest else { return ConnectionFilter::new() };
    let mut all = Members::of(&nest, &[]);
    let family = all.u16(1).map(|number| match number {
        2 => Family::Ipv4,
        10 => Family::Ipv6,
        other => panic!("family {other}"),
    });
    let protocol = all.u16(2).map(Protocol);
    assert!(protocol.is_none_or(|protocol| protocol.0 < 256));
    let mut end = |first| {
        let (address, prefix) = (all.address(first), all.u8(first + 1));
        let network = match (address, prefix) {
            (None, None) => None,
            (Some(address), prefix) => {
                let bits = if address.is_ipv4() { 32 } else { 128 };
                Some(Network::new(address, prefix.unwrap_or(bits)).expect("not longer"))
            }
            (None, Some(_)) => panic!("EINVAL: prefix without address"),
        };
        End { network, port: all.be16(first + 2) }
    };
    let (client, service, dest) = (end(3), end(6), end(9));
    let fwmark = all.u32(12);
    let flags = all.u32(13).map(|flags| {
        let mask = all.u32(14).unwrap_or(flags);
        assert_eq!(flags & !mask, 0, "EINVAL: outside of the mask");
        (ConnectionFlags::from_bits_retain(flags), ConnectionFlags::from_bits_retain(mask))
    });
    let states = all.u32(15);
    let min_idle = all.u32(16).map(|ms| Duration::from_millis(ms.into()));
    all.end();
    ConnectionFilter { family, protocol, client, service, dest, fwmark, flags, states, min_idle }
}

/// A service's identity, whose addresses have 16 bytes.
fn service(nest: &[u8]) -> ServiceKey {
    let mut all = Members::of(nest, &[]);
    let family = match all.u16(1).expect("AF") {
        2 => Family::Ipv4,
        10 => Family::Ipv6,
        other => panic!("EAFNOSUPPORT: {other}"),
    };
    if let Some(mark) = all.u32(5) {
        all.end();
        return ServiceKey::fwmark(mark.try_into().expect("a mark"), family);
    }
    let protocol = Protocol(all.u16(2).filter(|number| *number < 256).expect("PROTOCOL"));
    let IpAddr::V6(address) = all.address(3).expect("ADDR") else { panic!("16 bytes") };
    let address = match family {
        Family::Ipv4 => {
            let [a, b, c, d, rest @ ..] = address.octets();
            assert_eq!(rest, [0; 12]);
            IpAddr::from([a, b, c, d])
        }
        Family::Ipv6 => address.into(),
    };
    let port = all.be16(4).expect("PORT");
    all.end();
    ServiceKey::Address { protocol, address, port }
}

/// What the add-on module understands.
pub fn understood_by_add_on(message: &[u8]) -> ConnectionKey {
    let frame = Frames::new(message).next().expect("a message").expect("well framed");
    let ([1, 1, 0, 0], attributes) = frame.payload.split_first_chunk().expect("header") else {
        panic!("generic netlink header of {:?}", frame.payload)
    };
    assert_eq!(frame.flags, 0x5, "a request that is acknowledged");
    let mut all = Members::of(attributes, &[]);
    let protocol = Protocol(all.u8(1).expect("PROTOCOL").into());
    let mut end = |address, port| {
        SocketAddr::new(all.address(address).expect("address"), all.be16(port).expect("port"))
    };
    let (client, service) = (end(2, 3), end(4, 5));
    all.end();
    assert_eq!(client.is_ipv4(), service.is_ipv4(), "EINVAL");
    ConnectionKey::new(protocol, client, service)
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the link's header to the payload of UDP.

use std::net::{IpAddr, SocketAddr};
#[cfg(feature = "live")]
use std::time::Duration;

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice, ip_number};

use super::Udp;
use super::file::{Frame, Link};

const ETHERNET: Link = Link(1);
const RAW_IP: Link = Link(101);
const COOKED: Link = Link(113);
const IPV4: Link = Link(228);
const IPV6: Link = Link(229);
const COOKED_2: Link = Link(276);

/// What a packet is to a reader of datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate<'p> {
    Wanted(Udp<'p>),
    Foreign,
    Cut,
    Fragment,
    Unreadable,
}

/// The datagram in a packet of IP that came at `time`, if it is to a wanted port.
#[cfg(feature = "live")]
pub(crate) fn in_ip(time: Duration, data: &[u8], wanted: impl Fn(u16) -> bool) -> Fate<'_> {
    udp(Frame { time, link: RAW_IP, data }, wanted)
}

/// The datagram in a packet, if it is to a wanted port.
pub(super) fn udp<'p>(frame: Frame<'p>, wanted: impl Fn(u16) -> bool) -> Fate<'p> {
    let Some(packet) = slice(frame) else { return Fate::Unreadable };
    let (source, dest, payload): (IpAddr, IpAddr, _) = match &packet.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into(), ip.payload())
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into(), ip.payload())
        }
        Some(LaxNetSlice::Arp(_)) => return Fate::Foreign,
        None if packet.stop_err.is_some() => return Fate::Unreadable,
        None => return Fate::Foreign,
    };
    if payload.fragmented && payload.ip_number == ip_number::UDP {
        return Fate::Fragment;
    }
    match &packet.transport {
        Some(TransportSlice::Udp(udp)) if wanted(udp.destination_port()) => {
            // The header's length covers its own 8 bytes.
            if usize::from(udp.length()) > udp.payload().len() + 8 {
                return Fate::Cut;
            }
            Fate::Wanted(Udp {
                time: frame.time,
                from: SocketAddr::new(source, udp.source_port()),
                to: SocketAddr::new(dest, udp.destination_port()),
                payload: udp.payload(),
            })
        }
        None if payload.ip_number == ip_number::UDP => Fate::Unreadable,
        _ => Fate::Foreign,
    }
}

fn slice<'p>(Frame { link, data, .. }: Frame<'p>) -> Option<LaxSlicedPacket<'p>> {
    match link {
        ETHERNET => LaxSlicedPacket::from_ethernet(data).ok(),
        RAW_IP | IPV4 | IPV6 => LaxSlicedPacket::from_ip(data).ok(),
        COOKED => cooked(data, 14, 16),
        COOKED_2 => cooked(data, 0, 20),
        _ => None,
    }
}

/// Linux "cooked": where the protocol is, and how long the header.
fn cooked(data: &[u8], protocol: usize, header: usize) -> Option<LaxSlicedPacket<'_>> {
    let payload = data.get(header..)?;
    let bytes = data.get(protocol..)?.first_chunk::<2>()?;
    Some(LaxSlicedPacket::from_ether_type(EtherType(u16::from_be_bytes(*bytes)), payload))
}

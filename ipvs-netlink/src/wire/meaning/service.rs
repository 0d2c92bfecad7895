// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the attributes of a service mean.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_types::{
    CounterWidth, Counters, Family, Granularity, Persistence, Rates, ServiceConfig, ServiceFlags,
    ServiceKey, Stats,
};
use netlink_packet_core::Nla;

use super::{last, service_nest};
use crate::wire::{IpvsMessage, ServiceAttribute as A, StatsAttribute as S};
use crate::{ServiceEntry, UnknownAttribute};

/// The service in an answer.
pub(crate) fn service(message: &IpvsMessage) -> Option<ServiceEntry> {
    let nest = service_nest(message)?;
    let key = key(nest)?;
    let (config, _) = config(nest, key.family())?;
    let wide = last(nest, |a| if let A::Stats64(n) = a { Some(&n.attributes) } else { None });
    let narrow = last(nest, |a| if let A::Stats(n) = a { Some(&n.attributes) } else { None });
    let unknown = nest.iter().filter_map(|a| match a {
        A::Other(other) => unknown(other),
        _ => None,
    });
    let mut entry = ServiceEntry::new(key, config);
    entry.stats = either(wide, narrow)?;
    entry.unknown = unknown.collect();
    Some(entry)
}

pub(super) fn unknown(other: &netlink_packet_core::DefaultNla) -> Option<UnknownAttribute> {
    let mut payload = vec![0; other.value_len()];
    other.emit_value(&mut payload);
    Some(UnknownAttribute { number: other.kind() & 0x3fff, payload })
}

pub(super) fn family(number: u16) -> Option<Family> {
    match number {
        2 => Some(Family::Ipv4),
        10 => Some(Family::Ipv6),
        _ => None,
    }
}

pub(super) fn address(bytes: [u8; 16], family: Family) -> IpAddr {
    let [a, b, c, d, ..] = bytes;
    match family {
        Family::Ipv4 => [a, b, c, d].into(),
        Family::Ipv6 => Ipv6Addr::from(bytes).into(),
    }
}

pub(super) fn key(nest: &[A]) -> Option<ServiceKey> {
    let family = family(last(nest, |a| if let A::Family(f) = a { Some(*f) } else { None })?)?;
    let mark = last(nest, |a| if let A::Fwmark(m) = a { Some(*m) } else { None });
    if let Some(mark) = mark.and_then(NonZeroU32::new) {
        return Some(ServiceKey::Fwmark { mark, family });
    }
    let bytes = last(nest, |a| if let A::Address(b) = a { Some(*b) } else { None })?;
    Some(ServiceKey::Address {
        protocol: last(nest, |a| if let A::Protocol(p) = a { Some(*p) } else { None })?,
        address: address(bytes, family),
        port: last(nest, |a| if let A::Port(p) = a { Some(*p) } else { None })?,
    })
}

/// The configuration, and which flags count.
pub(super) fn config(nest: &[A], family: Family) -> Option<(ServiceConfig, ServiceFlags)> {
    let scheduler = last(nest, |a| if let A::Scheduler(s) = a { Some(*s) } else { None })?;
    let (flags, mask) = last(nest, |a| match a {
        A::Flags { value, mask } => Some((*value, *mask)),
        _ => None,
    })?;
    let seconds = last(nest, |a| if let A::Timeout(s) = a { Some(*s) } else { None });
    let netmask = last(nest, |a| if let A::Netmask(m) = a { Some(*m) } else { None });
    let mut config = ServiceConfig::new(scheduler).flags(ServiceFlags::from_kernel(flags));
    config.engine = last(nest, |a| if let A::Engine(e) = a { Some(*e) } else { None });
    if flags & mask & 1 != 0 {
        let granularity = match family {
            Family::Ipv4 => Granularity::ipv4(netmask?.into()),
            Family::Ipv6 => {
                let prefix = u32::from_ne_bytes(netmask?);
                Granularity::ipv6(prefix.try_into().ok()?).ok()?
            }
        };
        let timeout = Duration::from_secs(seconds?.into());
        config.persistence = Some(Persistence { timeout, granularity });
    }
    Some((config, ServiceFlags::from_kernel(mask)))
}

/// The statistics of either nest: the wide ones where there are any.
pub(super) fn either(wide: Option<&Vec<S<u64>>>, narrow: Option<&Vec<S<u32>>>) -> Option<Stats> {
    match wide {
        Some(nest) => stats(nest, CounterWidth::Bits64),
        None => stats(narrow?, CounterWidth::Bits32),
    }
}

fn stats<N: Copy + Into<u64>>(nest: &[S<N>], width: CounterWidth) -> Option<Stats> {
    let number = |pick: fn(&S<N>) -> Option<N>| last(nest, pick).map(Into::into);
    let bytes = |pick: fn(&S<N>) -> Option<u64>| last(nest, pick);
    let counters = Counters {
        connections: number(|a| if let S::Connections(n) = a { Some(*n) } else { None })?,
        in_packets: number(|a| if let S::InPackets(n) = a { Some(*n) } else { None })?,
        out_packets: number(|a| if let S::OutPackets(n) = a { Some(*n) } else { None })?,
        in_bytes: bytes(|a| if let S::InBytes(n) = a { Some(*n) } else { None })?,
        out_bytes: bytes(|a| if let S::OutBytes(n) = a { Some(*n) } else { None })?,
    };
    let rates = Rates {
        connections: number(|a| if let S::ConnectionRate(n) = a { Some(*n) } else { None })?,
        in_packets: number(|a| if let S::InPacketRate(n) = a { Some(*n) } else { None })?,
        out_packets: number(|a| if let S::OutPacketRate(n) = a { Some(*n) } else { None })?,
        in_bytes: number(|a| if let S::InByteRate(n) = a { Some(*n) } else { None })?,
        out_bytes: number(|a| if let S::OutByteRate(n) = a { Some(*n) } else { None })?,
    };
    Some(Stats { counters, rates, width })
}

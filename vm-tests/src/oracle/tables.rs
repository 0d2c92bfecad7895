// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random services and destinations, as a kernel may report them.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_netlink::types::{
    Counters, DestConfig, DestKey, EngineName, Family, Forward, Granularity, Method, Persistence,
    Protocol, Rates, RawForward, Scheduler, ServiceConfig, ServiceFlags, ServiceKey, Stats,
    TunnelFlags,
};
use ipvs_netlink::{DestEntry, ServiceEntry, ServiceTable};
use proptest::prelude::*;
use proptest::sample::select;

/// Services with their destinations, each service once.
pub(super) fn tables() -> impl Strategy<Value = Vec<ServiceTable>> {
    prop::collection::vec((service(), prop::collection::vec(dest(), 0..6)), 0..7).prop_map(
        |pairs| {
            let mut seen = HashSet::new();
            let tables = pairs.into_iter().map(|(service, dests)| ServiceTable { service, dests });
            tables.filter(|table| seen.insert(table.service.key)).collect()
        },
    )
}

/// Addresses with and without names, and such that the C tool's order runs in circles.
fn address() -> impl Strategy<Value = IpAddr> {
    let four = [
        "10.0.0.1",
        "10.0.0.2",
        "10.1.1.1",
        "10.1.1.2",
        "1.0.0.1",
        "130.0.0.1",
        "200.0.0.1",
        "172.16.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "127.0.0.1",
    ];
    let six = [
        "2001:db8::1",
        "::1",
        "::",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "8000::1",
        "2001:db8::2",
    ];
    let parsed = |texts: &[&str]| -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    };
    prop_oneof![
        8 => select(parsed(&four)),
        4 => select(parsed(&six)),
        1 => any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).into()),
        2 => six_bits().prop_map(|bits| Ipv6Addr::from_bits(bits).into()),
    ]
}

/// An IPv6 address of which each sixteen bits may be zero, at every place: their text depends on
/// where they are.
pub(super) fn six_bits() -> impl Strategy<Value = u128> {
    (any::<u128>(), any::<u8>(), any::<bool>()).prop_map(|(bits, zero, short)| {
        let groups = (0..8).filter(|group| zero >> group & 1 == 0).map(|group| group * 16);
        // A group that is small, or 0xffff, as in addresses that stand for IPv4 ones.
        let part = |at: i32| match bits >> at & 0xffff {
            group if short && group & 1 == 0 => group & 0xf,
            group if short && group & 2 == 0 => group | 0xffff,
            group => group,
        };
        groups.map(|at| part(at) << at).sum()
    })
}

fn port() -> impl Strategy<Value = u16> {
    prop_oneof![4 => select(&[0, 53, 80, 80, 443, 4321, 5060, 14001, 65535][..]), 1 => any::<u16>()]
}

fn key() -> impl Strategy<Value = ServiceKey> {
    let protocol = select(&[6, 6, 6, 17, 17, 132, 1, 255][..]).prop_map(Protocol);
    let mark =
        prop_oneof![select(&[1, 2, 7, 0x7fff_ffff, 0x8000_0000, u32::MAX][..]), 1..=u32::MAX];
    let family = select(&[Family::Ipv4, Family::Ipv6][..]);
    // What the command lines ask for most.
    let asked =
        ["tcp/10.0.0.1:80", "udp/10.0.0.1:53", "tcp/[2001:db8::1]:80", "fwmark/1", "fwmark6/1"];
    let asked: Vec<ServiceKey> = asked.iter().map(|key| key.parse().expect("a service")).collect();
    prop_oneof![
        2 => select(asked),
        4 => (protocol, address(), port())
            .prop_map(|(protocol, address, port)| ServiceKey::Address { protocol, address, port }),
        1 => (mark, family).prop_map(|(mark, family)| ServiceKey::Fwmark {
            mark: NonZeroU32::new(mark).unwrap_or(NonZeroU32::MIN),
            family,
        }),
    ]
}

fn service() -> impl Strategy<Value = ServiceEntry> {
    let names = ["rr", "wrr", "wlc", "sh", "sh", "mh", "mh", "fifteen-bytes-x", "none", ""];
    let scheduler = select(names.map(|name| Scheduler::new(name).expect("a short name")).to_vec());
    let bits = prop_oneof![
        3 => Just(0),
        4 => prop::bits::u32::masked(0x3c),
        1 => any::<u32>(),
    ];
    let timeout = select(&[1_u32, 5, 300, 360, 2_678_400, 0, 2_147_483_647][..]);
    let mask =
        prop_oneof![select(&[u32::MAX, u32::MAX, 0xffff_ff00, 0, 0xff00_ff00][..]), any::<u32>()];
    let prefix = select(&[128_u8, 128, 64, 1, 127][..]);
    let engine = select(
        ["sip", "sixteen-bytes-xy"]
            .map(|name| EngineName::new(name).expect("a short name"))
            .to_vec(),
    );
    let persistence = proptest::option::weighted(0.4, (timeout, mask, prefix));
    let config = (scheduler, bits, persistence, proptest::option::weighted(0.2, engine));
    (key(), config, stats()).prop_map(|(key, (scheduler, bits, persistence, engine), stats)| {
        let mut config = ServiceConfig::new(scheduler).flags(ServiceFlags::from_kernel(bits));
        config.engine = engine;
        config.persistence = persistence.map(|(timeout, mask, prefix)| {
            let granularity = match key.family() {
                Family::Ipv4 => Granularity::ipv4(Ipv4Addr::from_bits(mask)),
                Family::Ipv6 => Granularity::ipv6(prefix).unwrap_or_default(),
            };
            Persistence::new(Duration::from_secs(timeout.into())).granularity(granularity)
        });
        let mut entry = ServiceEntry::new(key, config);
        entry.stats = stats;
        entry
    })
}

fn forward() -> impl Strategy<Value = Forward> {
    let method = select(&[0, 1, 2, 2, 2, 3, 3, 4, 5][..]).prop_map(Method::from_flags);
    // Both flags at once, the C tool reads past a table (docs/compatibility.md).
    let flags = (0..3_u16).prop_map(TunnelFlags::from_bits_retain);
    let port = select(&[0_u16, 80, 6080, 65535][..]);
    (method, 0..4_u8, port, flags).prop_map(|(method, tunnel_type, tunnel_port, tunnel_flags)| {
        RawForward { method, tunnel_type, tunnel_port, tunnel_flags }.into()
    })
}

fn count() -> impl Strategy<Value = u32> {
    prop_oneof![
        4 => 0..100_u32,
        1 => select(&[1_000_000_000, 2_147_483_647, 2_147_483_648, u32::MAX][..]),
        1 => any::<u32>(),
    ]
}

fn dest() -> impl Strategy<Value = DestEntry> {
    let key = (address(), port()).prop_map(|(address, port)| DestKey::new(address, port));
    let config = (forward(), count(), count(), count());
    (key, config, (count(), count(), count()), stats()).prop_map(|(key, config, seen, stats)| {
        let (forward, weight, upper, lower) = config;
        let config = DestConfig::new(forward).weight(weight).thresholds(upper, lower);
        let mut entry = DestEntry::new(key, config);
        (entry.active, entry.inactive, entry.persistent) = seen;
        entry.stats = stats;
        entry
    })
}

/// Counters around every size at which their text changes.
fn counter() -> impl Strategy<Value = u64> {
    let power = (0..20_u32, 0..3_u64).prop_map(|(power, more)| 10_u64.pow(power) - 1 + more);
    prop_oneof![4 => 0..1000_u64, 2 => power, 1 => any::<u64>(), 1 => Just(u64::MAX), 1 => any::<u32>().prop_map(u64::from)]
}

fn stats() -> impl Strategy<Value = Stats> {
    let five = || [counter(), counter(), counter(), counter(), counter()];
    (five(), five()).prop_map(|(c, r)| {
        let mut stats = Stats::default();
        let [connections, in_packets, out_packets, in_bytes, out_bytes] = c;
        stats.counters = Counters { connections, in_packets, out_packets, in_bytes, out_bytes };
        let [connections, in_packets, out_packets, in_bytes, out_bytes] = r;
        stats.rates = Rates { connections, in_packets, out_packets, in_bytes, out_bytes };
        stats
    })
}

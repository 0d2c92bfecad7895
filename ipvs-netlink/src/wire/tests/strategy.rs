// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arbitrary values of the model that the kernel reads as they are meant.

use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU16, NonZeroU32};
use std::time::Duration;

use ipvs_types::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::{DestEntry, Info, Operation, Request, ServiceEntry, UnknownAttribute, Version};

fn family() -> impl Strategy<Value = Family> {
    prop_oneof![Just(Family::Ipv4), Just(Family::Ipv6)]
}

pub fn service_key() -> impl Strategy<Value = ServiceKey> {
    prop_oneof![
        any::<(u16, IpAddr, u16)>().prop_map(|(protocol, address, port)| {
            ServiceKey::Address { protocol: Protocol(protocol), address, port }
        }),
        (any::<NonZeroU32>(), family()).prop_map(|(mark, family)| ServiceKey::fwmark(mark, family)),
    ]
}

/// Bytes without NUL.
fn text(len: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<u8>> {
    vec(1..=u8::MAX, len)
}

fn granularity(family: Family) -> BoxedStrategy<Granularity> {
    match family {
        Family::Ipv4 => any::<[u8; 4]>().prop_map(|m| Granularity::ipv4(m.into())).boxed(),
        Family::Ipv6 => (1..=128_u8).prop_map(|p| Granularity::ipv6(p).expect("in range")).boxed(),
    }
}

fn persistence(family: Family) -> impl Strategy<Value = Persistence> {
    (0..=MAX_PERSISTENCE.as_secs(), granularity(family))
        .prop_map(|(s, granularity)| Persistence { timeout: Duration::from_secs(s), granularity })
}

fn service_config(family: Family) -> impl Strategy<Value = ServiceConfig> {
    (text(0..=15), any::<u32>(), option::of(persistence(family)), option::of(text(1..=16)))
        .prop_map(|(scheduler, flags, persistence, engine)| {
            let mut config = ServiceConfig::new(Scheduler::new(scheduler).expect("short"))
                .flags(ServiceFlags::from_kernel(flags));
            config.persistence = persistence;
            config.engine = engine.map(|name| EngineName::new(name).expect("short"));
            config
        })
}

pub fn service() -> impl Strategy<Value = (ServiceKey, ServiceConfig)> {
    service_key().prop_flat_map(|key| (Just(key), service_config(key.family())))
}

pub fn dest_key() -> impl Strategy<Value = DestKey> {
    any::<(IpAddr, u16)>().prop_map(|(address, port)| DestKey::new(address, port))
}

fn forward() -> impl Strategy<Value = Forward> {
    let zero_or = || prop_oneof![Just(0_u16), any::<u16>()];
    (any::<u32>(), prop_oneof![0..4_u8, any::<u8>()], zero_or(), zero_or()).prop_map(
        |(method, tunnel_type, tunnel_port, flags)| {
            Forward::from(RawForward {
                method: Method::from_flags(method),
                tunnel_type,
                tunnel_port,
                tunnel_flags: TunnelFlags::from_bits_retain(flags),
            })
        },
    )
}

pub fn dest_config() -> impl Strategy<Value = DestConfig> {
    (forward(), any::<u32>(), any::<u32>(), any::<u32>()).prop_map(|(forward, weight, x, y)| {
        DestConfig::new(forward).weight(weight).thresholds(x, y)
    })
}

pub fn role() -> impl Strategy<Value = DaemonRole> {
    prop_oneof![Just(DaemonRole::Master), Just(DaemonRole::Backup)]
}

pub fn daemon() -> impl Strategy<Value = DaemonConfig> {
    let options =
        any::<(Option<NonZeroU16>, Option<IpAddr>, Option<NonZeroU16>, Option<NonZeroU8>)>();
    (role(), text(1..=15), any::<u32>(), options).prop_map(
        |(role, interface, id, (max_len, group, port, ttl))| {
            let interface = InterfaceName::new(interface).expect("short");
            let mut daemon = DaemonConfig::new(role, interface);
            daemon.sync_id = SyncId::observed(id);
            (daemon.max_len, daemon.group, daemon.port, daemon.ttl) = (max_len, group, port, ttl);
            daemon
        },
    )
}

fn seconds() -> impl Strategy<Value = Duration> {
    (1..=i32::MAX as u64).prop_map(Duration::from_secs)
}

pub fn timeouts() -> impl Strategy<Value = Timeouts> {
    (seconds(), seconds(), seconds()).prop_map(|(tcp, tcp_fin, udp)| Timeouts { tcp, tcp_fin, udp })
}

pub fn info() -> impl Strategy<Value = Info> {
    any::<(u32, u32)>().prop_map(|(version, size)| Info::new(Version(version), size))
}

fn operation() -> impl Strategy<Value = Operation> {
    let dest = || (service_key(), dest_key(), dest_config());
    let timeouts = (option::of(seconds()), option::of(seconds()), option::of(seconds()));
    prop_oneof![
        service().prop_map(|(service, config)| Operation::CreateService { service, config }),
        (service(), any::<u32>()).prop_map(|((service, config), mask)| {
            Operation::UpdateService { service, config, mask: ServiceFlags::from_kernel(mask) }
        }),
        service_key().prop_map(|service| Operation::DeleteService { service }),
        dest().prop_map(|(service, dest, config)| Operation::CreateDest { service, dest, config }),
        dest().prop_map(|(service, dest, config)| Operation::UpdateDest { service, dest, config }),
        (service_key(), dest_key())
            .prop_map(|(service, dest)| Operation::DeleteDest { service, dest }),
        daemon().prop_map(|config| Operation::StartDaemon { config }),
        role().prop_map(|role| Operation::StopDaemon { role }),
        timeouts.prop_map(|(tcp, tcp_fin, udp)| Operation::SetTimeouts {
            change: TimeoutsChange { tcp, tcp_fin, udp }
        }),
        option::of(service_key()).prop_map(|service| Operation::Zero { service }),
        Just(Operation::Flush),
    ]
}

/// Any request to the family.
pub fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        12 => operation().prop_map(Request::Change),
        1 => Just(Request::ListServices),
        1 => service_key().prop_map(Request::GetService),
        1 => service_key().prop_map(Request::ListDests),
        1 => Just(Request::ListDaemons),
        1 => Just(Request::GetTimeouts),
        1 => Just(Request::GetInfo),
    ]
}

/// Statistics that fit into their width.
pub fn stats() -> impl Strategy<Value = Stats> {
    any::<([u64; 5], [u64; 5], bool)>().prop_map(|(sums, rates, wide)| {
        let cut = |n: u64| if wide { n } else { n & 0xffff_ffff };
        Stats {
            counters: Counters {
                connections: cut(sums[0]),
                in_packets: cut(sums[1]),
                out_packets: cut(sums[2]),
                in_bytes: sums[3],
                out_bytes: sums[4],
            },
            rates: Rates {
                connections: cut(rates[0]),
                in_packets: cut(rates[1]),
                out_packets: cut(rates[2]),
                in_bytes: cut(rates[3]),
                out_bytes: cut(rates[4]),
            },
            width: if wide { CounterWidth::Bits64 } else { CounterWidth::Bits32 },
        }
    })
}

/// Attributes with numbers from `first` on.
fn unknown(first: u16) -> impl Strategy<Value = Vec<UnknownAttribute>> {
    let one = (first..0x4000, vec(any::<u8>(), 0..9));
    vec(one.prop_map(|(number, payload)| UnknownAttribute { number, payload }), 0..3)
}

pub fn service_entry() -> impl Strategy<Value = ServiceEntry> {
    (service(), stats(), unknown(13)).prop_map(|((key, config), stats, unknown)| ServiceEntry {
        key,
        config,
        stats,
        unknown,
    })
}

pub fn dest_entry() -> impl Strategy<Value = DestEntry> {
    (dest_key(), dest_config(), any::<[u32; 3]>(), stats(), unknown(16)).prop_map(
        |(key, config, [active, inactive, persistent], stats, unknown)| DestEntry {
            key,
            config,
            active,
            inactive,
            persistent,
            stats,
            unknown,
        },
    )
}

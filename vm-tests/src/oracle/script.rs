// SPDX-License-Identifier: MIT OR Apache-2.0
//! The state as text, as `vm-tests/oracle/answers.c` reads it: a line each, with numbers as they are
//! in the C structures' memory, and names and addresses in hexadecimal.

use std::fmt::Write;
use std::net::IpAddr;

use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, Family, Persistence, ServiceConfig, ServiceKey, Stats,
};
use ipvs_netlink::{DestEntry, ServiceEntry};

use super::state::{Question, State};

/// Bytes in hexadecimal; `-` for none.
pub(super) fn hex(bytes: &[u8]) -> String {
    match bytes {
        [] => "-".to_owned(),
        _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// `AF_INET` or `AF_INET6`.
pub(super) fn family(family: Family) -> u16 {
    match family {
        Family::Ipv4 => 2,
        Family::Ipv6 => 10,
    }
}

/// An address in network order.
pub(super) fn address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => hex(&address.octets()),
        IpAddr::V6(address) => hex(&address.octets()),
    }
}

/// The granularity as the number that is in the kernel's netmask.
pub(super) fn mask(persistence: &Persistence, family: Family) -> u32 {
    let granularity = persistence.granularity;
    match family {
        Family::Ipv4 => granularity.ipv4_mask().map(|mask| u32::from_ne_bytes(mask.octets())),
        Family::Ipv6 => granularity.ipv6_prefix().map(u32::from),
    }
    .unwrap_or_default()
}

/// `master` or `backup`, as the kernel numbers them.
pub(super) fn role(role: DaemonRole) -> u8 {
    match role {
        DaemonRole::Master => 1,
        DaemonRole::Backup => 2,
    }
}

/// The script for the C tool.
pub(super) fn text(state: &State) -> String {
    let mut text = String::new();
    let mut line = |words: std::fmt::Arguments<'_>| {
        text.write_fmt(words).and_then(|()| text.write_char('\n')).expect("a String takes all");
    };
    line(format_args!("info {} {}", state.info.version.0, state.info.connection_table_size));
    let timeouts = &state.timeouts;
    let [tcp, fin, udp] = [timeouts.tcp, timeouts.tcp_fin, timeouts.udp].map(|time| time.as_secs());
    line(format_args!("timeouts {tcp} {fin} {udp}"));
    for daemon in &state.daemons {
        line(format_args!("daemon {}", self::daemon(daemon)));
    }
    for table in &state.services {
        line(format_args!("service {}", service(&table.service)));
        for entry in &table.dests {
            line(format_args!("dest {}", dest(entry)));
        }
    }
    for (nth, errno) in &state.refused {
        line(format_args!("refuse {nth} {}", errno.0));
    }
    if let Some((question, errno)) = state.failure {
        let name = match question {
            Question::Init => "init",
            Question::Services => "services",
            Question::Service => "service",
            Question::Timeouts => "timeouts",
            Question::Daemons => "daemons",
        };
        line(format_args!("fail {name} {}", errno.0));
    }
    text
}

fn service(entry: &ServiceEntry) -> String {
    let key = match entry.key {
        ServiceKey::Address { protocol, address, port } => {
            let (family, bytes) = (family(entry.key.family()), self::address(address));
            format!("{family} {} {bytes} {port} 0", protocol.number())
        }
        ServiceKey::Fwmark { mark, family } => format!("{} 0 - 0 {mark}", self::family(family)),
    };
    let ServiceConfig { scheduler, flags, persistence, engine, .. } = &entry.config;
    let (timeout, mask) = persistence.as_ref().map_or((0, 0), |persistence| {
        (persistence.timeout.as_secs(), mask(persistence, entry.key.family()))
    });
    let flags = flags.to_kernel(persistence.is_some());
    let engine = engine.as_ref().map_or(&b""[..], |engine| engine.as_bytes());
    let (scheduler, engine) = (hex(scheduler.as_bytes()), hex(engine));
    format!("{key} {scheduler} {flags} {timeout} {mask} {engine} {}", stats(&entry.stats))
}

fn dest(entry: &DestEntry) -> String {
    let (key, config) = (&entry.key, &entry.config);
    let (family, address, raw) = (family(key.family()), address(key.address), config.forward.raw());
    let threshold = |threshold: Option<std::num::NonZeroU32>| threshold.map_or(0, u32::from);
    let (upper, lower) = (threshold(config.upper_threshold), threshold(config.lower_threshold));
    let seen = format!("{} {} {}", entry.active, entry.inactive, entry.persistent);
    let tunnel = format!("{} {} {}", raw.tunnel_type, raw.tunnel_port, raw.tunnel_flags.bits());
    let (method, weight, stats) = (raw.method.number(), config.weight, stats(&entry.stats));
    format!(
        "{family} {address} {} {method} {weight} {upper} {lower} {seen} {tunnel} {stats}",
        key.port
    )
}

fn daemon(daemon: &DaemonConfig) -> String {
    let (af, group) = match daemon.group {
        None => (0, hex(b"")),
        Some(group) => (family(Family::of(group)), address(group)),
    };
    format!(
        "{} {} {} {} {} {} {af} {group}",
        role(daemon.role),
        hex(daemon.interface.as_bytes()),
        daemon.sync_id.get(),
        daemon.max_len.map_or(0, u16::from),
        daemon.port.map_or(0, u16::from),
        daemon.ttl.map_or(0, u8::from),
    )
}

fn stats(stats: &Stats) -> String {
    let (c, r) = (&stats.counters, &stats.rates);
    [
        [c.connections, c.in_packets, c.out_packets, c.in_bytes, c.out_bytes],
        [r.connections, r.in_packets, r.out_packets, r.in_bytes, r.out_bytes],
    ]
    .concat()
    .iter()
    .map(u64::to_string)
    .collect::<Vec<_>>()
    .join(" ")
}

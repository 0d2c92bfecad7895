// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's part: answers as enums of attributes, in the kernel's order.

use std::net::IpAddr;

use ipvs_types::*;
use netlink_packet_core::{DefaultNla, Emitable};

use crate::wire::*;
use crate::{DestEntry, Info, ServiceEntry, UnknownAttribute};

/// A message as bytes, without headers.
pub fn bytes(message: &impl Emitable) -> Vec<u8> {
    let mut bytes = vec![0; message.buffer_len()];
    message.emit(&mut bytes);
    bytes
}

pub fn service_message(attributes: Vec<ServiceAttribute>) -> IpvsMessage {
    let nest = Nest { attributes, flagged: false };
    IpvsMessage { command: Command::NewService, attributes: vec![IpvsAttribute::Service(nest)] }
}

pub fn dest_message(attributes: Vec<DestAttribute>) -> IpvsMessage {
    let nest = Nest { attributes, flagged: false };
    IpvsMessage { command: Command::NewDest, attributes: vec![IpvsAttribute::Dest(nest)] }
}

pub fn daemon_message(attributes: Vec<DaemonAttribute>) -> IpvsMessage {
    let nest = Nest { attributes, flagged: false };
    IpvsMessage { command: Command::NewDaemon, attributes: vec![IpvsAttribute::Daemon(nest)] }
}

fn af(family: Family) -> u16 {
    if family == Family::Ipv4 { 2 } else { 10 }
}

fn address(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn other(unknown: &UnknownAttribute) -> DefaultNla {
    DefaultNla::new(unknown.number, unknown.payload.clone())
}

fn stats<N>(stats: &Stats, count: fn(u64) -> N) -> Nest<StatsAttribute<N>> {
    let (sums, rates) = (stats.counters, stats.rates);
    let attributes = vec![
        StatsAttribute::Connections(count(sums.connections)),
        StatsAttribute::InPackets(count(sums.in_packets)),
        StatsAttribute::OutPackets(count(sums.out_packets)),
        // Architectures that align 64-bit numbers have padding here.
        StatsAttribute::Other(DefaultNla::new(11, vec![])),
        StatsAttribute::InBytes(sums.in_bytes),
        StatsAttribute::OutBytes(sums.out_bytes),
        StatsAttribute::ConnectionRate(count(rates.connections)),
        StatsAttribute::InPacketRate(count(rates.in_packets)),
        StatsAttribute::OutPacketRate(count(rates.out_packets)),
        StatsAttribute::InByteRate(count(rates.in_bytes)),
        StatsAttribute::OutByteRate(count(rates.out_bytes)),
    ];
    Nest { attributes, flagged: false }
}

/// The truncation that the kernel does in the older form.
pub fn narrow(full: &Stats) -> Nest<StatsAttribute<u32>> {
    stats(full, |n| n as u32)
}

pub fn wide(full: &Stats) -> Nest<StatsAttribute<u64>> {
    stats(full, |n| n)
}

pub fn service_attributes(entry: &ServiceEntry) -> Vec<ServiceAttribute> {
    let ServiceEntry { key, config, .. } = entry;
    let mut list = vec![ServiceAttribute::Family(af(key.family()))];
    match *key {
        ServiceKey::Fwmark { mark, .. } => list.push(ServiceAttribute::Fwmark(mark.get())),
        ServiceKey::Address { protocol, address: vip, port } => list.extend([
            ServiceAttribute::Protocol(protocol),
            ServiceAttribute::Address(address(vip)),
            ServiceAttribute::Port(port),
        ]),
    }
    list.push(ServiceAttribute::Scheduler(config.scheduler));
    list.extend(config.engine.map(ServiceAttribute::Engine));
    let persistence = config.persistence;
    let value = config.flags.bits() | u32::from(persistence.is_some()) | 2;
    list.push(ServiceAttribute::Flags { value, mask: u32::MAX });
    let granularity = persistence.map(|p| p.granularity).unwrap_or_default();
    let netmask = match key.family() {
        Family::Ipv4 => granularity.ipv4_mask().expect("an IPv4 granularity").octets(),
        Family::Ipv6 => {
            u32::from(granularity.ipv6_prefix().expect("an IPv6 granularity")).to_ne_bytes()
        }
    };
    let seconds = persistence.map_or(0, |p| p.timeout.as_secs() as u32);
    list.extend([ServiceAttribute::Timeout(seconds), ServiceAttribute::Netmask(netmask)]);
    list.push(ServiceAttribute::Stats(narrow(&entry.stats)));
    if entry.stats.width == CounterWidth::Bits64 {
        list.push(ServiceAttribute::Stats64(wide(&entry.stats)));
    }
    list.extend(entry.unknown.iter().map(other).map(ServiceAttribute::Other));
    list
}

pub fn dest_attributes(entry: &DestEntry) -> Vec<DestAttribute> {
    let DestEntry { key, config, .. } = entry;
    let raw = config.forward.raw();
    let mut list = vec![
        DestAttribute::Address(address(key.address)),
        DestAttribute::Port(key.port),
        DestAttribute::Method(raw.method.number().into()),
        DestAttribute::Weight(config.weight),
        DestAttribute::TunnelType(raw.tunnel_type),
        DestAttribute::TunnelPort(raw.tunnel_port),
        DestAttribute::TunnelFlags(raw.tunnel_flags),
        DestAttribute::UpperThreshold(config.upper_threshold.map_or(0, u32::from)),
        DestAttribute::LowerThreshold(config.lower_threshold.map_or(0, u32::from)),
        DestAttribute::ActiveConnections(entry.active),
        DestAttribute::InactiveConnections(entry.inactive),
        DestAttribute::PersistentConnections(entry.persistent),
        DestAttribute::Family(af(key.family())),
        DestAttribute::Stats(narrow(&entry.stats)),
    ];
    if entry.stats.width == CounterWidth::Bits64 {
        list.push(DestAttribute::Stats64(wide(&entry.stats)));
    }
    list.extend(entry.unknown.iter().map(other).map(DestAttribute::Other));
    list
}

pub fn daemon_attributes(daemon: &DaemonConfig) -> Vec<DaemonAttribute> {
    let mut list = vec![
        DaemonAttribute::State(if daemon.role == DaemonRole::Master { 1 } else { 2 }),
        DaemonAttribute::Interface(daemon.interface),
        DaemonAttribute::SyncId(daemon.sync_id.get()),
    ];
    list.extend(daemon.max_len.map(|len| DaemonAttribute::MaxLen(len.get())));
    list.extend(daemon.port.map(|port| DaemonAttribute::Port(port.get())));
    list.extend(daemon.ttl.map(|ttl| DaemonAttribute::Ttl(ttl.get())));
    list.extend(daemon.group.map(|group| match group {
        IpAddr::V4(group) => DaemonAttribute::Group(group),
        IpAddr::V6(group) => DaemonAttribute::Group6(group),
    }));
    list
}

pub fn timeouts_message(timeouts: &Timeouts) -> IpvsMessage {
    let seconds = |timeout: std::time::Duration| timeout.as_secs() as u32;
    let attributes = vec![
        IpvsAttribute::TimeoutTcp(seconds(timeouts.tcp)),
        IpvsAttribute::TimeoutTcpFin(seconds(timeouts.tcp_fin)),
        IpvsAttribute::TimeoutUdp(seconds(timeouts.udp)),
    ];
    IpvsMessage { command: Command::SetConfig, attributes }
}

pub fn info_message(info: &Info) -> IpvsMessage {
    let attributes = vec![
        IpvsAttribute::Info(InfoAttribute::Version(info.version.0)),
        IpvsAttribute::Info(InfoAttribute::ConnectionTableSize(info.connection_table_size)),
    ];
    IpvsMessage { command: Command::SetInfo, attributes }
}

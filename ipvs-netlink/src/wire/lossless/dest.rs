// SPDX-License-Identifier: MIT OR Apache-2.0
//! The attributes of a destination.

use ipvs_types::TunnelFlags;
use netlink_packet_core::DefaultNla;

use super::payload::{self, Attribute, Payload, attribute_traits};
use super::{Nest, StatsAttribute};
use crate::wire::number::dest as number;

/// An attribute of a destination (`IPVS_DEST_ATTR_*`).
///
/// What identifies a destination within its service is [`Address`](Self::Address),
/// [`Port`](Self::Port) and [`Family`](Self::Family). Creating or replacing one takes also
/// [`Method`](Self::Method), [`Weight`](Self::Weight) and both thresholds; tunnel options that an
/// update leaves out are reset.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DestAttribute {
    /// `IPVS_DEST_ATTR_ADDR`: the real server's address in network byte order
    /// (`union nf_inet_addr`); IPv4 in the first four bytes, the rest zero (`ipvsadm -r`).
    Address([u8; 16]),
    /// `IPVS_DEST_ATTR_PORT`: the port; 0 means that of the packet. Network byte order.
    Port(u16),
    /// `IPVS_DEST_ATTR_FWD_METHOD`: the forwarding method in the low three bits (`ipvsadm -m`, `-i`,
    /// `-g`): 0 masquerading, 1 local, 2 tunnel, 3 direct routing, 4 bypass. CPU byte order.
    Method(u32),
    /// `IPVS_DEST_ATTR_WEIGHT`: 0 to `INT_MAX` (`ipvsadm -w`). CPU byte order.
    Weight(u32),
    /// `IPVS_DEST_ATTR_U_THRESH`: the upper connection threshold; 0 is off (`ipvsadm -x`). CPU byte
    /// order.
    UpperThreshold(u32),
    /// `IPVS_DEST_ATTR_L_THRESH`: the lower connection threshold, at most the upper
    /// (`ipvsadm -y`). CPU byte order.
    LowerThreshold(u32),
    /// `IPVS_DEST_ATTR_ACTIVE_CONNS`: active connections. Only in answers. CPU byte order.
    ActiveConnections(u32),
    /// `IPVS_DEST_ATTR_INACT_CONNS`: other connections. Only in answers. CPU byte order.
    InactiveConnections(u32),
    /// `IPVS_DEST_ATTR_PERSIST_CONNS`: persistence templates (`ipvsadm -L --persistent-conn`). Only
    /// in answers. CPU byte order.
    PersistentConnections(u32),
    /// `IPVS_DEST_ATTR_STATS`: statistics, the sums of bytes in 64 bits, the rest in 32
    /// (`ipvsadm -L --stats`, `--rate`). Only in answers.
    Stats(Nest<StatsAttribute<u32>>),
    /// `IPVS_DEST_ATTR_ADDR_FAMILY`: 2 (`AF_INET`) or 10 (`AF_INET6`); absent or 0 means that of the
    /// service (Linux 3.18). CPU byte order.
    Family(u16),
    /// `IPVS_DEST_ATTR_STATS64`: statistics in 64 bits (Linux 4.1). Only in answers.
    Stats64(Nest<StatsAttribute<u64>>),
    /// `IPVS_DEST_ATTR_TUN_TYPE`: 0 IPIP, 1 GUE, 2 GRE (`ipvsadm --tun-type`; Linux 5.2).
    TunnelType(u8),
    /// `IPVS_DEST_ATTR_TUN_PORT`: the UDP port of GUE (`ipvsadm --tun-port`). Network byte order.
    TunnelPort(u16),
    /// `IPVS_DEST_ATTR_TUN_FLAGS`: checksum options (`ipvsadm --tun-csum`, `--tun-remcsum`; Linux
    /// 5.3). CPU byte order, unlike the port.
    TunnelFlags(TunnelFlags),
    /// Unknown, or not in the usual form.
    Other(DefaultNla),
}

impl DestAttribute {
    fn payload(&self) -> (u16, Payload<'_>) {
        match self {
            Self::Address(address) => (number::ADDR, Payload::bytes(*address)),
            Self::Port(port) => (number::PORT, Payload::be16(*port)),
            Self::Method(method) => (number::FWD_METHOD, Payload::u32(*method)),
            Self::Weight(weight) => (number::WEIGHT, Payload::u32(*weight)),
            Self::UpperThreshold(count) => (number::U_THRESH, Payload::u32(*count)),
            Self::LowerThreshold(count) => (number::L_THRESH, Payload::u32(*count)),
            Self::ActiveConnections(count) => (number::ACTIVE_CONNS, Payload::u32(*count)),
            Self::InactiveConnections(count) => (number::INACT_CONNS, Payload::u32(*count)),
            Self::PersistentConnections(count) => (number::PERSIST_CONNS, Payload::u32(*count)),
            Self::Stats(nest) => (number::STATS, Payload::Nest(nest, nest.flagged)),
            Self::Family(family) => (number::ADDR_FAMILY, Payload::u16(*family)),
            Self::Stats64(nest) => (number::STATS64, Payload::Nest(nest, nest.flagged)),
            Self::TunnelType(tunnel) => (number::TUN_TYPE, Payload::u8(*tunnel)),
            Self::TunnelPort(port) => (number::TUN_PORT, Payload::be16(*port)),
            Self::TunnelFlags(flags) => (number::TUN_FLAGS, Payload::u16(flags.bits())),
            Self::Other(other) => Payload::other(other),
        }
    }
}

impl Attribute for DestAttribute {
    fn known(number: u16, flagged: bool, payload: &[u8]) -> Option<Self> {
        Some(match number {
            number::ADDR => Self::Address(payload::bytes(payload)?),
            number::PORT => Self::Port(payload::be16(payload)?),
            number::FWD_METHOD => Self::Method(payload::u32(payload)?),
            number::WEIGHT => Self::Weight(payload::u32(payload)?),
            number::U_THRESH => Self::UpperThreshold(payload::u32(payload)?),
            number::L_THRESH => Self::LowerThreshold(payload::u32(payload)?),
            number::ACTIVE_CONNS => Self::ActiveConnections(payload::u32(payload)?),
            number::INACT_CONNS => Self::InactiveConnections(payload::u32(payload)?),
            number::PERSIST_CONNS => Self::PersistentConnections(payload::u32(payload)?),
            number::STATS => Self::Stats(Nest::read(flagged, payload)?),
            number::ADDR_FAMILY => Self::Family(payload::u16(payload)?),
            number::STATS64 => Self::Stats64(Nest::read(flagged, payload)?),
            number::TUN_TYPE => Self::TunnelType(payload::bytes::<1>(payload)?[0]),
            number::TUN_PORT => Self::TunnelPort(payload::be16(payload)?),
            number::TUN_FLAGS => {
                Self::TunnelFlags(TunnelFlags::from_bits_retain(payload::u16(payload)?))
            }
            _ => return None,
        })
    }

    fn other(other: DefaultNla) -> Self {
        Self::Other(other)
    }
}

attribute_traits!(DestAttribute);

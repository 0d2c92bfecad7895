// SPDX-License-Identifier: MIT OR Apache-2.0
//! The attributes of a sync daemon.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipvs_types::InterfaceName;
use netlink_packet_core::DefaultNla;

use super::payload::{self, Attribute, Payload, attribute_traits};
use crate::wire::number::daemon as number;

/// An attribute of a sync daemon (`IPVS_DAEMON_ATTR_*`).
///
/// Starting one takes [`State`](Self::State), [`Interface`](Self::Interface) and
/// [`SyncId`](Self::SyncId), stopping one only the state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DaemonAttribute {
    /// `IPVS_DAEMON_ATTR_STATE`: 1 master, 2 backup (`IP_VS_STATE_*`). CPU byte order.
    State(u32),
    /// `IPVS_DAEMON_ATTR_MCAST_IFN`: the interface for multicast, with a NUL
    /// (`ipvsadm --mcast-interface`). An empty name is [`Other`](Self::Other).
    Interface(InterfaceName),
    /// `IPVS_DAEMON_ATTR_SYNC_ID`: only 0 to 255 work (`ipvsadm --syncid`). CPU byte order.
    SyncId(u32),
    /// `IPVS_DAEMON_ATTR_SYNC_MAXLEN`: bytes of UDP payload in a message; 0 in a request is the
    /// default (`ipvsadm --sync-maxlen`; Linux 4.3). CPU byte order.
    MaxLen(u16),
    /// `IPVS_DAEMON_ATTR_MCAST_GROUP`: the IPv4 multicast group (`ipvsadm --mcast-group`). Network
    /// byte order.
    Group(Ipv4Addr),
    /// `IPVS_DAEMON_ATTR_MCAST_GROUP6`: the IPv6 multicast group (`ipvsadm --mcast-group`). Network
    /// byte order.
    Group6(Ipv6Addr),
    /// `IPVS_DAEMON_ATTR_MCAST_PORT`: the first UDP port; 0 in a request is the default 8848
    /// (`ipvsadm --mcast-port`). CPU byte order, unlike all other ports.
    Port(u16),
    /// `IPVS_DAEMON_ATTR_MCAST_TTL`: time to live or hop limit; 0 in a request is the default 1
    /// (`ipvsadm --mcast-ttl`).
    Ttl(u8),
    /// Unknown, or not in the usual form.
    Other(DefaultNla),
}

impl DaemonAttribute {
    fn payload(&self) -> (u16, Payload<'_>) {
        match self {
            Self::State(state) => (number::STATE, Payload::u32(*state)),
            Self::Interface(name) => (number::MCAST_IFN, Payload::Name(name.as_bytes())),
            Self::SyncId(id) => (number::SYNC_ID, Payload::u32(*id)),
            Self::MaxLen(len) => (number::SYNC_MAXLEN, Payload::u16(*len)),
            Self::Group(group) => (number::MCAST_GROUP, Payload::bytes(group.octets())),
            Self::Group6(group) => (number::MCAST_GROUP6, Payload::bytes(group.octets())),
            Self::Port(port) => (number::MCAST_PORT, Payload::u16(*port)),
            Self::Ttl(ttl) => (number::MCAST_TTL, Payload::u8(*ttl)),
            Self::Other(other) => Payload::other(other),
        }
    }
}

impl Attribute for DaemonAttribute {
    fn known(number: u16, _: bool, payload: &[u8]) -> Option<Self> {
        Some(match number {
            number::STATE => Self::State(payload::u32(payload)?),
            number::MCAST_IFN => Self::Interface(payload::name(payload, InterfaceName::new)?),
            number::SYNC_ID => Self::SyncId(payload::u32(payload)?),
            number::SYNC_MAXLEN => Self::MaxLen(payload::u16(payload)?),
            number::MCAST_GROUP => Self::Group(payload::bytes::<4>(payload)?.into()),
            number::MCAST_GROUP6 => Self::Group6(payload::bytes::<16>(payload)?.into()),
            number::MCAST_PORT => Self::Port(payload::u16(payload)?),
            number::MCAST_TTL => Self::Ttl(payload::bytes::<1>(payload)?[0]),
            _ => return None,
        })
    }

    fn other(other: DefaultNla) -> Self {
        Self::Other(other)
    }
}

attribute_traits!(DaemonAttribute);

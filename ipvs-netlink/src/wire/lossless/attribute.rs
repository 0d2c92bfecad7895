// SPDX-License-Identifier: MIT OR Apache-2.0
//! The top-level attributes of a message.

use netlink_packet_core::DefaultNla;

use super::payload::{self, Attribute, Payload, attribute_traits};
use super::{DaemonAttribute, DestAttribute, InfoAttribute, Nest, ServiceAttribute};
use crate::wire::number::message as number;

/// A top-level attribute (`IPVS_CMD_ATTR_*`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IpvsAttribute {
    /// `IPVS_CMD_ATTR_SERVICE`: a service, or what identifies one (`ipvsadm -t`, `-u`, `-f`).
    Service(Nest<ServiceAttribute>),
    /// `IPVS_CMD_ATTR_DEST`: a destination, or what identifies one (`ipvsadm -r`).
    Dest(Nest<DestAttribute>),
    /// `IPVS_CMD_ATTR_DAEMON`: a sync daemon (`ipvsadm --start-daemon`).
    Daemon(Nest<DaemonAttribute>),
    /// `IPVS_CMD_ATTR_TIMEOUT_TCP`: seconds for established TCP connections, 1 to `INT_MAX / HZ`
    /// (`ipvsadm --set`, first number). 0 in a request leaves it as it is. CPU byte order.
    TimeoutTcp(u32),
    /// `IPVS_CMD_ATTR_TIMEOUT_TCP_FIN`: seconds for TCP connections after a FIN (second number).
    /// CPU byte order.
    TimeoutTcpFin(u32),
    /// `IPVS_CMD_ATTR_TIMEOUT_UDP`: seconds for UDP (third number). CPU byte order.
    TimeoutUdp(u32),
    /// An attribute of a [`Command::SetInfo`](super::Command::SetInfo) message, which reuses the
    /// numbers of the others with another meaning.
    Info(InfoAttribute),
    /// Unknown, or not in the usual form.
    Other(DefaultNla),
}

impl IpvsAttribute {
    fn payload(&self) -> (u16, Payload<'_>) {
        match self {
            Self::Service(nest) => (number::SERVICE, Payload::Nest(nest, nest.flagged)),
            Self::Dest(nest) => (number::DEST, Payload::Nest(nest, nest.flagged)),
            Self::Daemon(nest) => (number::DAEMON, Payload::Nest(nest, nest.flagged)),
            Self::TimeoutTcp(seconds) => (number::TIMEOUT_TCP, Payload::u32(*seconds)),
            Self::TimeoutTcpFin(seconds) => (number::TIMEOUT_TCP_FIN, Payload::u32(*seconds)),
            Self::TimeoutUdp(seconds) => (number::TIMEOUT_UDP, Payload::u32(*seconds)),
            Self::Info(info) => info.payload(),
            Self::Other(other) => Payload::other(other),
        }
    }
}

impl Attribute for IpvsAttribute {
    fn known(number: u16, flagged: bool, payload: &[u8]) -> Option<Self> {
        Some(match number {
            number::SERVICE => Self::Service(Nest::read(flagged, payload)?),
            number::DEST => Self::Dest(Nest::read(flagged, payload)?),
            number::DAEMON => Self::Daemon(Nest::read(flagged, payload)?),
            number::TIMEOUT_TCP => Self::TimeoutTcp(payload::u32(payload)?),
            number::TIMEOUT_TCP_FIN => Self::TimeoutTcpFin(payload::u32(payload)?),
            number::TIMEOUT_UDP => Self::TimeoutUdp(payload::u32(payload)?),
            _ => return None,
        })
    }

    fn other(other: DefaultNla) -> Self {
        Self::Other(other)
    }
}

attribute_traits!(IpvsAttribute);

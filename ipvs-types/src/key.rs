// SPDX-License-Identifier: MIT OR Apache-2.0
//! The identity of a virtual service.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ParseError, Protocol};

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4 (`AF_INET`).
    Ipv4,
    /// IPv6 (`AF_INET6`).
    Ipv6,
}

impl Family {
    /// The family of an address.
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// What identifies a virtual service: an address with protocol and port, or a firewall mark.
///
/// A fwmark service has no port and no protocol; an address service has no mark. The mark is never
/// zero: the kernel reads mark 0 as the service TCP 0.0.0.0:0 (`IPVS_SVC_ATTR_FWMARK`).
///
/// Text form (also the serde form): `tcp/192.0.2.10:80`, `udp/[2001:db8::1]:53`, `fwmark/7`,
/// `fwmark6/7`.
///
/// ```
/// use ipvs_types::{Family, Protocol, ServiceKey};
/// let v6: ServiceKey = "sctp/[2001:db8::1]:5000".parse()?;
/// assert_eq!(v6.family(), Family::Ipv6);
/// assert_eq!(v6.protocol(), Some(Protocol::SCTP));
/// assert_eq!("fwmark6/7".parse::<ServiceKey>()?.protocol(), None);
/// assert!("fwmark/0".parse::<ServiceKey>().is_err());
/// # Ok::<(), ipvs_types::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceKey {
    /// Packets to this protocol, address and port (`ipvsadm -t`, `-u`, `--sctp-service`).
    Address {
        /// The transport protocol.
        protocol: Protocol,
        /// The virtual address.
        address: IpAddr,
        /// The virtual port; 0 means all ports and works only with persistence.
        port: u16,
    },
    /// Packets that the firewall marked (`ipvsadm -f MARK`, with `-6` for IPv6).
    Fwmark {
        /// The mark.
        mark: NonZeroU32,
        /// Which packets with that mark: IPv4 or IPv6.
        family: Family,
    },
}

impl ServiceKey {
    /// The service of `protocol` at `socket` (flow label and scope of an IPv6 socket are ignored).
    pub const fn new(protocol: Protocol, socket: SocketAddr) -> Self {
        Self::Address { protocol, address: socket.ip(), port: socket.port() }
    }

    /// A TCP service.
    pub const fn tcp(socket: SocketAddr) -> Self {
        Self::new(Protocol::TCP, socket)
    }

    /// A UDP service.
    pub const fn udp(socket: SocketAddr) -> Self {
        Self::new(Protocol::UDP, socket)
    }

    /// An SCTP service.
    pub const fn sctp(socket: SocketAddr) -> Self {
        Self::new(Protocol::SCTP, socket)
    }

    /// The service of packets with firewall mark `mark`.
    pub const fn fwmark(mark: NonZeroU32, family: Family) -> Self {
        Self::Fwmark { mark, family }
    }

    /// The address family of the service's traffic.
    pub const fn family(&self) -> Family {
        match self {
            Self::Address { address, .. } => Family::of(*address),
            Self::Fwmark { family, .. } => *family,
        }
    }

    /// The transport protocol; a fwmark service has none.
    pub const fn protocol(&self) -> Option<Protocol> {
        match self {
            Self::Address { protocol, .. } => Some(*protocol),
            Self::Fwmark { .. } => None,
        }
    }

    /// The virtual port; a fwmark service has none.
    pub const fn port(&self) -> Option<u16> {
        match self {
            Self::Address { port, .. } => Some(*port),
            Self::Fwmark { .. } => None,
        }
    }
}

impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { protocol, address, port } => {
                write!(f, "{protocol}/{}", SocketAddr::new(*address, *port))
            }
            Self::Fwmark { mark, family: Family::Ipv4 } => write!(f, "fwmark/{mark}"),
            Self::Fwmark { mark, family: Family::Ipv6 } => write!(f, "fwmark6/{mark}"),
        }
    }
}

impl FromStr for ServiceKey {
    type Err = ParseError;

    fn from_str(s: &str) -> Result<Self, ParseError> {
        const FORM: &str = "`tcp/ADDRESS:PORT` (or udp, sctp), `fwmark/MARK` or `fwmark6/MARK`";
        let bad = || ParseError::new("virtual service", s, FORM);
        let (kind, rest) = s.split_once('/').ok_or_else(bad)?;
        let mark = |family| Some(Self::fwmark(rest.parse().ok()?, family));
        match kind {
            "fwmark" => mark(Family::Ipv4).ok_or_else(bad),
            "fwmark6" => mark(Family::Ipv6).ok_or_else(bad),
            _ => {
                let protocol = kind.parse().map_err(|_| bad())?;
                Ok(Self::new(protocol, rest.parse().map_err(|_| bad())?))
            }
        }
    }
}

impl Serialize for ServiceKey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServiceKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

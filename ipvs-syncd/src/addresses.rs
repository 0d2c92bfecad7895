// SPDX-License-Identifier: MIT OR Apache-2.0
//! The three addresses of a connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipvs_types::Family;

/// Client, virtual and destination address, all of one family: an entry has one bit for the three.
///
/// Where the destinations of a service are of the other family, the kernel runs no sync daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Addresses {
    /// IPv4, 12 bytes.
    V4 {
        /// The client's; in a template masked by the service's netmask.
        client: Ipv4Addr,
        /// What the client asked for.
        service: Ipv4Addr,
        /// The destination's.
        dest: Ipv4Addr,
    },
    /// IPv6, 48 bytes; only in version 1.
    V6 {
        /// The client's; in a template masked by the service's prefix.
        client: Ipv6Addr,
        /// What the client asked for.
        service: Ipv6Addr,
        /// The destination's.
        dest: Ipv6Addr,
    },
}

/// Addresses of both families in one connection, which no message can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("client, service and destination must all be IPv4 or all be IPv6")]
pub struct MixedFamilies;

impl Addresses {
    /// The three of one family.
    ///
    /// # Errors
    /// When they are not all of one family.
    pub fn new(client: IpAddr, service: IpAddr, dest: IpAddr) -> Result<Self, MixedFamilies> {
        match (client, service, dest) {
            (IpAddr::V4(client), IpAddr::V4(service), IpAddr::V4(dest)) => {
                Ok(Self::V4 { client, service, dest })
            }
            (IpAddr::V6(client), IpAddr::V6(service), IpAddr::V6(dest)) => {
                Ok(Self::V6 { client, service, dest })
            }
            _ => Err(MixedFamilies),
        }
    }

    /// Their family.
    pub const fn family(&self) -> Family {
        match self {
            Self::V4 { .. } => Family::Ipv4,
            Self::V6 { .. } => Family::Ipv6,
        }
    }

    /// The client's.
    pub const fn client(&self) -> IpAddr {
        match *self {
            Self::V4 { client, .. } => IpAddr::V4(client),
            Self::V6 { client, .. } => IpAddr::V6(client),
        }
    }

    /// The virtual one.
    pub const fn service(&self) -> IpAddr {
        match *self {
            Self::V4 { service, .. } => IpAddr::V4(service),
            Self::V6 { service, .. } => IpAddr::V6(service),
        }
    }

    /// The destination's.
    pub const fn dest(&self) -> IpAddr {
        match *self {
            Self::V4 { dest, .. } => IpAddr::V4(dest),
            Self::V6 { dest, .. } => IpAddr::V6(dest),
        }
    }
}

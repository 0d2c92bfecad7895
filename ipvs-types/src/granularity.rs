// SPDX-License-Identifier: MIT OR Apache-2.0
//! How wide the net of persistence is cast.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Family, ParseError};

/// Which clients persistence takes for one (`ipvsadm -M`): a host, an IPv4 netmask or an IPv6
/// prefix.
///
/// One value has one form: the mask 255.255.255.255 and the prefix 128 are [`HOST`](Self::HOST), so
/// that configurations compare equal.
///
/// Text form (also the serde form): `host`, a netmask such as `255.255.255.0`, or a prefix such as
/// `/64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Granularity(Repr);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
enum Repr {
    #[default]
    Host,
    Mask(Ipv4Addr),
    Prefix(u8),
}

impl Granularity {
    /// Every client address for itself.
    pub const HOST: Self = Self(Repr::Host);

    /// Clients whose addresses agree under `mask`; the kernel takes any mask, contiguous or not.
    pub const fn ipv4(mask: Ipv4Addr) -> Self {
        match mask.to_bits() {
            u32::MAX => Self::HOST,
            _ => Self(Repr::Mask(mask)),
        }
    }

    /// Clients whose addresses agree in the first `prefix` bits.
    ///
    /// # Errors
    /// When `prefix` is not within 1 to 128, the kernel's range.
    pub fn ipv6(prefix: u8) -> Result<Self, ParseError> {
        match prefix {
            128 => Ok(Self::HOST),
            1..128 => Ok(Self(Repr::Prefix(prefix))),
            _ => Err(ParseError::new("IPv6 prefix length", prefix.to_string(), "1 to 128")),
        }
    }

    /// The netmask for an IPv4 service; `None` for an IPv6 prefix.
    pub const fn ipv4_mask(self) -> Option<Ipv4Addr> {
        match self.0 {
            Repr::Host => Some(Ipv4Addr::BROADCAST),
            Repr::Mask(mask) => Some(mask),
            Repr::Prefix(_) => None,
        }
    }

    /// The prefix length for an IPv6 service; `None` for an IPv4 netmask.
    pub const fn ipv6_prefix(self) -> Option<u8> {
        match self.0 {
            Repr::Host => Some(128),
            Repr::Mask(_) => None,
            Repr::Prefix(prefix) => Some(prefix),
        }
    }

    /// Whether a service of `family` can have this granularity.
    pub const fn fits(self, family: Family) -> bool {
        match family {
            Family::Ipv4 => self.ipv4_mask().is_some(),
            Family::Ipv6 => self.ipv6_prefix().is_some(),
        }
    }
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Host => f.pad("host"),
            Repr::Mask(mask) => mask.fmt(f),
            Repr::Prefix(prefix) => write!(f, "/{prefix}"),
        }
    }
}

impl FromStr for Granularity {
    type Err = ParseError;

    fn from_str(s: &str) -> Result<Self, ParseError> {
        const FORM: &str = "`host`, a netmask such as 255.255.255.0 or a prefix from /1 to /128";
        let bad = || ParseError::new("persistence granularity", s, FORM);
        if s == "host" {
            return Ok(Self::HOST);
        }
        match s.strip_prefix('/') {
            Some(prefix) => Self::ipv6(prefix.parse().map_err(|_| bad())?).map_err(|_| bad()),
            None => s.parse().map(Self::ipv4).map_err(|_| bad()),
        }
    }
}

impl Serialize for Granularity {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Granularity {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Transport protocols of virtual services.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ParseError;

/// The transport protocol of a virtual service: an IANA protocol number.
///
/// The kernel balances [`TCP`](Self::TCP), [`UDP`](Self::UDP) and [`SCTP`](Self::SCTP). Its netlink
/// interface stores any 16-bit number without checking it (`IPVS_SVC_ATTR_PROTOCOL`), so any number
/// may be seen in a listing and is carried.
///
/// Text form: `tcp`, `udp`, `sctp`, otherwise `proto` and the decimal number (`proto47`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub u16);

impl Protocol {
    /// Transmission Control Protocol, number 6 (`IPPROTO_TCP`).
    pub const TCP: Self = Self(6);
    /// User Datagram Protocol, number 17 (`IPPROTO_UDP`).
    pub const UDP: Self = Self(17);
    /// Stream Control Transmission Protocol, number 132 (`IPPROTO_SCTP`).
    pub const SCTP: Self = Self(132);

    /// The protocol number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TCP => f.pad("tcp"),
            Self::UDP => f.pad("udp"),
            Self::SCTP => f.pad("sctp"),
            Self(n) => write!(f, "proto{n}"),
        }
    }
}

impl FromStr for Protocol {
    type Err = ParseError;

    fn from_str(s: &str) -> Result<Self, ParseError> {
        match s {
            "tcp" => Ok(Self::TCP),
            "udp" => Ok(Self::UDP),
            "sctp" => Ok(Self::SCTP),
            _ => s.strip_prefix("proto").and_then(|n| n.parse().ok()).map(Self).ok_or_else(|| {
                ParseError::new("protocol", s, "`tcp`, `udp`, `sctp` or `proto` and a number")
            }),
        }
    }
}

impl Serialize for Protocol {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Protocol {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

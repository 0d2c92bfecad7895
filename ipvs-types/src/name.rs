// SPDX-License-Identifier: MIT OR Apache-2.0
//! Short names that the kernel keeps in fixed buffers: schedulers, engines, interfaces.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ParseError;

/// Up to `N` bytes without NUL, stored inline (no allocation, `Copy`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Inline<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> Inline<N> {
    const fn new(text: &[u8]) -> Option<Self> {
        if text.len() > N {
            return None;
        }
        let mut bytes = [0; N];
        let mut i = 0;
        while i < text.len() {
            if text[i] == 0 {
                return None;
            }
            bytes[i] = text[i];
            i += 1;
        }
        Some(Self { bytes, len: text.len() as u8 })
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl<const N: usize> fmt::Display for Inline<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(self.as_bytes()))
    }
}

/// Everything the three name types have in common; they differ in length, emptiness and meaning.
macro_rules! name_impls {
    ($name:ident, $max:literal, $min:literal, $what:literal, $expected:literal) => {
        impl $name {
            /// The greatest length in bytes.
            pub const MAX_LEN: usize = $max;

            /// The name in `text`.
            ///
            /// # Errors
            /// When `text` is of a length that the kernel can't hold, or contains a NUL byte.
            pub fn new(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
                let text = text.as_ref();
                let shortest: usize = $min;
                match Inline::new(text) {
                    Some(inline) if text.len() >= shortest => Ok(Self(inline)),
                    _ => Err(ParseError::new($what, String::from_utf8_lossy(text), $expected)),
                }
            }

            /// The bytes of the name, without a terminating NUL.
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.to_string())
            }
        }

        impl FromStr for $name {
            type Err = ParseError;
            fn from_str(s: &str) -> Result<Self, ParseError> {
                Self::new(s)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(d)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The name of a scheduler, the algorithm that picks a destination for a new connection
/// (`ipvsadm -s`).
///
/// The kernel loads the module `ip_vs_NAME` for a name that it doesn't know and answers `ENOENT`
/// when there is none; the empty name is always `ENOENT`. [`NONE`](Self::NONE) is a service without
/// scheduler. At most 15 bytes (`IP_VS_SCHEDNAME_MAXLEN` less the NUL).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scheduler(Inline<15>);
name_impls!(Scheduler, 15, 0, "scheduler name", "at most 15 bytes, none of them NUL");

/// The name of a persistence engine, which finds the persistent client in the application data
/// (`ipvsadm --pe`): `sip` is the only one in the kernel's tree. 1 to 16 bytes
/// (`IP_VS_PENAME_MAXLEN`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineName(Inline<16>);
name_impls!(EngineName, 16, 1, "persistence engine name", "1 to 16 bytes, none of them NUL");

/// The name of a network interface, for the sync daemon (`ipvsadm --mcast-interface`). At most 15
/// bytes (`IP_VS_IFNAME_MAXLEN` less the NUL).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceName(Inline<15>);
name_impls!(InterfaceName, 15, 1, "interface name", "1 to 15 bytes, none of them NUL");

impl Scheduler {
    const fn literal(name: &[u8]) -> Self {
        match Inline::new(name) {
            Some(inline) => Self(inline),
            None => panic!("scheduler names in this file are short (checked at compile time)"),
        }
    }

    /// No scheduler: new connections are refused.
    pub const NONE: Self = Self::literal(b"none");
    /// Round robin.
    pub const RR: Self = Self::literal(b"rr");
    /// Weighted round robin.
    pub const WRR: Self = Self::literal(b"wrr");
    /// Least connections.
    pub const LC: Self = Self::literal(b"lc");
    /// Weighted least connections, the default of `ipvsadm`.
    pub const WLC: Self = Self::literal(b"wlc");
    /// Locality-based least connections.
    pub const LBLC: Self = Self::literal(b"lblc");
    /// Locality-based least connections with replication.
    pub const LBLCR: Self = Self::literal(b"lblcr");
    /// Destination hashing.
    pub const DH: Self = Self::literal(b"dh");
    /// Source hashing.
    pub const SH: Self = Self::literal(b"sh");
    /// Shortest expected delay.
    pub const SED: Self = Self::literal(b"sed");
    /// Never queue.
    pub const NQ: Self = Self::literal(b"nq");
    /// Weighted fail-over: the available destination with the highest weight.
    pub const FO: Self = Self::literal(b"fo");
    /// Weighted overflow.
    pub const OVF: Self = Self::literal(b"ovf");
    /// Maglev hashing.
    pub const MH: Self = Self::literal(b"mh");
    /// Power of two choices.
    pub const TWOS: Self = Self::literal(b"twos");
}

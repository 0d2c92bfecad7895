// SPDX-License-Identifier: MIT OR Apache-2.0
//! The header of a message.

use std::fmt;

use serde::{Serialize, Serializer};

use super::DatagramFault;

pub(crate) const V0_HEADER: usize = 4;
pub(crate) const V1_HEADER: usize = 8;
const V1: u8 = 1;

/// The version of the protocol (`net.ipv4.vs.sync_version`). In JSON its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// The old one: IPv4 only, no timeouts.
    V0,
    /// The default since Linux 2.6.39.
    V1,
}

impl Version {
    /// The number.
    pub const fn number(self) -> u8 {
        match self {
            Self::V0 => 0,
            Self::V1 => V1,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.number())
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u8(self.number())
    }
}

/// What the header of a datagram says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Header {
    /// The version that a kernel takes the message to be of.
    pub version: Version,
    /// The byte in place of the version if this looks like a message of a later one: 8 bytes or more
    /// with byte 0 zero, but not version 1. A kernel sees a version 0 message without entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_version: Option<u8>,
    /// The number of the group of directors (`ipvsadm --syncid`). The master sends the low 8 bits of its.
    pub sync_id: u8,
    /// Bytes in the datagram.
    pub size: u16,
    /// Entries in the datagram; see the traps in [`wire`](super).
    pub count: u8,
}

impl Header {
    pub(super) fn parse(datagram: &[u8]) -> Result<(Self, &[u8]), DatagramFault> {
        let &[first, sync_id, high, low, ref after @ ..] = datagram else {
            return Err(DatagramFault::Short { len: datagram.len() });
        };
        let size = u16::from_be_bytes([high, low]);
        if usize::from(size) != datagram.len() {
            return Err(DatagramFault::Size { claimed: size, received: datagram.len() });
        }
        let header =
            Self { version: Version::V0, unknown_version: None, sync_id, size, count: first };
        Ok(match *after {
            [count, V1, 0, 0, ref entries @ ..] if first == 0 => {
                (Self { version: Version::V1, count, ..header }, entries)
            }
            [_, other, _, _, ..] if first == 0 => {
                (Self { unknown_version: Some(other), ..header }, after)
            }
            _ => (header, after),
        })
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, unknown_version, sync_id, size, count } = self;
        match unknown_version {
            Some(byte) => write!(f, "unknown version {byte}")?,
            None => write!(f, "{version}")?,
        }
        write!(f, " syncid {sync_id}, {count} entries, {size} bytes")
    }
}

/// Writes the header of `datagram` over its first bytes, which are there.
pub(crate) fn write(datagram: &mut [u8], version: Version, sync_id: u8, count: u8) {
    let [high, low] = u16::try_from(datagram.len()).unwrap_or(u16::MAX).to_be_bytes();
    let (bytes, len) = match version {
        Version::V0 => ([count, sync_id, high, low, 0, 0, 0, 0], V0_HEADER),
        Version::V1 => ([0, sync_id, high, low, count, V1, 0, 0], V1_HEADER),
    };
    for (place, byte) in datagram.iter_mut().zip(&bytes[..len]) {
        *place = *byte;
    }
}

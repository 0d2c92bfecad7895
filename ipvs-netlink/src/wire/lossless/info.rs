// SPDX-License-Identifier: MIT OR Apache-2.0
//! The attributes of the answer to `IPVS_CMD_GET_INFO`.

use netlink_packet_core::DefaultNla;

use super::payload::{self, Attribute, Payload, attribute_traits};
use crate::wire::number::info as number;

/// A general fact (`IPVS_INFO_ATTR_*`), a top-level attribute of
/// [`Command::SetInfo`](super::Command::SetInfo) messages (`ipvsadm -v`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InfoAttribute {
    /// `IPVS_INFO_ATTR_VERSION`: one byte a part, 0x010201 for 1.2.1. CPU byte order.
    Version(u32),
    /// `IPVS_INFO_ATTR_CONN_TAB_SIZE`: buckets of the connection table; 0 on kernel 7.x before the
    /// first service. CPU byte order.
    ConnectionTableSize(u32),
    /// Unknown, or not in the usual form.
    Other(DefaultNla),
}

impl InfoAttribute {
    pub(super) fn payload(&self) -> (u16, Payload<'_>) {
        match self {
            Self::Version(version) => (number::VERSION, Payload::u32(*version)),
            Self::ConnectionTableSize(size) => (number::CONN_TAB_SIZE, Payload::u32(*size)),
            Self::Other(other) => Payload::other(other),
        }
    }
}

impl Attribute for InfoAttribute {
    fn known(number: u16, _: bool, payload: &[u8]) -> Option<Self> {
        Some(match number {
            number::VERSION => Self::Version(payload::u32(payload)?),
            number::CONN_TAB_SIZE => Self::ConnectionTableSize(payload::u32(payload)?),
            _ => return None,
        })
    }

    fn other(other: DefaultNla) -> Self {
        Self::Other(other)
    }
}

attribute_traits!(InfoAttribute);

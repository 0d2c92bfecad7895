// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shifted TCP sequence numbers.

use serde::{Deserialize, Serialize};

/// How far sequence numbers of one direction are shifted, because a helper changed the length of the
/// data (`struct ip_vs_seq`).
///
/// No helper in the kernel's tree uses this any more: FTP has nf_conntrack do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Sequence {
    /// From which sequence number on `delta` holds (`init_seq`).
    pub initial: u32,
    /// By how many bytes later numbers are shifted.
    pub delta: i32,
    /// By how many bytes earlier ones are.
    pub previous_delta: i32,
}

/// Both directions of a connection (`struct ip_vs_sync_conn_options`).
///
/// The master of kernel 6.12 sends other memory instead of the values (fixed in 6.1.192 and 7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Sequences {
    /// From the client.
    pub incoming: Sequence,
    /// From the server.
    pub outgoing: Sequence,
}

/// The byte order of a machine. Version 0 carries [`Sequences`] in its sender's and does not say
/// which that is; all else is in network order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ByteOrder {
    /// Least significant byte first, as on x86.
    Little,
    /// Most significant byte first, as on s390.
    Big,
}

impl ByteOrder {
    /// This machine's, which is also what a kernel takes a message to be in.
    pub const NATIVE: Self = if cfg!(target_endian = "big") { Self::Big } else { Self::Little };
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flags of a connection. Bits without a name are carried, never refused.

use ipvs_types::Method;
use serde::{Deserialize, Serialize};

bitflags::bitflags! {
    /// Flags of a connection (`IP_VS_CONN_F_*` in `linux/ip_vs.h`) as a message carries them.
    ///
    /// The low three bits of the kernel's word are a number, the forwarding method, and not in here:
    /// see [`Connection::method`](crate::Connection::method). Version 0 has the low 16 bits only.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
    pub struct ConnectionFlags: u32 {
        /// It came by synchronization. A master sends this for what it got while it was a backup.
        const SYNC = 0x20;
        /// It is in the table; never sent.
        const HASHED = 0x40;
        /// Answers don't pass the director: direct routing and tunnels.
        const NO_OUTPUT = 0x80;
        /// It doesn't count as active. UDP never does.
        const INACTIVE = 0x100;
        /// Sequence numbers of the server's packets are shifted (`OUT_SEQ`).
        const OUT_SEQ = 0x200;
        /// Sequence numbers of the client's packets are shifted (`IN_SEQ`).
        const IN_SEQ = 0x400;
        /// The client's port is not known yet: an announced FTP data connection.
        const NO_CLIENT_PORT = 0x800;
        /// A template: not a connection, but the memory of which destination a persistent client has.
        const TEMPLATE = 0x1000;
        /// Of a one-packet service; never sent.
        const ONE_PACKET = 0x2000;
        /// The master also tracks it in nf_conntrack. Local to it, but sent in version 1.
        const NF_CONNTRACK = 0x10000;
        const _ = !0;
    }
}

impl ConnectionFlags {
    /// Bits that the kernel's flag word uses for the forwarding method.
    pub const METHOD_BITS: u32 = 0x7;
    /// Either flag for shifted sequence numbers. A version 0 entry has the numbers iff one is set.
    pub const SEQUENCES: Self = Self::OUT_SEQ.union(Self::IN_SEQ);
    /// What a backup takes over from a version 1 message, besides the method; it adds
    /// [`SYNC`](Self::SYNC). For a connection that it has, it takes over only `INACTIVE` and
    /// [`SEQUENCES`](Self::SEQUENCES). If the backup has the destination, its own method and
    /// `NO_OUTPUT` hold.
    pub const TAKEN_OVER: Self = Self::NO_OUTPUT
        .union(Self::INACTIVE)
        .union(Self::SEQUENCES)
        .union(Self::NO_CLIENT_PORT)
        .union(Self::TEMPLATE);

    /// The flags in the kernel's word: the method's bits are dropped, unknown ones kept.
    #[inline]
    pub const fn from_wire(word: u32) -> Self {
        Self::from_bits_retain(word & !Self::METHOD_BITS)
    }

    /// The kernel's word.
    #[inline]
    pub const fn to_wire(self, method: Method) -> u32 {
        (self.bits() & !Self::METHOD_BITS) | method.number() as u32
    }
}

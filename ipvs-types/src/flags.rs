// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flag words. Bits without a name are carried, never refused: a newer kernel may define them.

use serde::{Deserialize, Serialize};

use crate::Method;

bitflags::bitflags! {
    /// Flags of a virtual service (`IP_VS_SVC_F_*` in `linux/ip_vs.h`).
    ///
    /// The bits `0x1` (persistent) and `0x2` (hashed) are not in here: persistence is
    /// [`ServiceConfig::persistence`](crate::ServiceConfig::persistence), and "hashed" is the
    /// kernel's own.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    #[derive(Serialize, Deserialize)]
    pub struct ServiceFlags: u32 {
        /// One-packet scheduling: each UDP packet is scheduled anew (`ipvsadm -o`).
        const ONE_PACKET = 0x04;
        /// Scheduler flag 1; for `sh` and `mh`: fall back to another destination.
        const SCHED1 = 0x08;
        /// Scheduler flag 2; for `sh` and `mh`: hash the source port too.
        const SCHED2 = 0x10;
        /// Scheduler flag 3.
        const SCHED3 = 0x20;
        const _ = !0;
    }

    /// Flags of a GUE or GRE tunnel (`IP_VS_TUNNEL_ENCAP_FLAG_*` in `linux/ip_vs.h`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
    #[derive(Serialize, Deserialize)]
    pub struct TunnelFlags: u16 {
        /// Checksum in the outer header (`ipvsadm --tun-csum`).
        const CSUM = 0x1;
        /// Remote checksum offload, GUE only (`ipvsadm --tun-remcsum`).
        const REMCSUM = 0x2;
        const _ = !0;
    }
}

impl ServiceFlags {
    /// Bits that the kernel's flag word uses for what is no flag in this model.
    pub const RESERVED: u32 = 0x3;
    /// The persistence bit of the kernel's flag word (`IP_VS_SVC_F_PERSISTENT`).
    pub const PERSISTENT_BIT: u32 = 0x1;

    /// The flags in a word that the kernel sent: reserved bits are dropped, unknown ones kept.
    pub const fn from_kernel(word: u32) -> Self {
        Self::from_bits_retain(word & !Self::RESERVED)
    }

    /// The word for the kernel.
    pub const fn to_kernel(self, persistent: bool) -> u32 {
        (self.bits() & !Self::RESERVED) | if persistent { Self::PERSISTENT_BIT } else { 0 }
    }
}

bitflags::bitflags! {
    /// Flags of a connection (`IP_VS_CONN_F_*` in `linux/ip_vs.h`).
    ///
    /// The low three bits of the kernel's word are a number, the forwarding method, and not in here:
    /// see [`Method::from_flags`]. Synchronization messages of version 0 have the low 16 bits only.
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

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flag words. Bits without a name are carried, never refused: a newer kernel may define them.

use serde::{Deserialize, Serialize};

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

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which means a kernel has.

use std::fmt;

use ipvs_types::Method;

bitflags::bitflags! {
    /// Commands of the family `ipvs_ext` that a kernel has (`IPVS_EXT_F_*` in `linux/ip_vs_ext.h`).
    /// Bits without a name are carried.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Features: u64 {
        /// Connections, by key and by filter (`IPVS_EXT_CMD_CONN_GET`).
        const CONN_GET = 0x1;
        /// Deleting connections (`IPVS_EXT_CMD_CONN_DEL`).
        const CONN_DEL = 0x2;
        /// Counting connections (`IPVS_EXT_CMD_CONN_COUNT`).
        const CONN_COUNT = 0x4;
        /// Events, and the number of the configuration (`IPVS_EXT_CMD_EVENT`).
        const EVENTS = 0x8;
        /// The whole configuration in one pass (`IPVS_EXT_CMD_SNAPSHOT`).
        const SNAPSHOT = 0x10;
        const _ = !0;
    }
}

impl Features {
    /// All that this library has a name for.
    pub const fn all_known() -> Self {
        Self::from_bits_retain(0x1f)
    }
}

/// What a kernel with the family `ipvs_ext` says of itself (`IPVS_EXT_CMD_FEATURES`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Announced {
    /// Its commands.
    pub features: Features,
    /// The number of its forwarding method FULLNAT, if it has one.
    pub fullnat: Option<Method>,
    /// The number of the configuration now; kernels with [`Features::EVENTS`].
    pub genid: Option<u32>,
    /// Rows of the connection table; on 7.2 of this namespace, and 0 before its first service.
    pub table_size: u32,
    /// Connections and templates of this namespace.
    pub connections: u32,
}

impl Announced {
    /// A kernel with these commands, an empty table and no FULLNAT.
    pub const fn new(features: Features) -> Self {
        Self { features, fullnat: None, genid: None, table_size: 0, connections: 0 }
    }
}

/// Which means a kernel has beyond the stock interface; see [`Ipvs::tier`](crate::Ipvs::tier).
///
/// ```
/// use ipvs_netlink::ext::{Features, Tier};
/// let tier = Tier::Patched { features: Features::CONN_GET | Features::CONN_DEL };
/// assert_eq!(tier.to_string(), "patched kernel (ipvs_ext)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// None: a kernel as distributions ship it, or the legacy socket options.
    Stock,
    /// The module `ip_vs_connctl`, which deletes one connection at a time.
    AddOn,
    /// The family `ipvs_ext` with these commands; the module, too, may be there.
    Patched {
        /// The commands.
        features: Features,
    },
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Stock => "stock kernel",
            Self::AddOn => "add-on module (ipvs_connctl)",
            Self::Patched { .. } => "patched kernel (ipvs_ext)",
        })
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a listing returns: identity, configuration and observation, side by side.

use std::fmt;

use ipvs_types::{DestConfig, DestKey, ServiceConfig, ServiceKey, Stats};

/// An attribute that a newer kernel sent and this library does not know: carried, never refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnknownAttribute {
    /// The attribute's number, without flag bits.
    pub number: u16,
    /// Its payload, as it came.
    pub payload: Vec<u8>,
}

/// A virtual service in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceEntry {
    /// Which service.
    pub key: ServiceKey,
    /// How it balances.
    pub config: ServiceConfig,
    /// What was counted.
    pub stats: Stats,
    /// Attributes without a place in this type.
    pub unknown: Vec<UnknownAttribute>,
}

impl ServiceEntry {
    /// A service that has counted nothing yet.
    pub fn new(key: ServiceKey, config: ServiceConfig) -> Self {
        Self { key, config, stats: Stats::default(), unknown: Vec::new() }
    }
}

/// A destination in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DestEntry {
    /// Which destination.
    pub key: DestKey,
    /// How traffic reaches it.
    pub config: DestConfig,
    /// Connections in an active state (TCP and SCTP only).
    pub active: u32,
    /// Connections in other states.
    pub inactive: u32,
    /// Persistence templates that point to it.
    pub persistent: u32,
    /// What was counted.
    pub stats: Stats,
    /// Attributes without a place in this type.
    pub unknown: Vec<UnknownAttribute>,
}

impl DestEntry {
    /// A destination that has seen no connection yet.
    pub fn new(key: DestKey, config: DestConfig) -> Self {
        let (stats, unknown) = (Stats::default(), Vec::new());
        Self { key, config, active: 0, inactive: 0, persistent: 0, stats, unknown }
    }
}

/// The version of the kernel's IPVS code; 1.2.1 on every kernel of the last decade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0 >> 16 & 0xff, self.0 >> 8 & 0xff, self.0 & 0xff)
    }
}

/// General facts about the kernel's IPVS (`IPVS_CMD_GET_INFO`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Info {
    /// The version, one byte a part.
    pub version: Version,
    /// Buckets of the connection table; 0 on kernel 7.x before the first service.
    pub connection_table_size: u32,
}

impl Info {
    /// These facts.
    pub const fn new(version: Version, connection_table_size: u32) -> Self {
        Self { version, connection_table_size }
    }
}

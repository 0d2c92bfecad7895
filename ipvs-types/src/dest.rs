// SPDX-License-Identifier: MIT OR Apache-2.0
//! Destinations: the real servers behind a virtual service.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Family, Forward, ParseError};

/// What identifies a destination within its virtual service: address and port (`ipvsadm -r`).
///
/// The address may be of another family than the service's; the kernel then allows only tunnels.
/// Text form (also the serde form): `10.0.0.2:8080`, `[fd00::2]:80`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestKey {
    /// The address of the real server; unicast or local.
    pub address: IpAddr,
    /// The port; 0 means the port of the packet.
    pub port: u16,
}

impl DestKey {
    /// The destination at `address` and `port`.
    pub const fn new(address: IpAddr, port: u16) -> Self {
        Self { address, port }
    }

    /// The family of the destination's address.
    pub const fn family(&self) -> Family {
        Family::of(self.address)
    }
}

impl From<SocketAddr> for DestKey {
    fn from(socket: SocketAddr) -> Self {
        Self::new(socket.ip(), socket.port())
    }
}

impl fmt::Display for DestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.address, self.port).fmt(f)
    }
}

impl FromStr for DestKey {
    type Err = ParseError;

    fn from_str(s: &str) -> Result<Self, ParseError> {
        s.parse::<SocketAddr>()
            .map(Self::from)
            .map_err(|_| ParseError::new("destination", s, "`ADDRESS:PORT` or `[IPV6]:PORT`"))
    }
}

impl Serialize for DestKey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DestKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How traffic reaches a destination, and how much: everything that `ipvsadm -a` and `-e` set.
///
/// ```
/// use ipvs_types::{DestConfig, Forward};
/// let drained = DestConfig::new(Forward::Route).weight(0);
/// assert_eq!(drained.upper_threshold, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DestConfig {
    /// The forwarding method.
    pub forward: Forward,
    /// The weight (`-w`): 0 (quiesced: no new connections) to 2,147,483,647; the kernel refuses
    /// more with `ERANGE`.
    pub weight: u32,
    /// No new connections when this many (active and inactive) exist (`-x`); `None` is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper_threshold: Option<NonZeroU32>,
    /// New connections again below this number (`-y`), at most the upper one (`ERANGE`); `None` is
    /// three quarters of the upper threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_threshold: Option<NonZeroU32>,
}

impl DestConfig {
    /// A destination of weight 1 without thresholds.
    pub const fn new(forward: Forward) -> Self {
        Self { forward, weight: 1, upper_threshold: None, lower_threshold: None }
    }

    /// The same with this weight.
    #[must_use]
    pub const fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// The same with thresholds; 0 is none.
    #[must_use]
    pub const fn thresholds(mut self, upper: u32, lower: u32) -> Self {
        self.upper_threshold = NonZeroU32::new(upper);
        self.lower_threshold = NonZeroU32::new(lower);
        self
    }
}

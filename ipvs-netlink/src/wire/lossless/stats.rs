// SPDX-License-Identifier: MIT OR Apache-2.0
//! The attributes of both forms of statistics.

use netlink_packet_core::DefaultNla;

use super::payload::{self, Attribute, Payload, attribute_traits};
use crate::wire::number::stats as number;

/// How wide a count is on the wire: `u32` or `u64`.
pub trait Count: Copy {
    /// The count as bytes.
    fn payload(self) -> Payload<'static>;

    /// The count in a payload of exactly its size.
    fn read(payload: &[u8]) -> Option<Self>;
}

impl Count for u32 {
    fn payload(self) -> Payload<'static> {
        Payload::u32(self)
    }

    fn read(payload: &[u8]) -> Option<Self> {
        payload::u32(payload)
    }
}

impl Count for u64 {
    fn payload(self) -> Payload<'static> {
        Payload::u64(self)
    }

    fn read(payload: &[u8]) -> Option<Self> {
        payload::u64(payload)
    }
}

/// A number in statistics (`IPVS_STATS_ATTR_*`): with `N = u32` in the older nest (`STATS`), with
/// `N = u64` in the newer (`STATS64`). All in CPU byte order, 64-bit ones not aligned to 8 bytes.
///
/// The sums are samples, taken every two seconds (`ipvsadm -L --stats`); rates are per second
/// (`ipvsadm -L --rate`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatsAttribute<N> {
    /// `IPVS_STATS_ATTR_CONNS`: connections scheduled.
    Connections(N),
    /// `IPVS_STATS_ATTR_INPKTS`: packets towards the destinations.
    InPackets(N),
    /// `IPVS_STATS_ATTR_OUTPKTS`: packets back to the clients.
    OutPackets(N),
    /// `IPVS_STATS_ATTR_INBYTES`: bytes towards the destinations.
    InBytes(u64),
    /// `IPVS_STATS_ATTR_OUTBYTES`: bytes back to the clients.
    OutBytes(u64),
    /// `IPVS_STATS_ATTR_CPS`: connections per second.
    ConnectionRate(N),
    /// `IPVS_STATS_ATTR_INPPS`: packets per second towards the destinations.
    InPacketRate(N),
    /// `IPVS_STATS_ATTR_OUTPPS`: packets per second back to the clients.
    OutPacketRate(N),
    /// `IPVS_STATS_ATTR_INBPS`: **bytes** per second towards the destinations.
    InByteRate(N),
    /// `IPVS_STATS_ATTR_OUTBPS`: **bytes** per second back to the clients.
    OutByteRate(N),
    /// Unknown, or not in the usual form; also `IPVS_STATS_ATTR_PAD`, which aligns 64-bit numbers
    /// on some architectures.
    Other(DefaultNla),
}

impl<N: Count> StatsAttribute<N> {
    fn payload(&self) -> (u16, Payload<'_>) {
        match self {
            Self::Connections(count) => (number::CONNS, count.payload()),
            Self::InPackets(count) => (number::INPKTS, count.payload()),
            Self::OutPackets(count) => (number::OUTPKTS, count.payload()),
            Self::InBytes(count) => (number::INBYTES, count.payload()),
            Self::OutBytes(count) => (number::OUTBYTES, count.payload()),
            Self::ConnectionRate(rate) => (number::CPS, rate.payload()),
            Self::InPacketRate(rate) => (number::INPPS, rate.payload()),
            Self::OutPacketRate(rate) => (number::OUTPPS, rate.payload()),
            Self::InByteRate(rate) => (number::INBPS, rate.payload()),
            Self::OutByteRate(rate) => (number::OUTBPS, rate.payload()),
            Self::Other(other) => Payload::other(other),
        }
    }
}

impl<N: Count> Attribute for StatsAttribute<N> {
    fn known(number: u16, _: bool, payload: &[u8]) -> Option<Self> {
        Some(match number {
            number::CONNS => Self::Connections(N::read(payload)?),
            number::INPKTS => Self::InPackets(N::read(payload)?),
            number::OUTPKTS => Self::OutPackets(N::read(payload)?),
            number::INBYTES => Self::InBytes(u64::read(payload)?),
            number::OUTBYTES => Self::OutBytes(u64::read(payload)?),
            number::CPS => Self::ConnectionRate(N::read(payload)?),
            number::INPPS => Self::InPacketRate(N::read(payload)?),
            number::OUTPPS => Self::OutPacketRate(N::read(payload)?),
            number::INBPS => Self::InByteRate(N::read(payload)?),
            number::OUTBPS => Self::OutByteRate(N::read(payload)?),
            _ => return None,
        })
    }

    fn other(other: DefaultNla) -> Self {
        Self::Other(other)
    }
}

attribute_traits!(StatsAttribute<N: Count>);

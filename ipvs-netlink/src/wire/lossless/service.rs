// SPDX-License-Identifier: MIT OR Apache-2.0
//! The attributes of a virtual service.

use ipvs_types::{EngineName, Protocol, Scheduler};
use netlink_packet_core::DefaultNla;

use super::payload::{self, Attribute, Payload, attribute_traits};
use super::{Nest, StatsAttribute};
use crate::wire::number::service as number;

/// An attribute of a virtual service (`IPVS_SVC_ATTR_*`).
///
/// What identifies a service is [`Family`](Self::Family) with either [`Fwmark`](Self::Fwmark) or
/// [`Protocol`](Self::Protocol), [`Address`](Self::Address) and [`Port`](Self::Port). Creating or
/// replacing one takes also [`Scheduler`](Self::Scheduler), [`Flags`](Self::Flags),
/// [`Timeout`](Self::Timeout) and [`Netmask`](Self::Netmask).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceAttribute {
    /// `IPVS_SVC_ATTR_AF`: 2 (`AF_INET`) or 10 (`AF_INET6`; `ipvsadm -6`). CPU byte order.
    Family(u16),
    /// `IPVS_SVC_ATTR_PROTOCOL`: 6, 17 or 132 (`ipvsadm -t`, `-u`, `--sctp-service`); the kernel
    /// stores any number. CPU byte order.
    Protocol(Protocol),
    /// `IPVS_SVC_ATTR_ADDR`: the virtual address in network byte order (`union nf_inet_addr`); IPv4
    /// in the first four bytes, the rest zero. The kernel takes fewer bytes too; such an
    /// attribute is [`Other`](Self::Other).
    Address([u8; 16]),
    /// `IPVS_SVC_ATTR_PORT`: the virtual port; 0 means all. Network byte order.
    Port(u16),
    /// `IPVS_SVC_ATTR_FWMARK`: the firewall mark (`ipvsadm -f`). 0 is no error: the kernel takes it
    /// for the service TCP 0.0.0.0:0. CPU byte order.
    Fwmark(u32),
    /// `IPVS_SVC_ATTR_SCHED_NAME`: the scheduler (`ipvsadm -s`), with a NUL.
    Scheduler(Scheduler),
    /// `IPVS_SVC_ATTR_FLAGS`: flag bits (`IP_VS_SVC_F_*`; `ipvsadm -o`, `-b`, `-p`), and which of
    /// them a request changes. CPU byte order.
    Flags {
        /// The bits: 0x1 persistent, 0x2 hashed (the kernel's own), 0x4 one-packet, 0x8, 0x10 and
        /// 0x20 for the scheduler.
        value: u32,
        /// The bits that count; all in answers.
        mask: u32,
    },
    /// `IPVS_SVC_ATTR_TIMEOUT`: persistence in seconds (`ipvsadm -p`), up to 4,294,967 without
    /// trouble on any kernel; 0 without persistence. CPU byte order.
    Timeout(u32),
    /// `IPVS_SVC_ATTR_NETMASK`: persistence granularity (`ipvsadm -M`). IPv4: a netmask in network
    /// byte order; IPv6: a prefix length from 1 to 128 as a number in CPU byte order.
    Netmask([u8; 4]),
    /// `IPVS_SVC_ATTR_STATS`: statistics, the sums of bytes in 64 bits, the rest in 32
    /// (`ipvsadm -L --stats`, `--rate`). Only in answers.
    Stats(Nest<StatsAttribute<u32>>),
    /// `IPVS_SVC_ATTR_PE_NAME`: the persistence engine (`ipvsadm --pe`), with a NUL; absent or
    /// empty (then [`Other`](Self::Other)) for none.
    Engine(EngineName),
    /// `IPVS_SVC_ATTR_STATS64`: statistics in 64 bits (Linux 4.1). Only in answers.
    Stats64(Nest<StatsAttribute<u64>>),
    /// Unknown, or not in the usual form.
    Other(DefaultNla),
}

impl ServiceAttribute {
    fn payload(&self) -> (u16, Payload<'_>) {
        match self {
            Self::Family(family) => (number::AF, Payload::u16(*family)),
            Self::Protocol(protocol) => (number::PROTOCOL, Payload::u16(protocol.number())),
            Self::Address(address) => (number::ADDR, Payload::bytes(*address)),
            Self::Port(port) => (number::PORT, Payload::be16(*port)),
            Self::Fwmark(mark) => (number::FWMARK, Payload::u32(*mark)),
            Self::Scheduler(name) => (number::SCHED_NAME, Payload::Name(name.as_bytes())),
            Self::Flags { value, mask } => {
                let mut both = [0; 8];
                both[..4].copy_from_slice(&value.to_ne_bytes());
                both[4..].copy_from_slice(&mask.to_ne_bytes());
                (number::FLAGS, Payload::bytes(both))
            }
            Self::Timeout(seconds) => (number::TIMEOUT, Payload::u32(*seconds)),
            Self::Netmask(mask) => (number::NETMASK, Payload::bytes(*mask)),
            Self::Stats(nest) => (number::STATS, Payload::Nest(nest, nest.flagged)),
            Self::Engine(name) => (number::PE_NAME, Payload::Name(name.as_bytes())),
            Self::Stats64(nest) => (number::STATS64, Payload::Nest(nest, nest.flagged)),
            Self::Other(other) => Payload::other(other),
        }
    }
}

impl Attribute for ServiceAttribute {
    fn known(number: u16, flagged: bool, payload: &[u8]) -> Option<Self> {
        Some(match number {
            number::AF => Self::Family(payload::u16(payload)?),
            number::PROTOCOL => Self::Protocol(Protocol(payload::u16(payload)?)),
            number::ADDR => Self::Address(payload::bytes(payload)?),
            number::PORT => Self::Port(payload::be16(payload)?),
            number::FWMARK => Self::Fwmark(payload::u32(payload)?),
            number::SCHED_NAME => Self::Scheduler(payload::name(payload, Scheduler::new)?),
            number::FLAGS => {
                let (value, mask) = payload.split_at_checked(4)?;
                Self::Flags { value: payload::u32(value)?, mask: payload::u32(mask)? }
            }
            number::TIMEOUT => Self::Timeout(payload::u32(payload)?),
            number::NETMASK => Self::Netmask(payload::bytes(payload)?),
            number::STATS => Self::Stats(Nest::read(flagged, payload)?),
            number::PE_NAME => Self::Engine(payload::name(payload, EngineName::new)?),
            number::STATS64 => Self::Stats64(Nest::read(flagged, payload)?),
            _ => return None,
        })
    }

    fn other(other: DefaultNla) -> Self {
        Self::Other(other)
    }
}

attribute_traits!(ServiceAttribute);

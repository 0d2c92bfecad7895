// SPDX-License-Identifier: MIT OR Apache-2.0
//! The file `/proc/net/ip_vs`.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_types::{DestKey, Family, Granularity, Protocol, Scheduler};
use nom::Parser as _;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, space0};
use nom::combinator::{map, map_res, opt};
use nom::sequence::preceded;
use serde::{Deserialize, Serialize};

use crate::document::{Document, Fault, Lines};
use crate::grammar::{Read, end, endpoint, field, finish, hex32, labelled, next, number};
use crate::grammar::{protocol, word};
use crate::{LineError, ProcFile};

/// All services with their destinations, in the kernel's order.
///
/// The kernel hands the file out in pieces of 4 KiB; only one piece is a consistent view.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Table {
    /// The version of the kernel's IPVS: `1.2.1` on all kernels that this library knows.
    pub version: String,
    /// Buckets of the connection table; 0 on kernel 7.x before the first service.
    pub size: u32,
    /// The services.
    pub services: Vec<Service>,
}

/// What identifies a service. The file does not show the family of a fwmark service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// A protocol, address and port.
    Address {
        /// The transport protocol.
        protocol: Protocol,
        /// The virtual address.
        address: IpAddr,
        /// The virtual port.
        port: u16,
    },
    /// A firewall mark.
    Fwmark(u32),
}

impl Identity {
    /// The family, where the file shows it.
    pub const fn family(&self) -> Option<Family> {
        match self {
            Self::Address { address, .. } => Some(Family::of(*address)),
            Self::Fwmark(_) => None,
        }
    }
}

/// A line of a service. Engine, scheduler flags and statistics are not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Which service.
    pub identity: Identity,
    /// The scheduler, `none` where there is none.
    pub scheduler: Scheduler,
    /// One-packet scheduling. The kernel never shows it for IPv6 address services.
    pub one_packet: bool,
    /// Persistence.
    pub persistence: Option<Persistence>,
    /// The destinations, newest first.
    pub dests: Vec<Dest>,
}

/// Persistence as the file shows it.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use ipvs_proc::Persistence;
/// use ipvs_types::{Family, Granularity};
/// // persistent 150000 40000000, an IPv6 service on a kernel with 250 ticks a second
/// let shown = Persistence { jiffies: 150_000, mask: 0x4000_0000 };
/// let hz = NonZeroU32::new(250).expect("not zero");
/// assert_eq!(shown.timeout(hz), Duration::from_secs(600));
/// assert_eq!(shown.granularity(Family::Ipv6), Granularity::ipv6(64).ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persistence {
    /// The timeout in the kernel's ticks, **not** seconds. The kernel prints its unsigned 32 bits as a
    /// signed number; a negative one is read back as what the kernel has.
    pub jiffies: u32,
    /// The IPv4 netmask (255.255.255.0 is `0xFFFFFF00`); for IPv6 the prefix length in the byte order
    /// that the machine does not have (64 is `0x40000000` on a little-endian one).
    pub mask: u32,
}

impl Persistence {
    /// The timeout on a kernel with `hz` ticks a second (`CONFIG_HZ`: 100, 250, 300 or 1000). No file
    /// shows that number; `getconf CLK_TCK` is another one.
    pub const fn timeout(self, hz: NonZeroU32) -> Duration {
        Duration::from_nanos(self.jiffies as u64 * 1_000_000_000 / hz.get() as u64)
    }

    /// Which clients count as one, in a service of `family`; `None` when the mask is no prefix length
    /// of IPv6. The kernel that wrote the text may be of either byte order.
    pub fn granularity(self, family: Family) -> Option<Granularity> {
        let prefix = |length: u32| Granularity::ipv6(u8::try_from(length).ok()?).ok();
        match family {
            Family::Ipv4 => Some(Granularity::ipv4(self.mask.into())),
            Family::Ipv6 => prefix(self.mask).or_else(|| prefix(self.mask.swap_bytes())),
        }
    }
}

/// How packets reach a destination.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forward {
    /// `Masq`: masquerading, and whatever the kernel has no name for.
    Masq,
    /// `Local`: the director itself.
    Local,
    /// `Tunnel`: encapsulation of any kind.
    Tunnel,
    /// `Route`: direct routing.
    Route,
    /// Another word, of another kernel.
    Other(String),
}

impl From<&str> for Forward {
    fn from(word: &str) -> Self {
        match word {
            "Masq" => Self::Masq,
            "Local" => Self::Local,
            "Tunnel" => Self::Tunnel,
            "Route" => Self::Route,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A line of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dest {
    /// Which destination. Its family may differ from the service's.
    pub key: DestKey,
    /// The forwarding method.
    pub forward: Forward,
    /// The weight.
    pub weight: i64,
    /// Active connections.
    pub active: i64,
    /// Other connections.
    pub inactive: i64,
}

impl Document for Table {
    const FILE: ProcFile = ProcFile::Table;

    fn read(lines: &mut Lines<'_>) -> Result<Self, LineError> {
        let heading = lines.required("IP Virtual Server version N (size=N)", heading)?;
        lines.heading("Prot LocalAddress:Port Scheduler Flags")?;
        lines.heading("-> RemoteAddress:Port Forward Weight ActiveConn InActConn")?;
        let mut services: Vec<Service> = Vec::new();
        // Whether the service of the next destinations was read.
        let mut known = false;
        lines.each(|line| {
            let rest = line.trim_start_matches(' ');
            if !rest.starts_with("->") {
                known = false;
                services.push(service(line)?);
                known = true;
                return Ok(());
            }
            let dest = dest(rest)?;
            match services.last_mut() {
                Some(service) if known => service.dests.push(dest),
                _ => return Err(Fault { rest, expected: "a service before this destination" }),
            }
            Ok(())
        })?;
        let (version, size) = heading.unwrap_or_default();
        Ok(Self { version: version.to_owned(), size, services })
    }
}

/// `IP Virtual Server version 1.2.1 (size=4096)`: the version and the table size.
fn heading(line: &str) -> Result<(&str, u32), Fault<'_>> {
    let version = take_while1(|c: char| c.is_ascii_digit() || c == '.');
    let start = preceded((tag("IP Virtual Server version"), space0), version);
    let (rest, version) = finish(field("IP Virtual Server version N", start)(line))?;
    let size = (tag("(size="), nom::character::complete::u32, char(')'));
    let (rest, (_, size, _)) = finish(next("(size=N)", size)(rest))?;
    end(rest, (version, size))
}

fn service(line: &str) -> Result<Service, Fault<'_>> {
    let fwmark = map(labelled("FWM", hex32), Identity::Fwmark);
    let (line, identity) = match line.starts_with("FWM ") {
        true => finish(field("a firewall mark", fwmark)(line))?,
        false => finish(address(line))?,
    };
    let scheduler = map_res(word, Scheduler::new);
    let (line, scheduler) = finish(next("a scheduler", scheduler)(line))?;
    let (line, ops) = finish(opt(next("ops", tag("ops"))).parse(line))?;
    let (line, persistent) = finish(opt(next("persistent", tag("persistent"))).parse(line))?;
    let (line, persistence) = match persistent {
        Some(_) => finish(map(persistence, Some).parse(line))?,
        None => (line, None),
    };
    let dests = Vec::new();
    end(line, Service { identity, scheduler, one_packet: ops.is_some(), persistence, dests })
}

fn address(line: &str) -> Read<'_, Identity> {
    let (line, protocol) = field("a protocol or FWM", protocol)(line)?;
    let (line, DestKey { address, port }) = next("an address with its port", endpoint)(line)?;
    Ok((line, Identity::Address { protocol, address, port }))
}

fn persistence(line: &str) -> Read<'_, Persistence> {
    let ticks = |shown: i64| u32::try_from(shown).or(i32::try_from(shown).map(i32::cast_unsigned));
    let (line, jiffies) = next("a timeout in ticks", map_res(number, ticks))(line)?;
    let (line, mask) = next("a netmask of eight digits", hex32)(line)?;
    Ok((line, Persistence { jiffies, mask }))
}

fn dest(line: &str) -> Result<Dest, Fault<'_>> {
    let arrow = preceded((tag("->"), space0), endpoint);
    let (line, key) = finish(field("an address with its port", arrow)(line))?;
    let (line, forward) = finish(next("a forwarding method", map(word, Forward::from))(line))?;
    let (line, weight) = finish(next("a weight", number)(line))?;
    let (line, active) = finish(next("active connections", number)(line))?;
    let (line, inactive) = finish(next("inactive connections", number)(line))?;
    end(line, Dest { key, forward, weight, active, inactive })
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The file `/proc/net/ip_vs`.

use std::net::IpAddr;

use ipvs_types::{DestKey, Protocol};

use crate::line;

/// All services with their destinations, in the kernel's order.
///
/// The kernel hands the file out in pieces of 4 KiB; only one piece is a consistent view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Buckets of the connection table; 0 on kernel 7.x before the first service.
    pub size: u32,
    /// The services.
    pub services: Vec<Service>,
}

/// What identifies a service. The file does not show the family of a fwmark service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// A line of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Which service.
    pub identity: Identity,
    /// The scheduler, `none` where there is none.
    pub scheduler: String,
    /// One-packet scheduling. The kernel never shows it for IPv6 address services.
    pub one_packet: bool,
    /// Persistence.
    pub persistence: Option<Persistence>,
    /// The destinations, newest first.
    pub dests: Vec<Dest>,
}

/// Persistence as the file shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Persistence {
    /// The timeout in the kernel's ticks, **not** seconds; negative when the kernel's 32 bits ran
    /// over.
    pub jiffies: i64,
    /// The IPv4 netmask; for IPv6 the prefix length in the byte order that the machine does not
    /// have (64 is `0x40000000` on a little-endian one).
    pub mask: u32,
}

/// A line of a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dest {
    /// Which destination.
    pub key: DestKey,
    /// `Masq`, `Local`, `Tunnel` or `Route`; the kernel calls everything else `Masq`.
    pub forward: String,
    /// The weight.
    pub weight: i64,
    /// Active connections.
    pub active: i64,
    /// Other connections.
    pub inactive: i64,
}

/// A line that is not of the file's form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("/proc/net/ip_vs, line {line}, column {column}: expected {expected}, found `{text}`")]
pub struct LineError {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
    /// What should have been there.
    pub expected: &'static str,
    /// The rest of the line from there.
    pub text: String,
}

impl Table {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// At the first line that is not of the file's form; an empty text lacks the heading.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        let mut lines = text.lines().enumerate();
        let (_, first) = lines.next().unwrap_or((0, ""));
        let size = read(first, 0, "the heading with version and size", line::heading)?;
        let mut services: Vec<Service> = Vec::new();
        for (index, text) in lines.skip(2) {
            if !text.trim_start().starts_with("->") {
                services.push(read(text, index, "a service", line::service)?);
                continue;
            }
            let dest = read(text, index, "a destination", line::dest)?;
            match services.last_mut() {
                Some(service) => service.dests.push(dest),
                None => return Err(error(text, text, index, "a service before this destination")),
            }
        }
        Ok(Self { size, services })
    }
}

fn read<'a, T>(
    text: &'a str,
    index: usize,
    expected: &'static str,
    parser: impl Fn(&'a str) -> nom::IResult<&'a str, T>,
) -> Result<T, LineError> {
    match parser(text) {
        Ok((_, value)) => Ok(value),
        Err(nom::Err::Error(at) | nom::Err::Failure(at)) => {
            Err(error(text, at.input, index, expected))
        }
        Err(nom::Err::Incomplete(_)) => Err(error(text, "", index, expected)),
    }
}

fn error(text: &str, rest: &str, index: usize, expected: &'static str) -> LineError {
    let column = text.len() - rest.len() + 1;
    LineError { line: index + 1, column, expected, text: rest.to_owned() }
}

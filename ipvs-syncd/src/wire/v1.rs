// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entries of version 1.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipvs_types::{EngineName, Method, Protocol};
use nom::combinator::map;
use nom::number::complete::{be_u16, be_u32, be_u128, u8};
use nom::{IResult, Parser};

use super::options::{self, Known};
use super::{Entry, FaultKind, Options};
use crate::{Addresses, Connection, ConnectionFlags, EncodeError};

/// What comes before the addresses.
const HEAD: usize = 24;
/// The fixed part of an entry with IPv4 addresses, and the least that a kernel looks at.
const FIXED_V4: usize = 36;
/// The bit of the type that stands for IPv6; the others count only where it is not set.
const INET6: u8 = 1;
/// The bits of the size; above them is the version.
const SIZE: u16 = 0x0fff;
/// Entries start at multiples of this.
const ALIGNMENT: usize = 4;

/// What both families have before the addresses.
struct Head {
    kind: u8,
    protocol: u8,
    version_size: u16,
    flags: u32,
    state: u16,
    ports: (u16, u16, u16),
    mark: u32,
    timeout: u32,
}

/// Reads the entry at the start of `input`, in the order of a kernel's checks.
#[inline]
pub(super) fn read(input: &[u8]) -> Result<(&[u8], Entry<'_>), FaultKind> {
    let left = input.len();
    let short = FaultKind::Short { left, need: FIXED_V4 };
    if left < FIXED_V4 {
        return Err(short);
    }
    let (_, head) = head(input).map_err(|_| short)?;
    let size = head.version_size & SIZE;
    let bytes = input.get(..usize::from(size)).ok_or(FaultKind::Overrun { size, left })?;
    let version = head.version_size >> SIZE.count_ones();
    if version != 0 {
        return Err(FaultKind::Version(version as u8));
    }
    let addresses = match head.kind {
        kind if kind & INET6 != 0 => v6,
        0 => v4,
        kind => return Err(FaultKind::Type(kind)),
    };
    let too_small = |_| FaultKind::TooSmall { size };
    let (options, addresses) =
        addresses(bytes.get(HEAD..).unwrap_or_default()).map_err(too_small)?;
    let options = Options(options);
    let known = Known::read(options)?;
    let refused_option = known.refused;
    let entry = Entry { connection: connection(&head, addresses, known), options, refused_option };
    // The padding belongs to the next entry: behind the last there is none.
    let next = bytes.len().next_multiple_of(ALIGNMENT).min(left);
    Ok((&input[next..], entry))
}

fn head(input: &[u8]) -> IResult<&[u8], Head> {
    let ports = (be_u16, be_u16, be_u16);
    let fields = (u8, u8, be_u16, be_u32, be_u16, ports, be_u32, be_u32);
    map(fields, |(kind, protocol, version_size, flags, state, ports, mark, timeout)| Head {
        kind,
        protocol,
        version_size,
        flags,
        state,
        ports,
        mark,
        timeout,
    })
    .parse(input)
}

fn v4(input: &[u8]) -> IResult<&[u8], Addresses> {
    let address = || map(be_u32, Ipv4Addr::from_bits);
    let all = (address(), address(), address());
    map(all, |(client, service, dest)| Addresses::V4 { client, service, dest }).parse(input)
}

fn v6(input: &[u8]) -> IResult<&[u8], Addresses> {
    let address = || map(be_u128, Ipv6Addr::from_bits);
    let all = (address(), address(), address());
    map(all, |(client, service, dest)| Addresses::V6 { client, service, dest }).parse(input)
}

fn connection<'d>(head: &Head, addresses: Addresses, known: Known<'d>) -> Connection<'d> {
    let (client_port, service_port, dest_port) = head.ports;
    Connection {
        protocol: Protocol(head.protocol.into()),
        addresses,
        client_port,
        service_port,
        dest_port,
        method: Method::from_flags(head.flags),
        flags: ConnectionFlags::from_wire(head.flags),
        state: head.state,
        mark: head.mark,
        timeout: Duration::from_secs(head.timeout.into()),
        sequences: known.sequences,
        engine_name: known.engine_name.map(Cow::Borrowed),
        engine_data: known.engine_data.map(Cow::Borrowed),
    }
}

/// Appends the entry of `connection`, without padding.
pub(crate) fn write(out: &mut Vec<u8>, connection: &Connection<'_>) -> Result<(), EncodeError> {
    let start = out.len();
    let protocol = u8::try_from(connection.protocol.number())
        .map_err(|_| EncodeError::Protocol(connection.protocol))?;
    let timeout = seconds(connection.timeout)?;
    let name = connection.engine_name.as_deref();
    let name = bounded(name, EngineName::MAX_LEN).map_err(EncodeError::EngineName)?;
    let data = bounded(connection.engine_data.as_deref(), 255).map_err(EncodeError::EngineData)?;
    let kind = match connection.addresses {
        Addresses::V4 { .. } => 0,
        Addresses::V6 { .. } => INET6,
    };
    // The size follows when it is known.
    out.extend([kind, protocol, 0, 0]);
    out.extend(connection.flags.to_wire(connection.method).to_be_bytes());
    let ports = [connection.client_port, connection.service_port, connection.dest_port];
    for number in [connection.state].into_iter().chain(ports) {
        out.extend(number.to_be_bytes());
    }
    out.extend(connection.mark.to_be_bytes());
    out.extend(timeout.to_be_bytes());
    match connection.addresses {
        Addresses::V4 { client, service, dest } => {
            [client, service, dest].iter().for_each(|address| out.extend(address.octets()));
        }
        Addresses::V6 { client, service, dest } => {
            [client, service, dest].iter().for_each(|address| out.extend(address.octets()));
        }
    }
    if let Some(sequences) = connection.sequences {
        options::write_sequences(out, sequences);
    }
    if let Some(data) = data {
        options::write_engine_data(out, data);
    }
    if let Some(name) = name {
        options::write_engine_name(out, name);
    }
    // At most 72 + 26 + 257 + 18 bytes, well within 12 bits.
    let size = (out.len() - start) as u16;
    out[start + 2..start + 4].copy_from_slice(&size.to_be_bytes());
    Ok(())
}

fn seconds(timeout: Duration) -> Result<u32, EncodeError> {
    match u32::try_from(timeout.as_secs()) {
        Ok(seconds) if timeout.subsec_nanos() == 0 => Ok(seconds),
        _ => Err(EncodeError::Timeout(timeout)),
    }
}

/// The bytes if there are 1 to `most`, otherwise how many there are.
fn bounded(bytes: Option<&[u8]>, most: usize) -> Result<Option<&[u8]>, usize> {
    match bytes {
        Some(bytes) if bytes.is_empty() || bytes.len() > most => Err(bytes.len()),
        other => Ok(other),
    }
}

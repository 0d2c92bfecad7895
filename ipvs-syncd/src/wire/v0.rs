// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entries of version 0.

use std::net::Ipv4Addr;
use std::time::Duration;

use ipvs_types::{Method, Protocol};
use nom::combinator::map;
use nom::number::Endianness;
use nom::number::complete::{be_u16, be_u32, u8, u32};
use nom::{IResult, Parser};

use super::{Entry, FaultKind, Options};
use crate::{Addresses, ByteOrder, Connection, ConnectionFlags, EncodeError, Sequence, Sequences};

/// The fixed part of an entry.
const FIXED: usize = 24;
/// The bytes of sequence numbers.
pub(super) const SEQUENCES: usize = 24;

/// Reads the entry at the start of `input`.
#[inline]
pub(super) fn read(input: &[u8], order: ByteOrder) -> Result<(&[u8], Entry<'_>), FaultKind> {
    let short = |need| FaultKind::Short { left: input.len(), need };
    let (rest, mut connection) = fixed(input).map_err(|_| short(FIXED))?;
    let mut end = rest;
    if connection.flags.intersects(ConnectionFlags::SEQUENCES) {
        let (rest, numbers) = sequences(order, rest).map_err(|_| short(FIXED + SEQUENCES))?;
        connection.sequences = Some(numbers);
        end = rest;
    }
    Ok((end, Entry { connection, options: Options(&[]), refused_option: None }))
}

fn fixed(input: &[u8]) -> IResult<&[u8], Connection<'_>> {
    let address = || map(be_u32, Ipv4Addr::from_bits);
    let ports = (be_u16, be_u16, be_u16);
    let addresses = (address(), address(), address());
    let (rest, (_, protocol, ports, (client, service, dest), flags, state)) =
        (u8, u8, ports, addresses, be_u16, be_u16).parse(input)?;
    let flags = u32::from(flags);
    let (client_port, service_port, dest_port) = ports;
    let connection = Connection {
        protocol: Protocol(protocol.into()),
        addresses: Addresses::V4 { client, service, dest },
        client_port,
        service_port,
        dest_port,
        method: Method::from_flags(flags),
        flags: ConnectionFlags::from_wire(flags),
        state,
        mark: 0,
        timeout: Duration::ZERO,
        sequences: None,
        engine_name: None,
        engine_data: None,
    };
    Ok((rest, connection))
}

/// Reads both directions' numbers.
pub(super) fn sequences(order: ByteOrder, input: &[u8]) -> IResult<&[u8], Sequences> {
    let order = match order {
        ByteOrder::Little => Endianness::Little,
        ByteOrder::Big => Endianness::Big,
    };
    let sequence = || {
        map((u32(order), u32(order), u32(order)), |(initial, delta, previous)| Sequence {
            initial,
            delta: delta.cast_signed(),
            previous_delta: previous.cast_signed(),
        })
    };
    let both = (sequence(), sequence());
    map(both, |(incoming, outgoing)| Sequences { incoming, outgoing }).parse(input)
}

/// Appends the entry of `connection`.
pub(crate) fn write(
    out: &mut Vec<u8>,
    connection: &Connection<'_>,
    order: ByteOrder,
) -> Result<(), EncodeError> {
    let Addresses::V4 { client, service, dest } = connection.addresses else {
        return Err(EncodeError::Ipv6);
    };
    let protocol = u8::try_from(connection.protocol.number())
        .map_err(|_| EncodeError::Protocol(connection.protocol))?;
    let flags = u16::try_from(connection.flags.to_wire(connection.method))
        .map_err(|_| EncodeError::HighFlags(connection.flags))?;
    let flagged = connection.flags.intersects(ConnectionFlags::SEQUENCES);
    if flagged != connection.sequences.is_some() {
        return Err(EncodeError::Sequences { flagged });
    }
    if connection.mark != 0 {
        return Err(EncodeError::Mark(connection.mark));
    }
    if !connection.timeout.is_zero() {
        return Err(EncodeError::TimeoutInV0(connection.timeout));
    }
    if connection.engine_name.is_some() || connection.engine_data.is_some() {
        return Err(EncodeError::Engine);
    }
    out.extend([0, protocol]);
    for port in [connection.client_port, connection.service_port, connection.dest_port] {
        out.extend(port.to_be_bytes());
    }
    for address in [client, service, dest] {
        out.extend(address.octets());
    }
    out.extend(flags.to_be_bytes());
    out.extend(connection.state.to_be_bytes());
    if let Some(sequences) = connection.sequences {
        write_sequences(out, sequences, order);
    }
    Ok(())
}

/// Appends both directions' numbers.
pub(super) fn write_sequences(out: &mut Vec<u8>, sequences: Sequences, order: ByteOrder) {
    for Sequence { initial, delta, previous_delta } in [sequences.incoming, sequences.outgoing] {
        for number in [initial, delta.cast_unsigned(), previous_delta.cast_unsigned()] {
            out.extend(match order {
                ByteOrder::Little => number.to_le_bytes(),
                ByteOrder::Big => number.to_be_bytes(),
            });
        }
    }
}

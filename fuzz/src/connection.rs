// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections for sync messages.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use arbitrary::{Arbitrary, Result, Unstructured};
use ipvs_netlink::types::{Method, Protocol};
use ipvs_syncd::{
    Addresses, ByteOrder, Connection, ConnectionFlags, Encoder, Sequence, Sequences, Version,
};

/// Connections, most of which a message can say, and how to pack them.
#[derive(Debug)]
pub struct AnyBatch {
    /// The version of the messages.
    pub version: Version,
    /// The byte order of version 0's sequence numbers.
    pub order: ByteOrder,
    /// The greatest length of a datagram.
    pub max_len: u16,
    /// What to send.
    pub connections: Vec<Connection<'static>>,
}

impl AnyBatch {
    /// An encoder as the batch asks for.
    pub fn encoder(&self) -> Encoder {
        Encoder::new(self.version, 7).max_len(self.max_len).byte_order(self.order)
    }
}

impl<'a> Arbitrary<'a> for AnyBatch {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let version = if u.arbitrary()? { Version::V1 } else { Version::V0 };
        let order = if u.arbitrary()? { ByteOrder::Big } else { ByteOrder::Little };
        let max_len = u.int_in_range(0..=10_000)?;
        let mut connections = Vec::new();
        while connections.len() < 700 && !u.is_empty() {
            let connection = connection(u)?;
            connections.push(match (version, connection.reduced_to_v0()) {
                (Version::V0, Some(reduced)) if !u.ratio(1, 16)? => reduced,
                _ => connection,
            });
        }
        Ok(Self { version, order, max_len, connections })
    }
}

fn connection(u: &mut Unstructured<'_>) -> Result<Connection<'static>> {
    let protocol = if u.ratio(1, 32)? { u.arbitrary()? } else { u16::from(u.arbitrary::<u8>()?) };
    let flags = u.arbitrary()?;
    let [client_port, service_port, dest_port, state] = u.arbitrary()?;
    Ok(Connection {
        protocol: Protocol(protocol),
        addresses: addresses(u)?,
        client_port,
        service_port,
        dest_port,
        method: Method::from_flags(flags),
        flags: ConnectionFlags::from_wire(flags),
        state,
        mark: u.arbitrary()?,
        timeout: timeout(u)?,
        sequences: if u.arbitrary()? { Some(sequences(u)?) } else { None },
        engine_name: bytes(u, 16)?,
        engine_data: bytes(u, 255)?,
    })
}

fn addresses(u: &mut Unstructured<'_>) -> Result<Addresses> {
    Ok(if u.arbitrary()? {
        let [client, service, dest] = u.arbitrary::<[Ipv4Addr; 3]>()?;
        Addresses::V4 { client, service, dest }
    } else {
        let [client, service, dest] = u.arbitrary::<[Ipv6Addr; 3]>()?;
        Addresses::V6 { client, service, dest }
    })
}

fn timeout(u: &mut Unstructured<'_>) -> Result<Duration> {
    Ok(match u.int_in_range(0..=15)? {
        0 => Duration::from_millis(u.arbitrary()?),
        _ => Duration::from_secs(u64::from(u.arbitrary::<u32>()?)),
    })
}

fn sequences(u: &mut Unstructured<'_>) -> Result<Sequences> {
    let mut one = || {
        let (initial, delta, previous_delta) = u.arbitrary()?;
        Ok(Sequence { initial, delta, previous_delta })
    };
    Ok(Sequences { incoming: one()?, outgoing: one()? })
}

/// Nothing, or bytes that are sometimes none or one too many.
fn bytes(u: &mut Unstructured<'_>, most: usize) -> Result<Option<Cow<'static, [u8]>>> {
    if u.arbitrary()? {
        return Ok(None);
    }
    let mut bytes = vec![0; u.int_in_range(0..=most + 1)?];
    u.fill_buffer(&mut bytes)?;
    Ok(Some(bytes.into()))
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A connection (`IPVS_EXT_ATTR_CONN`).

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_types::{ConnectionFlags, EngineName, Family, Method, Protocol};

use super::attributes;
use crate::ext::{Connection, ConnectionKey, Engine};
use crate::wire::WireError;
use crate::wire::decode::{address, address_family, service::named};
use crate::wire::ext::number::{connection as number, message};
use crate::wire::read::{Table, Value};

type Attributes<'a> = Table<'a, { number::NAMES.len() }>;

/// The connection in the attributes of a message.
pub(crate) fn connection(bytes: &[u8]) -> Result<Connection, WireError> {
    let table = nest(attributes(bytes)?.need(message::CONN)?)?;
    let word = table.need(number::FLAGS)?.u32()?;
    let flags = ConnectionFlags::from_wire(word);
    let key = key(&table, flags.contains(ConnectionFlags::TEMPLATE))?;
    let family = match table.get(number::DAF) {
        Some(family) => address_family(family)?,
        None => key.family(),
    };
    let milliseconds = |number| -> Result<Duration, WireError> {
        Ok(Duration::from_millis(table.need(number)?.u32()?.into()))
    };
    let fwmark = table.get(number::FWMARK).map(|value| value.u32()).transpose()?;
    Ok(Connection {
        key,
        dest: socket(&table, number::DADDR, number::DPORT, family)?,
        method: Method::from_flags(word),
        flags,
        state: table.need(number::STATE)?.u16()?,
        expires: milliseconds(number::EXPIRES)?,
        timeout: milliseconds(number::TIMEOUT)?,
        fwmark: fwmark.and_then(NonZeroU32::new),
        packets: table.need(number::INPKTS)?.u32()?,
        engine: engine(&table)?,
        controller: table.get(number::CONTROL).map(controller).transpose()?,
    })
}

fn nest(nest: Value<'_>) -> Result<Attributes<'_>, WireError> {
    Table::read(nest.payload, nest.offset(), &number::NAMES, |_| {})
}

fn key(table: &Attributes<'_>, template: bool) -> Result<ConnectionKey, WireError> {
    let family = address_family(table.need(number::AF)?)?;
    Ok(ConnectionKey {
        protocol: Protocol(table.need(number::PROTO)?.u16()?),
        client: socket(table, number::CADDR, number::CPORT, family)?,
        service: socket(table, number::VADDR, number::VPORT, family)?,
        template,
    })
}

fn socket(
    table: &Attributes<'_>,
    ip: u16,
    port: u16,
    family: Family,
) -> Result<SocketAddr, WireError> {
    Ok(SocketAddr::new(address(table.need(ip)?, family)?, table.need(port)?.be16()?))
}

/// Some engines keep no data.
fn engine(table: &Attributes<'_>) -> Result<Option<Engine>, WireError> {
    let Some(name) = table.get(number::PE_NAME) else { return Ok(None) };
    let data = table.get(number::PE_DATA).map_or_else(Vec::new, |data| data.payload.to_vec());
    Ok(Some(Engine { name: named(name, EngineName::new)?, data }))
}

/// It comes without flags. A connection that controls others, as that of FTP does, has a client port;
/// templates have none.
fn controller(value: Value<'_>) -> Result<ConnectionKey, WireError> {
    let mut key = key(&nest(value)?, false)?;
    key.template = key.client.port() == 0;
    Ok(key)
}

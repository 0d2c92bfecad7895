// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtual service from `IPVS_CMD_NEW_SERVICE`.

use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_types::{
    EngineName, Family, Granularity, Persistence, Protocol, Scheduler, ServiceConfig, ServiceFlags,
    ServiceKey, Stats,
};

use super::{address, address_family, carried, nest, stats};
use crate::ServiceEntry;
use crate::wire::error::{Found, WireError};
use crate::wire::number::{message, service as number};
use crate::wire::read::{Table, Value, until_nul};

type Attributes<'a> = Table<'a, { number::NAMES.len() }>;

/// The service in the attributes of a message.
pub(crate) fn service(attributes: &[u8]) -> Result<ServiceEntry, WireError> {
    let nest = nest(attributes, message::SERVICE)?;
    entry(nest, |table| stats::either(table, number::STATS, number::STATS64))
}

/// A service as the family `ipvs_ext` tells it: what is not counted is zero.
pub(in crate::wire) fn service_told(nest: Value<'_>) -> Result<ServiceEntry, WireError> {
    entry(nest, |table| stats::wide(table, number::STATS64))
}

/// What identifies a service.
pub(in crate::wire) fn service_key(nest: Value<'_>) -> Result<ServiceKey, WireError> {
    key(&Table::read(nest.payload, nest.offset(), &number::NAMES, |_| {})?)
}

fn entry(
    nest: Value<'_>,
    stats: impl FnOnce(&Attributes<'_>) -> Result<Stats, WireError>,
) -> Result<ServiceEntry, WireError> {
    let mut unknown = Vec::new();
    let table = Table::read(nest.payload, nest.offset(), &number::NAMES, |attribute| {
        unknown.push(carried(attribute));
    })?;
    let key = key(&table)?;
    let config = config(&table, key.family())?;
    Ok(ServiceEntry { key, config, stats: stats(&table)?, unknown })
}

fn key(table: &Attributes<'_>) -> Result<ServiceKey, WireError> {
    let family = address_family(table.need(number::AF)?)?;
    // Mark 0 is the kernel's notation for a service with an address.
    if let Some(mark) = table.get(number::FWMARK)
        && let Some(mark) = NonZeroU32::new(mark.u32()?)
    {
        return Ok(ServiceKey::fwmark(mark, family));
    }
    Ok(ServiceKey::Address {
        protocol: Protocol(table.need(number::PROTOCOL)?.u16()?),
        address: address(table.need(number::ADDR)?, family)?,
        port: table.need(number::PORT)?.be16()?,
    })
}

fn config(table: &Attributes<'_>, family: Family) -> Result<ServiceConfig, WireError> {
    let scheduler = table.need(number::SCHED_NAME)?;
    let flags = table.need(number::FLAGS)?.u32()?;
    let mut config = ServiceConfig::new(named(scheduler, Scheduler::new)?);
    config.flags = ServiceFlags::from_kernel(flags);
    if flags & ServiceFlags::PERSISTENT_BIT != 0 {
        config.persistence = Some(persistence(table, family)?);
    }
    if let Some(name) = table.get(number::PE_NAME)
        && !until_nul(name.payload).is_empty()
    {
        config.engine = Some(named(name, EngineName::new)?);
    }
    Ok(config)
}

fn persistence(table: &Attributes<'_>, family: Family) -> Result<Persistence, WireError> {
    let netmask = table.need(number::NETMASK)?;
    let granularity = match family {
        Family::Ipv4 => Granularity::ipv4(netmask.bytes::<4>()?.into()),
        Family::Ipv6 => {
            let prefix = netmask.u32()?;
            let granularity = u8::try_from(prefix).ok().and_then(|p| Granularity::ipv6(p).ok());
            granularity.ok_or_else(|| {
                let expected = "a prefix length from 1 to 128";
                netmask.error(Found::Number { value: prefix.into(), expected })
            })?
        }
    };
    let seconds = table.need(number::TIMEOUT)?.u32()?;
    Ok(Persistence::new(Duration::from_secs(seconds.into())).granularity(granularity))
}

/// The name in an attribute, up to its NUL.
pub(in crate::wire) fn named<'a, T>(
    value: Value<'a>,
    make: impl FnOnce(&'a [u8]) -> Result<T, ipvs_types::ParseError>,
) -> Result<T, WireError> {
    make(until_nul(value.payload)).map_err(|error| value.error(Found::Name(Box::new(error))))
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A destination from `IPVS_CMD_NEW_DEST`.

use std::num::NonZeroU32;

use ipvs_types::{DestConfig, DestKey, Family, Forward, Method, RawForward, Stats, TunnelFlags};

use super::{address, address_family, carried, nest, stats};
use crate::DestEntry;
use crate::wire::error::WireError;
use crate::wire::number::{dest as number, message};
use crate::wire::read::{Table, Value};

type Attributes<'a> = Table<'a, { number::NAMES.len() }>;

/// The destination in the attributes of a message; old kernels leave out its family when it is that
/// of the service.
pub(crate) fn dest(attributes: &[u8], service_family: Family) -> Result<DestEntry, WireError> {
    let nest = nest(attributes, message::DEST)?;
    entry(nest, service_family, |table| {
        Ok(Counted {
            active: table.need(number::ACTIVE_CONNS)?.u32()?,
            inactive: table.need(number::INACT_CONNS)?.u32()?,
            persistent: table.need(number::PERSIST_CONNS)?.u32()?,
            stats: stats::either(table, number::STATS, number::STATS64)?,
        })
    })
}

/// A destination as the family `ipvs_ext` tells it: what is not counted is zero.
pub(in crate::wire) fn dest_told(
    nest: Value<'_>,
    service_family: Family,
) -> Result<DestEntry, WireError> {
    entry(nest, service_family, |table| {
        let count = |number| table.get(number).map_or(Ok(0), |value| value.u32());
        Ok(Counted {
            active: count(number::ACTIVE_CONNS)?,
            inactive: count(number::INACT_CONNS)?,
            persistent: count(number::PERSIST_CONNS)?,
            stats: stats::wide(table, number::STATS64)?,
        })
    })
}

/// The settings of a destination.
pub(in crate::wire) fn dest_settings(
    nest: Value<'_>,
    service_family: Family,
) -> Result<(DestKey, DestConfig), WireError> {
    let table = Table::read(nest.payload, nest.offset(), &number::NAMES, |_| {})?;
    Ok((key(&table, service_family)?, config(&table)?))
}

/// What identifies a destination.
pub(in crate::wire) fn dest_key(
    nest: Value<'_>,
    service_family: Family,
) -> Result<DestKey, WireError> {
    key(&Table::read(nest.payload, nest.offset(), &number::NAMES, |_| {})?, service_family)
}

/// What the kernel counts.
struct Counted {
    active: u32,
    inactive: u32,
    persistent: u32,
    stats: Stats,
}

fn entry(
    nest: Value<'_>,
    service_family: Family,
    counted: impl FnOnce(&Attributes<'_>) -> Result<Counted, WireError>,
) -> Result<DestEntry, WireError> {
    let mut unknown = Vec::new();
    let table = Table::read(nest.payload, nest.offset(), &number::NAMES, |attribute| {
        unknown.push(carried(attribute));
    })?;
    let (key, config) = (key(&table, service_family)?, config(&table)?);
    let Counted { active, inactive, persistent, stats } = counted(&table)?;
    Ok(DestEntry { key, config, active, inactive, persistent, stats, unknown })
}

fn key(table: &Attributes<'_>, service_family: Family) -> Result<DestKey, WireError> {
    let family = match table.get(number::ADDR_FAMILY) {
        Some(family) if family.u16()? != 0 => address_family(family)?,
        _ => service_family,
    };
    let address = address(table.need(number::ADDR)?, family)?;
    Ok(DestKey::new(address, table.need(number::PORT)?.be16()?))
}

fn config(table: &Attributes<'_>) -> Result<DestConfig, WireError> {
    let mut config = DestConfig::new(forward(table)?);
    config.weight = table.need(number::WEIGHT)?.u32()?;
    config.upper_threshold = NonZeroU32::new(table.need(number::U_THRESH)?.u32()?);
    config.lower_threshold = NonZeroU32::new(table.need(number::L_THRESH)?.u32()?);
    Ok(config)
}

/// The forwarding method; kernels before 5.3 have no or fewer tunnel options.
fn forward(table: &Attributes<'_>) -> Result<Forward, WireError> {
    let method = Method::from_flags(table.need(number::FWD_METHOD)?.u32()?);
    let mut raw = RawForward::plain(method);
    if let Some(tunnel_type) = table.get(number::TUN_TYPE) {
        raw.tunnel_type = tunnel_type.u8()?;
    }
    if let Some(port) = table.get(number::TUN_PORT) {
        raw.tunnel_port = port.be16()?;
    }
    if let Some(flags) = table.get(number::TUN_FLAGS) {
        raw.tunnel_flags = TunnelFlags::from_bits_retain(flags.u16()?);
    }
    Ok(raw.into())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statistics of a service or destination.

use ipvs_types::{CounterWidth, Counters, Rates, Stats};

use crate::wire::error::WireError;
use crate::wire::number::stats as number;
use crate::wire::read::{Table, Value};

/// The statistics of a nest: the 64-bit ones where the kernel has them (since 4.1).
pub(super) fn either<const N: usize>(
    table: &Table<'_, N>,
    narrow: u16,
    wide: u16,
) -> Result<Stats, WireError> {
    match table.get(wide) {
        Some(nest) => read(nest, CounterWidth::Bits64, |value| value.u64()),
        None => read(table.need(narrow)?, CounterWidth::Bits32, |value| Ok(value.u32()?.into())),
    }
}

/// The statistics of a nest in their 64-bit form; zero without it.
pub(super) fn wide<const N: usize>(table: &Table<'_, N>, wide: u16) -> Result<Stats, WireError> {
    match table.get(wide) {
        Some(nest) => read(nest, CounterWidth::Bits64, |value| value.u64()),
        None => Ok(Stats::default()),
    }
}

/// The ten numbers: of the narrow form only the sums of bytes have 64 bits.
fn read(
    nest: Value<'_>,
    width: CounterWidth,
    sized: impl Fn(Value<'_>) -> Result<u64, WireError>,
) -> Result<Stats, WireError> {
    let table = Table::read(nest.payload, nest.offset(), &number::NAMES, |_| {})?;
    let sized = |number| sized(table.need(number)?);
    let counters = Counters {
        connections: sized(number::CONNS)?,
        in_packets: sized(number::INPKTS)?,
        out_packets: sized(number::OUTPKTS)?,
        in_bytes: table.need(number::INBYTES)?.u64()?,
        out_bytes: table.need(number::OUTBYTES)?.u64()?,
    };
    let rates = Rates {
        connections: sized(number::CPS)?,
        in_packets: sized(number::INPPS)?,
        out_packets: sized(number::OUTPPS)?,
        in_bytes: sized(number::INBPS)?,
        out_bytes: sized(number::OUTBPS)?,
    };
    Ok(Stats { counters, rates, width })
}

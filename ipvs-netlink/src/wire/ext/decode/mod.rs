// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the answers of patched kernels to the model. Attributes without a name are ignored.

mod connection;
mod event;
mod snapshot;

pub(crate) use connection::connection;
pub(crate) use event::event;
pub(crate) use snapshot::{Part, Told, part};

use std::time::Duration;

use ipvs_types::{Method, Timeouts};

use super::number::message;
use crate::ext::{Announced, Deleted, Features};
use crate::wire::WireError;
use crate::wire::read::Table;

type Attributes<'a> = Table<'a, { message::NAMES.len() }>;

fn attributes(bytes: &[u8]) -> Result<Attributes<'_>, WireError> {
    Table::read(bytes, 0, &message::NAMES, |_| {})
}

/// What a kernel says of itself (`FEATURES`).
pub(crate) fn announced(bytes: &[u8]) -> Result<Announced, WireError> {
    let table = attributes(bytes)?;
    let number = |number| table.get(number).map(|value| value.u32()).transpose();
    let features = Features::from_bits_retain(table.need(message::FEATURES)?.u64()?);
    Ok(Announced {
        features,
        fullnat: number(message::FULLNAT_METHOD)?.map(Method::from_flags),
        genid: number(message::GENID)?,
        table_size: table.need(message::CONN_TAB_SIZE)?.u32()?,
        connections: table.need(message::CONN_COUNT)?.u32()?,
    })
}

/// A number of connections (`CONN_COUNT`).
pub(crate) fn count(bytes: &[u8]) -> Result<u32, WireError> {
    attributes(bytes)?.need(message::COUNT)?.u32()
}

/// What was deleted (`CONN_DEL`).
pub(crate) fn deleted(bytes: &[u8]) -> Result<Deleted, WireError> {
    let table = attributes(bytes)?;
    let busy = table.get(message::BUSY).map_or(Ok(0), |value| value.u32())?;
    Ok(Deleted { deleted: table.need(message::COUNT)?.u32()?, busy })
}

fn timeouts(table: &Attributes<'_>) -> Result<Timeouts, WireError> {
    let seconds = |number| -> Result<Duration, WireError> {
        Ok(Duration::from_secs(table.need(number)?.u32()?.into()))
    };
    Ok(Timeouts {
        tcp: seconds(message::TIMEOUT_TCP)?,
        tcp_fin: seconds(message::TIMEOUT_TCP_FIN)?,
        udp: seconds(message::TIMEOUT_UDP)?,
    })
}

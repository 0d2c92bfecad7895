// SPDX-License-Identifier: MIT OR Apache-2.0
//! The messages of a snapshot (`SNAPSHOT`).

use ipvs_types::{DaemonConfig, ServiceKey, Timeouts};

use super::{attributes, timeouts};
use crate::wire::WireError;
use crate::wire::decode;
use crate::wire::ext::number::message;
use crate::wire::number::service;
use crate::wire::read::{Attributes, Table, Value};
use crate::{DestEntry, ServiceEntry};

/// One message, with the number of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub genid: u32,
    pub part: Part,
}

/// What one message tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The first: what belongs to no service.
    Head { timeouts: Timeouts, daemons: Vec<DaemonConfig> },
    /// A service with its destinations, or the first of them.
    Service { service: Box<ServiceEntry>, dests: Vec<DestEntry> },
    /// Further destinations.
    More { service: ServiceKey, dests: Vec<DestEntry> },
}

/// What the attributes of a message tell.
pub(crate) fn part(bytes: &[u8]) -> Result<Told, WireError> {
    let table = attributes(bytes)?;
    let genid = table.need(message::GENID)?.u32()?;
    let part = match table.get(message::SERVICE) {
        None => Part::Head {
            timeouts: timeouts(&table)?,
            daemons: each(bytes, message::DAEMON, decode::daemon_nest)?,
        },
        Some(nest) => {
            let key = decode::service_key(nest)?;
            let family = key.family();
            let dests = each(bytes, message::DEST, |nest| decode::dest_told(nest, family))?;
            match is_whole(nest)? {
                true => Part::Service { service: Box::new(decode::service_told(nest)?), dests },
                false => Part::More { service: key, dests },
            }
        }
    };
    Ok(Told { genid, part })
}

/// All nests of one number.
fn each<'a, T>(
    bytes: &'a [u8],
    number: u16,
    read: impl Fn(Value<'a>) -> Result<T, WireError>,
) -> Result<Vec<T>, WireError> {
    let wanted = Attributes::new(bytes).filter(|attribute| attribute.number == number);
    wanted.map(|a| read(Value::of(message::NAMES[usize::from(number)], a.payload, bytes))).collect()
}

/// Where a service goes on, it has its identity only.
fn is_whole(nest: Value<'_>) -> Result<bool, WireError> {
    let table = Table::read(nest.payload, nest.offset(), &service::NAMES, |_| {})?;
    Ok(table.get(service::SCHED_NAME).is_some())
}

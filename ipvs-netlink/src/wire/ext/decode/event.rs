// SPDX-License-Identifier: MIT OR Apache-2.0
//! A change that has happened (`EVENT`).

use ipvs_types::ServiceFlags;

use super::{Attributes, attributes, timeouts};
use crate::Operation;
use crate::ext::{Event, Happening};
use crate::wire::WireError;
use crate::wire::decode;
use crate::wire::ext::number::message;
use crate::wire::number::command;

/// The event in the attributes of a message.
pub(crate) fn event(bytes: &[u8]) -> Result<Event, WireError> {
    let table = attributes(bytes)?;
    let genid = table.need(message::GENID)?.u32()?;
    let port = table.get(message::PORTID).map(|value| value.u32()).transpose()?;
    let number = table.need(message::EVENT)?.u32()?;
    let happening = match u8::try_from(number) {
        Ok(known) => operation(known, &table)?.map(Happening::Done),
        Err(_) => None,
    };
    Ok(Event::new(genid, port, happening.unwrap_or(Happening::Other(number))))
}

/// What was carried out; `None` for a command without a name.
fn operation(number: u8, table: &Attributes<'_>) -> Result<Option<Operation>, WireError> {
    let service = || decode::service_key(table.need(message::SERVICE)?);
    let settings = || decode::service_told(table.need(message::SERVICE)?);
    let dest = || decode::dest_settings(table.need(message::DEST)?, service()?.family());
    let daemon = || decode::daemon_nest(table.need(message::DAEMON)?);
    Ok(Some(match number {
        command::NEW_SERVICE => {
            let told = settings()?;
            Operation::CreateService { service: told.key, config: told.config }
        }
        command::SET_SERVICE => {
            let (told, mask) = (settings()?, ServiceFlags::all());
            Operation::UpdateService { service: told.key, config: told.config, mask }
        }
        command::DEL_SERVICE => Operation::DeleteService { service: service()? },
        command::NEW_DEST => {
            let (dest, config) = dest()?;
            Operation::CreateDest { service: service()?, dest, config }
        }
        command::SET_DEST => {
            let (dest, config) = dest()?;
            Operation::UpdateDest { service: service()?, dest, config }
        }
        command::DEL_DEST => {
            let service = service()?;
            let dest = decode::dest_key(table.need(message::DEST)?, service.family())?;
            Operation::DeleteDest { service, dest }
        }
        command::NEW_DAEMON => Operation::StartDaemon { config: daemon()? },
        command::DEL_DAEMON => Operation::StopDaemon { role: daemon()?.role },
        command::SET_CONFIG => Operation::SetTimeouts { change: timeouts(table)?.into() },
        command::ZERO => Operation::Zero {
            service: table.get(message::SERVICE).map(decode::service_key).transpose()?,
        },
        command::FLUSH => Operation::Flush,
        _ => return Ok(None),
    }))
}

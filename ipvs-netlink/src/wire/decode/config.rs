// SPDX-License-Identifier: MIT OR Apache-2.0
//! What concerns the whole director, and the number of the family.

use std::time::Duration;

use ipvs_types::Timeouts;

use crate::wire::error::{Found, WireError};
use crate::wire::number::{controller, info as info_number, message, netlink};
use crate::wire::read::Table;
use crate::{Info, Version};

/// The timeouts in the attributes of an `IPVS_CMD_SET_CONFIG` message.
pub(crate) fn timeouts(attributes: &[u8]) -> Result<Timeouts, WireError> {
    let table = Table::read(attributes, 0, &message::NAMES, |_| {})?;
    let seconds = |number| -> Result<Duration, WireError> {
        Ok(Duration::from_secs(table.need(number)?.u32()?.into()))
    };
    Ok(Timeouts {
        tcp: seconds(message::TIMEOUT_TCP)?,
        tcp_fin: seconds(message::TIMEOUT_TCP_FIN)?,
        udp: seconds(message::TIMEOUT_UDP)?,
    })
}

/// The facts in the attributes of an `IPVS_CMD_SET_INFO` message.
pub(crate) fn info(attributes: &[u8]) -> Result<Info, WireError> {
    let table = Table::read(attributes, 0, &info_number::NAMES, |_| {})?;
    let version = Version(table.need(info_number::VERSION)?.u32()?);
    Ok(Info::new(version, table.need(info_number::CONN_TAB_SIZE)?.u32()?))
}

/// The family's number in the attributes of the controller's `CTRL_CMD_NEWFAMILY` message.
pub(crate) fn family_id(attributes: &[u8]) -> Result<u16, WireError> {
    let table = Table::read(attributes, 0, &controller::NAMES, |_| {})?;
    let value = table.need(controller::FAMILY_ID)?;
    match value.u16()? {
        id @ netlink::MIN_TYPE.. => Ok(id),
        id => Err(value.error(Found::Number { value: id.into(), expected: "16 or more" })),
    }
}

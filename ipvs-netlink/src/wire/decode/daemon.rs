// SPDX-License-Identifier: MIT OR Apache-2.0
//! A sync daemon from `IPVS_CMD_NEW_DAEMON`.

use std::net::{IpAddr, Ipv6Addr};
use std::num::{NonZeroU8, NonZeroU16};

use ipvs_types::{DaemonConfig, DaemonRole, InterfaceName, SyncId};

use super::nest;
use super::service::named;
use crate::wire::error::{Found, WireError};
use crate::wire::number::{daemon as number, daemon_state, message};
use crate::wire::read::{Table, Value};

/// The daemon in the attributes of a message; kernels before 4.3 report no group, port and so on.
pub(crate) fn daemon(attributes: &[u8]) -> Result<DaemonConfig, WireError> {
    daemon_nest(nest(attributes, message::DAEMON)?)
}

/// The daemon in a nest.
pub(in crate::wire) fn daemon_nest(nest: Value<'_>) -> Result<DaemonConfig, WireError> {
    let table = Table::read(nest.payload, nest.offset(), &number::NAMES, |_| {})?;
    let interface = named(table.need(number::MCAST_IFN)?, InterfaceName::new)?;
    let mut daemon = DaemonConfig::new(role(table.need(number::STATE)?)?, interface);
    daemon.sync_id = SyncId::observed(table.need(number::SYNC_ID)?.u32()?);
    if let Some(max_len) = table.get(number::SYNC_MAXLEN) {
        daemon.max_len = NonZeroU16::new(max_len.u16()?);
    }
    if let Some(group) = table.get(number::MCAST_GROUP) {
        daemon.group = Some(IpAddr::from(group.bytes::<4>()?));
    } else if let Some(group) = table.get(number::MCAST_GROUP6) {
        daemon.group = Some(Ipv6Addr::from(group.bytes::<16>()?).into());
    }
    if let Some(port) = table.get(number::MCAST_PORT) {
        daemon.port = NonZeroU16::new(port.u16()?);
    }
    if let Some(ttl) = table.get(number::MCAST_TTL) {
        daemon.ttl = NonZeroU8::new(ttl.u8()?);
    }
    Ok(daemon)
}

fn role(state: Value<'_>) -> Result<DaemonRole, WireError> {
    match state.u32()? {
        daemon_state::MASTER => Ok(DaemonRole::Master),
        daemon_state::BACKUP => Ok(DaemonRole::Backup),
        other => {
            let expected = "1 (master) or 2 (backup)";
            Err(state.error(Found::Number { value: other.into(), expected }))
        }
    }
}

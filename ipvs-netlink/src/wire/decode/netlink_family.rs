// SPDX-License-Identifier: MIT OR Apache-2.0
//! Families with their multicast groups, from the controller's `CTRL_CMD_NEWFAMILY`.

use super::family_id;
use crate::wire::WireError;
use crate::wire::number::controller;
use crate::wire::read::{Attributes, Table, Value, until_nul};

/// A family that there is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetlinkFamily {
    /// Its name.
    pub name: Vec<u8>,
    /// The number of its messages.
    pub id: u16,
    /// Names and numbers of its multicast groups.
    pub groups: Vec<(Vec<u8>, u32)>,
}

impl NetlinkFamily {
    /// The number of a group.
    pub fn group(&self, name: &str) -> Option<u32> {
        let mut groups = self.groups.iter();
        groups.find(|(known, _)| known == name.as_bytes()).map(|(_, number)| *number)
    }
}

/// The family in the attributes of a message.
pub(crate) fn netlink_family(bytes: &[u8]) -> Result<NetlinkFamily, WireError> {
    let table = Table::read(bytes, 0, &controller::NAMES, |_| {})?;
    let name = until_nul(table.need(controller::FAMILY_NAME)?.payload).to_vec();
    let mut groups = Vec::new();
    for list in Attributes::new(bytes).filter(|a| a.number == controller::MCAST_GROUPS) {
        // Each member's number is its place in the list.
        for member in Attributes::new(list.payload) {
            groups.push(group(Value::of("CTRL_ATTR_MCAST_GROUPS", member.payload, bytes))?);
        }
    }
    Ok(NetlinkFamily { name, id: family_id(bytes)?, groups })
}

fn group(value: Value<'_>) -> Result<(Vec<u8>, u32), WireError> {
    let table = Table::read(value.payload, value.offset(), &controller::GROUP_NAMES, |_| {})?;
    let name = until_nul(table.need(controller::GROUP_NAME)?.payload).to_vec();
    Ok((name, table.need(controller::GROUP_ID)?.u32()?))
}

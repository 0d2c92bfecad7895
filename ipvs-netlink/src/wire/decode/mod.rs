// SPDX-License-Identifier: MIT OR Apache-2.0
//! From the kernel's answers to the model. The argument is always what
//! [`Answer::Data`](crate::wire::frame::Answer::Data) holds: the attributes of a message.

mod config;
mod daemon;
mod dest;
mod netlink_family;
pub(super) mod service;
mod stats;

pub(crate) use config::{family_id, info, timeouts};
pub(crate) use daemon::daemon;
pub(super) use daemon::daemon_nest;
pub(crate) use dest::dest;
pub(super) use dest::{dest_key, dest_settings, dest_told};
pub(crate) use netlink_family::{NetlinkFamily, netlink_family};
pub(crate) use service::service;
pub(super) use service::{service_key, service_told};

use std::net::{IpAddr, Ipv6Addr};

use ipvs_types::Family;

use crate::UnknownAttribute;
use crate::wire::error::{Found, WireError};
use crate::wire::number::{family, message};
use crate::wire::read::{RawAttribute, Table, Value};

/// The nest `number` of a message.
fn nest(attributes: &[u8], number: u16) -> Result<Value<'_>, WireError> {
    Table::read(attributes, 0, &message::NAMES, |_| {})?.need(number)
}

/// What a listing carries of an attribute without a name.
fn carried(attribute: RawAttribute<'_>) -> UnknownAttribute {
    UnknownAttribute { number: attribute.number, payload: attribute.payload.to_vec() }
}

/// `AF_INET` or `AF_INET6`.
pub(super) fn address_family(value: Value<'_>) -> Result<Family, WireError> {
    match value.u16()? {
        family::INET => Ok(Family::Ipv4),
        family::INET6 => Ok(Family::Ipv6),
        other => {
            let found = Found::Number { value: other.into(), expected: "2 (IPv4) or 10 (IPv6)" };
            Err(value.error(found))
        }
    }
}

/// An address of `family` in the first bytes of `union nf_inet_addr`.
pub(super) fn address(value: Value<'_>, family: Family) -> Result<IpAddr, WireError> {
    Ok(match family {
        Family::Ipv4 => value.bytes::<4>()?.into(),
        Family::Ipv6 => Ipv6Addr::from(value.bytes::<16>()?).into(),
    })
}

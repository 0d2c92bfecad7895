// SPDX-License-Identifier: MIT OR Apache-2.0
//! From requests to bytes.

use std::net::IpAddr;

use ipvs_types::ConnectionFlags;

use super::number::{add_on, connection, filter, message};
use crate::ext::{ConnectionFilter, ConnectionKey, End, Extent};
use crate::wire::encode::service::{af, key_attributes};
use crate::wire::write::Writer;
use ipvs_types::ServiceKey;

/// The longest time in milliseconds that fits.
const LONGEST: u128 = u32::MAX as u128;

/// What the kernel would refuse or read as something else.
pub fn check_key(key: &ConnectionKey) -> Result<(), String> {
    let ConnectionKey { protocol, client, service, .. } = key;
    if client.is_ipv4() != service.is_ipv4() {
        return Err(format!("client {client} and service {service} are not of one family"));
    }
    check_protocol(protocol.0)
}

/// What the kernel would refuse or read as something else.
pub fn check_filter(filter: &ConnectionFilter) -> Result<(), String> {
    if let Some((flags, mask)) = filter.flags
        && !mask.contains(flags)
    {
        return Err(format!(
            "flags {:#x} are not all in their mask {:#x}",
            flags.bits(),
            mask.bits()
        ));
    }
    if let Some(idle) = filter.min_idle
        && (idle.as_millis() > LONGEST || idle.subsec_nanos() % 1_000_000 != 0)
    {
        return Err(format!(
            "{} s without a packet: give whole milliseconds, at most {} s",
            idle.as_secs_f64(),
            LONGEST / 1000
        ));
    }
    check_protocol(filter.protocol.map_or(0, |protocol| protocol.0))
}

/// What would delete everything by mistake.
pub fn check_selective(filter: &ConnectionFilter) -> Result<(), String> {
    match filter.is_empty() {
        true => Err("a filter without conditions: give one, or ask for all of them".to_owned()),
        false => check_filter(filter),
    }
}

fn check_protocol(protocol: u16) -> Result<(), String> {
    match protocol {
        0..=255 => Ok(()),
        _ => Err(format!("protocol {protocol}: the largest is 255")),
    }
}

/// The nest that names a connection.
pub fn key_nest(w: &mut Writer<'_>, key: &ConnectionKey) {
    w.nest(message::CONN, |w| {
        w.u16(connection::AF, af(key.family()));
        w.u16(connection::PROTO, key.protocol.0);
        exact_address(w, connection::CADDR, key.client.ip());
        w.be16(connection::CPORT, key.client.port());
        exact_address(w, connection::VADDR, key.service.ip());
        w.be16(connection::VPORT, key.service.port());
        if key.template {
            w.u32(connection::FLAGS, ConnectionFlags::TEMPLATE.bits());
        }
    });
}

/// The nest of conditions, if there are any.
pub fn filter_nest(w: &mut Writer<'_>, wanted: &ConnectionFilter) {
    if wanted.is_empty() {
        return;
    }
    w.nest(message::FILTER, |w| {
        if let Some(family) = wanted.family {
            w.u16(filter::AF, af(family));
        }
        if let Some(protocol) = wanted.protocol {
            w.u16(filter::PROTO, protocol.0);
        }
        end(w, filter::CLIENT, &wanted.client);
        end(w, filter::SERVICE, &wanted.service);
        end(w, filter::DEST, &wanted.dest);
        if let Some(mark) = wanted.fwmark {
            w.u32(filter::FWMARK, mark);
        }
        if let Some((flags, mask)) = wanted.flags {
            w.u32(filter::FLAGS, flags.bits());
            w.u32(filter::FLAGS_MASK, mask.bits());
        }
        if let Some(states) = wanted.states {
            w.u32(filter::STATES, states);
        }
        if let Some(idle) = wanted.min_idle {
            w.u32(filter::MIN_IDLE, idle.as_millis() as u32); // `check_filter` has compared it
        }
    });
}

/// Address, prefix length and port, numbered in this order from `first`.
fn end(w: &mut Writer<'_>, first: u16, end: &End) {
    if let Some(network) = end.network {
        exact_address(w, first, network.address());
        w.u8(first + 1, network.prefix());
    }
    if let Some(port) = end.port {
        w.be16(first + 2, port);
    }
}

/// What is to be deleted: some, or all.
pub fn deletion(w: &mut Writer<'_>, filter: Option<&ConnectionFilter>) {
    match filter {
        Some(filter) => filter_nest(w, filter),
        None => w.u32(message::FLAGS, message::ALL),
    }
}

/// What a snapshot is to show.
pub fn snapshot(w: &mut Writer<'_>, service: Option<&ServiceKey>, extent: Extent) {
    if extent == Extent::Rules {
        w.u32(message::FLAGS, message::NO_STATS);
    }
    if let Some(key) = service {
        w.nest(message::SERVICE, |w| key_attributes(w, key));
    }
}

/// The attributes of the add-on module's only request.
pub fn add_on_key(w: &mut Writer<'_>, key: &ConnectionKey) {
    w.u8(add_on::PROTOCOL, key.protocol.0 as u8); // `check_key` has compared it
    exact_address(w, add_on::CLIENT_ADDR, key.client.ip());
    w.be16(add_on::CLIENT_PORT, key.client.port());
    exact_address(w, add_on::VIRTUAL_ADDR, key.service.ip());
    w.be16(add_on::VIRTUAL_PORT, key.service.port());
}

/// An address in as many bytes as its family has.
fn exact_address(w: &mut Writer<'_>, number: u16, address: IpAddr) {
    match address {
        IpAddr::V4(address) => w.bytes(number, &address.octets()),
        IpAddr::V6(address) => w.bytes(number, &address.octets()),
    }
}

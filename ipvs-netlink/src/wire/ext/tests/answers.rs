// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's answers, in its order.

use std::net::SocketAddr;

use ipvs_types::*;

use super::bytes::{address, attribute, be16, nest, text, u16, u32};
use crate::ext::{Announced, Connection, ConnectionKey, Event, Happening, Snapshot};
use crate::wire::tests::answer;
use crate::{DestEntry, Operation, ServiceEntry};

fn af(socket: SocketAddr) -> u16 {
    if socket.is_ipv4() { 2 } else { 10 }
}

pub fn announced(announced: &Announced) -> Vec<u8> {
    let mut all = attribute(2, &announced.features.bits().to_ne_bytes());
    all.extend(announced.genid.map(|genid| u32(3, genid)).unwrap_or_default());
    let fullnat = announced.fullnat.map(|method| u32(4, method.number().into()));
    all.extend(fullnat.unwrap_or_default());
    [all, u32(5, announced.table_size), u32(6, announced.connections)].concat()
}

fn tuple(key: &ConnectionKey) -> Vec<Vec<u8>> {
    vec![
        u16(1, af(key.client)),
        u16(2, key.protocol.0),
        address(3, key.client.ip()),
        be16(4, key.client.port()),
        address(5, key.service.ip()),
        be16(6, key.service.port()),
    ]
}

pub fn connection(one: &Connection) -> Vec<u8> {
    let mut all = tuple(&one.key);
    if af(one.dest) != af(one.key.client) {
        all.push(u16(7, af(one.dest)));
    }
    all.push(address(8, one.dest.ip()));
    all.push(be16(9, one.dest.port()));
    all.push(u32(12, one.flags.to_wire(one.method)));
    all.push(u16(13, one.state));
    all.push(u32(14, one.expires.as_millis() as u32));
    all.push(u32(15, one.timeout.as_millis() as u32));
    all.extend(one.fwmark.map(|mark| u32(16, mark.get())));
    all.push(u32(17, one.packets));
    if let Some(engine) = &one.engine {
        all.push(text(18, engine.name.as_bytes()));
        if !engine.data.is_empty() {
            all.push(attribute(19, &engine.data));
        }
    }
    all.extend(one.controller.map(|key| nest(20, &tuple(&key))));
    nest(7, &all)
}

/// A nest of the family `IPVS` under the number that it has here.
fn renumbered(message: Vec<u8>, number: u16) -> Vec<u8> {
    nest(number, &[message[4..].to_vec()])
}

fn service_nest(entry: &ServiceEntry, with_stats: bool) -> Vec<u8> {
    let mut attributes = answer::service_attributes(entry);
    // The kernel has the 64-bit form only.
    attributes.retain(|one| match one {
        crate::wire::ServiceAttribute::Stats(_) => false,
        crate::wire::ServiceAttribute::Stats64(_) => with_stats,
        _ => true,
    });
    renumbered(answer::bytes(&answer::service_message(attributes)), 14)
}

fn dest_nest(entry: &DestEntry, with_stats: bool) -> Vec<u8> {
    use crate::wire::DestAttribute as D;
    let mut attributes = answer::dest_attributes(entry);
    attributes.retain(|one| match one {
        D::Stats(_) => false,
        D::Stats64(_) | D::ActiveConnections(_) | D::InactiveConnections(_) => with_stats,
        D::PersistentConnections(_) => with_stats,
        _ => true,
    });
    renumbered(answer::bytes(&answer::dest_message(attributes)), 15)
}

fn daemon_nest(daemon: &DaemonConfig) -> Vec<u8> {
    let message = answer::daemon_message(answer::daemon_attributes(daemon));
    renumbered(answer::bytes(&message), 16)
}

pub fn identity(key: ServiceKey) -> Vec<u8> {
    let mut all = vec![u16(1, if key.family() == Family::Ipv4 { 2 } else { 10 })];
    match key {
        ServiceKey::Fwmark { mark, .. } => all.push(u32(5, mark.get())),
        ServiceKey::Address { protocol, address, port } => {
            all.push(u16(2, protocol.0));
            all.push(attribute(3, &crate::wire::write::address_bytes(address)));
            all.push(be16(4, port));
        }
    }
    nest(14, &all)
}

fn dest_identity(key: DestKey) -> Vec<u8> {
    let bytes = crate::wire::write::address_bytes(key.address);
    let family = if key.family() == Family::Ipv4 { 2 } else { 10 };
    nest(15, &[attribute(1, &bytes), be16(2, key.port), u16(11, family)])
}

fn timeouts(t: Timeouts) -> Vec<u8> {
    [(17, t.tcp), (18, t.tcp_fin), (19, t.udp)]
        .map(|(number, timeout)| u32(number, timeout.as_secs() as u32))
        .concat()
}

/// The messages of a snapshot; a service goes on in another message after so many destinations.
pub fn snapshot(snapshot: &Snapshot, with_stats: bool, split: usize) -> Vec<Vec<u8>> {
    let genid = u32(3, snapshot.genid);
    let daemons = snapshot.daemons.iter().flat_map(daemon_nest);
    let mut messages = vec![[&genid[..], &timeouts(snapshot.timeouts)].concat()];
    messages[0].extend(daemons);
    for one in &snapshot.table.services {
        let mut message = [genid.clone(), service_nest(&one.service, with_stats)].concat();
        for (i, dest) in one.dests.iter().enumerate() {
            if i > 0 && i % split == 0 {
                messages.push(message);
                message = [genid.clone(), identity(one.service.key)].concat();
            }
            message.extend(dest_nest(dest, with_stats));
        }
        messages.push(message);
    }
    messages
}

/// The message of an event.
pub fn event(event: &Event) -> Vec<u8> {
    let (number, parts) = match event.happening {
        Happening::Other(number) => (number, vec![]),
        Happening::Done(operation) => told(&operation),
    };
    let mut message = [u32(12, number), u32(3, event.genid)].concat();
    message.extend(event.port.map(|port| u32(13, port)).unwrap_or_default());
    message.extend(parts.concat());
    message
}

fn told(operation: &Operation) -> (u32, Vec<Vec<u8>>) {
    let service = |key, config| service_nest(&ServiceEntry::new(key, config), false);
    let dest = |key, config| dest_nest(&DestEntry::new(key, config), false);
    match *operation {
        Operation::CreateService { service: key, config } => (1, vec![service(key, config)]),
        Operation::UpdateService { service: key, config, .. } => (2, vec![service(key, config)]),
        Operation::DeleteService { service } => (3, vec![identity(service)]),
        Operation::CreateDest { service, dest: key, config } => {
            (5, vec![identity(service), dest(key, config)])
        }
        Operation::UpdateDest { service, dest: key, config } => {
            (6, vec![identity(service), dest(key, config)])
        }
        Operation::DeleteDest { service, dest } => {
            (7, vec![identity(service), dest_identity(dest)])
        }
        Operation::StartDaemon { config } => (9, vec![daemon_nest(&config)]),
        Operation::StopDaemon { role } => {
            let lo = InterfaceName::new("lo").expect("short");
            (10, vec![daemon_nest(&DaemonConfig::new(role, lo))])
        }
        Operation::SetTimeouts { change } => {
            let (tcp, tcp_fin, udp) = (change.tcp, change.tcp_fin, change.udp);
            let all = Timeouts {
                tcp: tcp.expect("all"),
                tcp_fin: tcp_fin.expect("all"),
                udp: udp.expect("all"),
            };
            (12, vec![timeouts(all)])
        }
        Operation::Zero { service } => (16, service.map(identity).into_iter().collect()),
        Operation::Flush => (17, vec![]),
    }
}

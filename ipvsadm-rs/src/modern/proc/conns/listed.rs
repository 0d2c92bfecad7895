// SPDX-License-Identifier: MIT OR Apache-2.0
//! A connection of a patched kernel as the kernel's files list it, and the other way round.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use ipvs_netlink::ext::{self, ConnectionKey};
use ipvs_netlink::types::{ConnectionFlags, Protocol, TcpState, TemplateState};
use ipvs_proc::{Connection, Engine, Layout, Origin, State, Virtual};

/// The same as a record of the file.
pub(in crate::modern) fn listed(one: ext::Connection, layout: Layout) -> Connection<'static> {
    let (key, port) = (one.key, one.key.service.port());
    let (origin, engine) = match layout {
        Layout::Plain => {
            let engine = one.engine.as_ref();
            let data = |engine: &ext::Engine| Cow::Owned(engine.data.clone());
            (None, engine.map(|engine| Engine { name: engine.name, data: data(engine) }))
        }
        Layout::Sync => match one.flags.contains(ConnectionFlags::SYNC) {
            true => (Some(Origin::Sync), None),
            false => (Some(Origin::Local), None),
        },
    };
    Connection {
        protocol: key.protocol,
        client: key.client,
        service: match key.mark() {
            Some(mark) => Virtual::Fwmark { mark, port },
            None => Virtual::Address(key.service),
        },
        dest: one.dest,
        state: state(&one),
        expires: Duration::from_secs(one.expires.as_secs()),
        origin,
        engine,
    }
}

/// The kernel says what is a template, which the name of the state alone does not.
fn state(one: &ext::Connection) -> State<'static> {
    if one.key.template {
        let assured = TemplateState::from_number(one.state & 1);
        return State::Template(assured.unwrap_or(TemplateState::None));
    }
    match (one.key.protocol, TcpState::from_number(one.state)) {
        (Protocol::TCP, Some(state)) => State::Tcp(state),
        (protocol, _) => State::read(protocol, u16::MAX, one.state_name()),
    }
}

/// What tells a listed connection from others; `None` for templates.
pub(in crate::modern) fn key(listed: &Connection<'_>) -> Option<ConnectionKey> {
    match listed.service {
        Virtual::Address(service) if !listed.is_template() => {
            Some(ConnectionKey::new(listed.protocol, listed.client, plain(service)))
        }
        _ => None,
    }
}

/// Without what only IPv6 sockets have beside address and port.
fn plain(socket: SocketAddr) -> SocketAddr {
    SocketAddr::new(socket.ip(), socket.port())
}

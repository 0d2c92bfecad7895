// SPDX-License-Identifier: MIT OR Apache-2.0
//! A connection of a patched kernel as the kernel's files list it, and the other way round.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use ipvs_proc::{Engine, Layout, Origin, State, Virtual};
use ipvs_types::{ConnectionFlags, Protocol, TcpState, TemplateState};

use crate::ext::{self, Connection, ConnectionKey};

impl Connection {
    /// The same as a record of the file of this layout: what a kernel without such answers shows of it.
    pub fn listed(&self, layout: Layout) -> ipvs_proc::Connection<'static> {
        let (key, port) = (self.key, self.key.service.port());
        let (origin, engine) = match layout {
            Layout::Plain => (None, self.engine.as_ref().map(engine)),
            Layout::Sync => match self.flags.contains(ConnectionFlags::SYNC) {
                true => (Some(Origin::Sync), None),
                false => (Some(Origin::Local), None),
            },
        };
        ipvs_proc::Connection {
            protocol: key.protocol,
            client: key.client,
            service: match key.mark() {
                Some(mark) => Virtual::Fwmark { mark, port },
                None => Virtual::Address(key.service),
            },
            dest: self.dest,
            state: state(self),
            expires: Duration::from_secs(self.expires.as_secs()),
            origin,
            engine,
        }
    }
}

impl ConnectionKey {
    /// That of a connection that a file lists; `None` for a template, whose key the file does not tell
    /// whole.
    pub fn of_listed(listed: &ipvs_proc::Connection<'_>) -> Option<Self> {
        match listed.service {
            Virtual::Address(service) if !listed.is_template() => {
                Some(Self::new(listed.protocol, listed.client, plain(service)))
            }
            _ => None,
        }
    }
}

fn engine(engine: &ext::Engine) -> Engine<'static> {
    Engine { name: engine.name, data: Cow::Owned(engine.data.clone()) }
}

/// The kernel says what is a template, which the name of the state alone does not.
fn state(one: &Connection) -> State<'static> {
    if one.key.template {
        let assured = TemplateState::from_number(one.state & 1);
        return State::Template(assured.unwrap_or(TemplateState::None));
    }
    match (one.key.protocol, TcpState::from_number(one.state)) {
        (Protocol::TCP, Some(state)) => State::Tcp(state),
        (protocol, _) => State::read(protocol, u16::MAX, one.state_name()),
    }
}

/// Without what only IPv6 sockets have beside address and port.
fn plain(socket: SocketAddr) -> SocketAddr {
    SocketAddr::new(socket.ip(), socket.port())
}

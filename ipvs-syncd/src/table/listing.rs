// SPDX-License-Identifier: MIT OR Apache-2.0
//! A connection of a message as `ip_vs_conn` would list it.

use std::borrow::Cow;

use ipvs_proc::{Connection as Listed, Engine, State as ListedState, Virtual};

use crate::{Connection, State};

/// The line that a kernel which has this connection shows of it.
///
/// It says less: no method, flags, mark, sequence numbers. An engine's name that is none, which no message
/// of a kernel has, is left out with its data.
pub fn listed(connection: &Connection<'_>) -> Listed<'static> {
    let service = match connection.service_mark() {
        Some(mark) => Virtual::Fwmark { mark, port: connection.service().port() },
        None => Virtual::Address(connection.service()),
    };
    let engine = connection.engine_name.as_deref().zip(connection.engine_data.as_deref());
    let engine = engine.and_then(|(name, data)| {
        let name = std::str::from_utf8(name).ok()?.parse().ok()?;
        Some(Engine { name, data: Cow::Owned(data.to_vec()) })
    });
    Listed {
        protocol: connection.protocol,
        client: connection.client(),
        service,
        dest: connection.dest(),
        state: state(connection.named_state()),
        expires: connection.timeout,
        origin: None,
        engine,
    }
}

fn state(state: State) -> ListedState<'static> {
    match state {
        State::Template(state) => ListedState::Template(state),
        State::Tcp(state) => ListedState::Tcp(state),
        State::Sctp(state) => ListedState::Sctp(state),
        State::Udp => ListedState::Udp,
        State::Other(_) => ListedState::Nameless,
    }
}

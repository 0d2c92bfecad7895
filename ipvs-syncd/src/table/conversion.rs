// SPDX-License-Identifier: MIT OR Apache-2.0
//! One line of `ip_vs_conn` as a message.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipvs_proc::{Connection as Listed, Virtual};
use ipvs_types::{Method, SctpState, ServiceKey, TcpState, Timeouts};

use super::directory::{Binding, Directory};
use super::reason::{Inexpressible, Withheld};
use crate::{Connection, ConnectionFlags, MixedFamilies, State, state};

/// The longest data of a persistence engine, in bytes.
const ENGINE_DATA: usize = u8::MAX as usize;

/// Which timeout goes into a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lifetime {
    /// What is left, at least 1 second: for a record of when the original expires, such as a
    /// checkpoint. Sent, a template with little left would be short-lived for good.
    #[default]
    Remaining,
    /// What is left, at least 1 second: the copy of a connection expires when the original does. A
    /// backup makes it the timeout of a template for good (`ip_vs_proc_conn`; only a new template gets
    /// that of its service), and a client would lose its server in every pause that is longer. So a
    /// template that has any time left gets at least the whole timeout of its service, where that is
    /// known: its copy may outlive it, once, by what had passed.
    Left,
    /// The whole timeout of the state or, for a template, of the service, as a master of the kernel's
    /// sends it with each packet. 0, where it is not known, is the receiver's default.
    Whole,
}

/// How lines become messages.
#[derive(Debug, Clone, Copy)]
pub struct Conversion<'d> {
    directory: &'d Directory,
    lifetime: Lifetime,
    timeouts: Option<Timeouts>,
}

/// A connection that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted<'l> {
    /// The connection.
    pub connection: Connection<'l>,
    /// What it belongs to. Without, its method is not known and masquerading assumed: it can be sent
    /// all the same, for a backup that has service and destination takes the method from there. One
    /// that doesn't keeps it unbound, with the assumed method.
    pub binding: Option<Binding>,
    /// Why a master would not send it all the same, if so.
    pub withheld: Option<Withheld>,
}

impl<'d> Conversion<'d> {
    /// A conversion with the methods of `directory` and exactly what is left of the timeouts; to send
    /// it, take another [`Lifetime`].
    pub const fn new(directory: &'d Directory) -> Self {
        Self { directory, lifetime: Lifetime::Remaining, timeouts: None }
    }

    /// The same with another choice of timeout.
    pub const fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The same for a director with these timeouts (`ipvsadm --set`); they matter for
    /// [`Lifetime::Whole`]. Without, they are the kernel's defaults.
    pub const fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = Some(timeouts);
        self
    }

    /// What a master would send of `listed`.
    ///
    /// # Errors
    /// When no message can say it.
    pub fn convert<'l>(&self, listed: &'l Listed<'_>) -> Result<Converted<'l>, Inexpressible> {
        let binding = self.directory.binding(listed);
        let state = known_state(listed)?;
        let service = service(listed);
        let mut connection = Connection::new(listed.protocol, listed.client, service, listed.dest)
            .map_err(|MixedFamilies| Inexpressible::MixedFamilies)?
            .state(number(state))
            .method(binding.map_or(Method::MASQ, |binding| binding.method))
            .mark(mark(listed, binding.as_ref()));
        connection.flags = flags(&connection, state);
        let remaining = listed.expires.max(Duration::from_secs(1));
        connection.timeout = match self.lifetime {
            Lifetime::Remaining => remaining,
            Lifetime::Left if listed.is_template() && !listed.expires.is_zero() => {
                remaining.max(persistence(binding.as_ref()))
            }
            Lifetime::Left => remaining,
            Lifetime::Whole => self.whole(state, binding.as_ref()),
        };
        if let Some(engine) = &listed.engine {
            let length = engine.data.len();
            if !(1..=ENGINE_DATA).contains(&length) {
                return Err(Inexpressible::EngineData(length));
            }
            connection = connection.engine(engine.name.as_bytes(), &*engine.data);
        }
        Ok(Converted { connection, binding, withheld: withheld(listed, state) })
    }

    fn whole(&self, state: State, binding: Option<&Binding>) -> Duration {
        match (state, self.timeouts) {
            (State::Template(_), _) => persistence(binding),
            (State::Tcp(TcpState::Established), Some(set)) => set.tcp,
            (State::Tcp(TcpState::FinWait), Some(set)) => set.tcp_fin,
            (State::Udp, Some(set)) => set.udp,
            _ => state.default_timeout(),
        }
    }
}

/// The whole timeout of the service's templates; 0 where it is not known.
fn persistence(binding: Option<&Binding>) -> Duration {
    binding.and_then(|binding| binding.persistence).unwrap_or_default()
}

/// The state, of a protocol that backups take.
fn known_state(listed: &Listed<'_>) -> Result<State, Inexpressible> {
    let known = match &listed.state {
        ipvs_proc::State::Template(state) => return Ok(State::Template(*state)),
        ipvs_proc::State::Tcp(state) => Some(State::Tcp(*state)),
        ipvs_proc::State::Udp => Some(State::Udp),
        ipvs_proc::State::Sctp(state) => Some(State::Sctp(*state)),
        // The only state of AH and ESP has no name.
        ipvs_proc::State::Nameless if state::count(listed.protocol) == Some(1) => {
            Some(State::Other(0))
        }
        _ => None,
    };
    match state::count(listed.protocol) {
        Some(_) => known.ok_or(Inexpressible::State),
        None => Err(Inexpressible::Protocol(listed.protocol)),
    }
}

/// What stands for the service in a message: templates of fwmark services have the mark there.
pub(crate) fn service(listed: &Listed<'_>) -> SocketAddr {
    match listed.service {
        Virtual::Address(address) => address,
        Virtual::Fwmark { mark, port } => {
            let address = match listed.client.ip() {
                IpAddr::V4(_) => Ipv4Addr::from_bits(mark).into(),
                IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(u128::from(mark) << 96)),
            };
            SocketAddr::new(address, port)
        }
    }
}

/// The mark by which a backup finds the service.
fn mark(listed: &Listed<'_>, binding: Option<&Binding>) -> u32 {
    match (listed.service, binding.map(|binding| binding.service)) {
        (Virtual::Fwmark { mark, .. }, _) => mark,
        (Virtual::Address(_), Some(ServiceKey::Fwmark { mark, .. })) => mark.get(),
        (Virtual::Address(_), _) => 0,
    }
}

fn number(state: State) -> u16 {
    match state {
        State::Template(state) => state.number(),
        State::Tcp(state) => state.number(),
        State::Sctp(state) => state.number(),
        State::Udp => 0,
        State::Other(number) => number,
    }
}

/// The flags as the kernel sets them: `ip_vs_bind_dest`, then the states of the protocol.
fn flags(connection: &Connection<'_>, state: State) -> ConnectionFlags {
    let mut flags = ConnectionFlags::empty();
    flags.set(ConnectionFlags::NO_OUTPUT, connection.method != Method::MASQ);
    flags.set(ConnectionFlags::TEMPLATE, matches!(state, State::Template(_)));
    flags.set(ConnectionFlags::INACTIVE, !is_active(state));
    let announced = state == State::Tcp(TcpState::Listen) && connection.client_port == 0;
    flags.set(ConnectionFlags::NO_CLIENT_PORT, announced);
    flags
}

/// Whether connections in this state count as active.
const fn is_active(state: State) -> bool {
    use TcpState::{Established, SynAck, SynRecv, SynSent};
    matches!(
        state,
        State::Tcp(Established | SynSent | SynRecv | SynAck) | State::Sctp(SctpState::Established)
    )
}

fn withheld(listed: &Listed<'_>, state: State) -> Option<Withheld> {
    use {SctpState as Sctp, TcpState as Tcp};
    match state {
        State::Template(_) => listed.is_invalid().then_some(Withheld::InvalidTemplate),
        State::Tcp(Tcp::Listen) if listed.client.port() == 0 => Some(Withheld::Announced),
        State::Tcp(
            Tcp::Established | Tcp::FinWait | Tcp::Close | Tcp::CloseWait | Tcp::TimeWait,
        ) => None,
        State::Sctp(
            Sctp::Established
            | Sctp::ShutdownSent
            | Sctp::ShutdownReceived
            | Sctp::ShutdownAckSent
            | Sctp::Closed,
        ) => None,
        State::Tcp(_) | State::Sctp(_) => Some(Withheld::State(state)),
        State::Udp | State::Other(_) => None,
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the number of a state means.

use std::fmt;
use std::time::Duration;

use ipvs_types::{Protocol, SctpState, TcpState, TemplateState};

const ESP: Protocol = Protocol(50);
const AH: Protocol = Protocol(51);

/// The state of a connection: a number whose meaning depends on what the connection is.
///
/// ```
/// use ipvs_syncd::State;
/// use ipvs_types::{Protocol, TcpState};
/// let state = State::new(Protocol::TCP, false, 1);
/// assert_eq!(state, State::Tcp(TcpState::Established));
/// assert_eq!(State::new(Protocol::TCP, true, 1).name(), Some("ASSURED"));
/// assert_eq!(State::new(Protocol::UDP, false, 3).to_string(), "state 3");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Of a template of any protocol.
    Template(TemplateState),
    /// Of a TCP connection.
    Tcp(TcpState),
    /// The only one of UDP.
    Udp,
    /// Of an SCTP association.
    Sctp(SctpState),
    /// A number without a name, as is the only one (0) of AH and ESP.
    Other(u16),
}

impl State {
    /// What `number` means for a connection, or a template, of `protocol`.
    pub fn new(protocol: Protocol, template: bool, number: u16) -> Self {
        let named = match protocol {
            _ if template => TemplateState::from_number(number).map(Self::Template),
            Protocol::TCP => TcpState::from_number(number).map(Self::Tcp),
            Protocol::SCTP => SctpState::from_number(number).map(Self::Sctp),
            Protocol::UDP => (number == 0).then_some(Self::Udp),
            _ => None,
        };
        named.unwrap_or(Self::Other(number))
    }

    /// The kernel's default timeout of a connection in this state that came by synchronization. A
    /// template, or a connection of a protocol without states, gets 3 minutes.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ipvs_syncd::State;
    /// use ipvs_types::TcpState;
    /// let established = State::Tcp(TcpState::Established);
    /// assert_eq!(established.default_timeout(), Duration::from_secs(900));
    /// ```
    pub fn default_timeout(self) -> Duration {
        Duration::from_secs(match self {
            Self::Tcp(TcpState::None) | Self::Sctp(SctpState::None) => 2,
            Self::Sctp(SctpState::Init1 | SctpState::Rejected) => 4,
            Self::Tcp(TcpState::Close) => 10,
            Self::Tcp(TcpState::LastAck) => 30,
            Self::Tcp(TcpState::SynRecv | TcpState::CloseWait) => 60,
            Self::Sctp(state) if state != SctpState::Established => 61,
            Self::Tcp(state) if state != TcpState::Established => 120,
            Self::Tcp(_) | Self::Sctp(_) => 15 * 60,
            Self::Udp => 5 * 60,
            Self::Template(_) | Self::Other(_) => 3 * 60,
        })
    }

    /// The kernel's name.
    pub const fn name(&self) -> Option<&'static str> {
        match self {
            Self::Template(state) => Some(state.name()),
            Self::Tcp(state) => Some(state.name()),
            Self::Udp => Some("UDP"),
            Self::Sctp(state) => Some(state.name()),
            Self::Other(_) => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.name()) {
            (Self::Other(number), _) => write!(f, "state {number}"),
            (_, name) => f.pad(name.unwrap_or_default()),
        }
    }
}

/// How many states the kernel knows for connections of `protocol`; `None` if it does not balance it.
pub(crate) fn count(protocol: Protocol) -> Option<usize> {
    match protocol {
        Protocol::TCP => Some(TcpState::ALL.len()),
        Protocol::SCTP => Some(SctpState::ALL.len()),
        Protocol::UDP | AH | ESP => Some(1),
        _ => None,
    }
}

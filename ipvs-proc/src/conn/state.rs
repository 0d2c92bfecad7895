// SPDX-License-Identifier: MIT OR Apache-2.0
//! States of connections.

use std::borrow::Cow;
use std::fmt;

use ipvs_types::{Protocol, SctpState, TcpState, TemplateState};
use serde::{Deserialize, Serialize};

use super::columns;

/// The names of TCP's states as columns.
const TCP_COLUMNS: [[u8; columns::STATE]; TcpState::ALL.len()] = {
    let mut columns = [[b' '; columns::STATE]; TcpState::ALL.len()];
    let mut i = 0;
    while i < columns.len() {
        let name = TcpState::ALL[i].name().as_bytes();
        columns[i].split_at_mut(name.len()).0.copy_from_slice(name);
        i += 1;
    }
    columns
};

/// The state of a connection, by what the connection is.
///
/// ```
/// use ipvs_proc::{State, TcpState, TemplateState};
/// use ipvs_types::Protocol;
/// let read = |protocol, port, text| State::read(protocol, port, text);
/// assert_eq!(read(Protocol::TCP, 40000, "FIN_WAIT"), State::Tcp(TcpState::FinWait));
/// // The client port of a template is 0.
/// assert_eq!(read(Protocol::TCP, 0, "NONE"), State::Template(TemplateState::None));
/// assert_eq!(read(Protocol::TCP, 1, "NEW").to_string(), "NEW");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State<'l> {
    /// Of a template: not a connection, but the memory of which destination a client had.
    Template(TemplateState),
    /// Of a TCP connection.
    Tcp(TcpState),
    /// `UDP`, the only one of UDP; expires after 5 minutes.
    Udp,
    /// Of an SCTP association.
    Sctp(SctpState),
    /// `ERR!`: the kernel has no name for it, as for every AH and ESP connection.
    Nameless,
    /// A word that this program does not know for the protocol.
    Other(Cow<'l, str>),
}

impl<'l> State<'l> {
    /// Whether a connection of some protocol, or a template, can be in a state of this name.
    ///
    /// ```
    /// use ipvs_proc::State;
    /// assert!(State::is_name("ESTABLISHED") && State::is_name("ERR!"));
    /// assert!(!State::is_name("ESTABLSHED"));
    /// ```
    pub fn is_name(name: &str) -> bool {
        let of = |protocol| !matches!(State::read(protocol, 1, name), State::Other(_));
        of(Protocol::TCP) || of(Protocol::UDP) || of(Protocol::SCTP)
    }

    /// The state that `name` is for a connection of `protocol` from `client_port`.
    ///
    /// The files do not mark templates: `ASSURED` is always one, and `NONE` with client port 0, or of
    /// a protocol that has no such state. (A TCP connection of 2 seconds' age whose client port a
    /// helper does not know yet looks the same, and is taken for a template.)
    #[inline]
    pub fn read(protocol: Protocol, client_port: u16, name: &'l str) -> Self {
        let known = match (protocol, name) {
            (_, "NONE") if client_port == 0 => Some(Self::Template(TemplateState::None)),
            (_, "ASSURED") => Some(Self::Template(TemplateState::Assured)),
            (_, "ERR!") => Some(Self::Nameless),
            (Protocol::TCP, _) => TcpState::from_name(name).map(Self::Tcp),
            (Protocol::SCTP, _) => SctpState::from_name(name).map(Self::Sctp),
            (Protocol::UDP, "UDP") => Some(Self::Udp),
            (_, "NONE") => Some(Self::Template(TemplateState::None)),
            _ => None,
        };
        known.unwrap_or(Self::Other(Cow::Borrowed(name)))
    }

    /// The same of a column that blanks fill. `None` unless it holds one word.
    #[inline]
    pub(super) fn in_column(
        protocol: Protocol,
        client_port: u16,
        column: &'l [u8; columns::STATE],
    ) -> Option<Self> {
        // What a state is called with TCP, but for the first, is the name of no other.
        if protocol == Protocol::TCP
            && let Some(i) = TCP_COLUMNS[1..].iter().position(|name| name == column)
        {
            return Some(Self::Tcp(TcpState::ALL[1..][i]));
        }
        Self::word_in_column(protocol, client_port, column)
    }

    /// Out of line, because it is rare and large.
    #[inline(never)]
    fn word_in_column(protocol: Protocol, client_port: u16, column: &'l [u8]) -> Option<Self> {
        Some(Self::read(protocol, client_port, Self::word(columns::word(column)?)?))
    }

    /// A word of the kernel's: no other white space than the blanks around it, and ASCII.
    #[inline]
    pub(super) fn word(text: &[u8]) -> Option<&str> {
        let text = std::str::from_utf8(text).ok()?;
        text.bytes().all(|byte| byte.is_ascii_graphic()).then_some(text)
    }

    /// The kernel's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Template(state) => state.name(),
            Self::Tcp(state) => state.name(),
            Self::Udp => "UDP",
            Self::Sctp(state) => state.name(),
            Self::Nameless => "ERR!",
            Self::Other(name) => name,
        }
    }

    /// The same without a borrow.
    pub fn into_owned(self) -> State<'static> {
        match self {
            Self::Template(state) => State::Template(state),
            Self::Tcp(state) => State::Tcp(state),
            Self::Udp => State::Udp,
            Self::Sctp(state) => State::Sctp(state),
            Self::Nameless => State::Nameless,
            Self::Other(name) => State::Other(Cow::Owned(name.into_owned())),
        }
    }
}

impl fmt::Display for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

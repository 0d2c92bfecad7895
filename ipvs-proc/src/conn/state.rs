// SPDX-License-Identifier: MIT OR Apache-2.0
//! States of connections.

use std::borrow::Cow;
use std::fmt;

use ipvs_types::Protocol;
use serde::{Deserialize, Serialize};

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

/// Defines the states of one protocol with the kernel's names, so that reading and writing can't
/// disagree.
macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$state_doc:meta])* $state:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$state_doc])* #[serde(rename = $text)] $state,)*
        }

        impl $name {
            /// All of them, in the order of the kernel's numbers.
            pub const ALL: &'static [Self] = &[$(Self::$state),*];

            /// The state of this name.
            #[inline]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$state),)*
                    _ => None,
                }
            }

            /// The kernel's name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$state => $text,)*
                }
            }
        }
    };
}

states! {
    /// States of templates.
    TemplateState {
        /// New.
        None = "NONE",
        /// A connection from this client was established; the defenses leave it alone.
        Assured = "ASSURED",
    }
}

states! {
    /// States of TCP connections, with the timeouts that the kernel has by default.
    TcpState {
        /// Before the first packet; 2 s.
        None = "NONE",
        /// Open; 15 min (`ipvsadm --set`). Counts as active, as do `SynSent`, `SynRecv` and `SynAck`.
        Established = "ESTABLISHED",
        /// The server opened it; 2 min.
        SynSent = "SYN_SENT",
        /// The client asked; 1 min.
        SynRecv = "SYN_RECV",
        /// One side closed; 2 min (`ipvsadm --set`).
        FinWait = "FIN_WAIT",
        /// Both closed; 2 min.
        TimeWait = "TIME_WAIT",
        /// Reset; 10 s.
        Close = "CLOSE",
        /// The client closed; 1 min.
        CloseWait = "CLOSE_WAIT",
        /// Awaiting the last acknowledgement; 30 s.
        LastAck = "LAST_ACK",
        /// Announced by a helper such as FTP; 2 min.
        Listen = "LISTEN",
        /// The server answered; 2 min.
        SynAck = "SYNACK",
    }
}

states! {
    /// States of SCTP associations: 61 s by default, but where said.
    SctpState {
        /// Before the first packet; 2 s.
        None = "NONE",
        /// First INIT; 4 s.
        Init1 = "INIT1",
        /// INIT.
        Init = "INIT",
        /// Cookie sent.
        CookieSent = "C-SENT",
        /// Cookie replied.
        CookieReplied = "C-REPLIED",
        /// Waiting for the cookie.
        CookieWait = "C-WAIT",
        /// Cookie.
        Cookie = "COOKIE",
        /// Cookie echoed.
        CookieEchoed = "C-ECHOED",
        /// Open; 15 min. Counts as active.
        Established = "ESTABLISHED",
        /// Shutdown sent.
        ShutdownSent = "S-SENT",
        /// Shutdown received.
        ShutdownReceived = "S-RECEIVED",
        /// Shutdown acknowledged.
        ShutdownAckSent = "S-ACK-SENT",
        /// Refused; 4 s.
        Rejected = "REJECTED",
        /// Over.
        Closed = "CLOSED",
    }
}

impl<'l> State<'l> {
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

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The record of a connection.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipvs_types::{EngineName, Protocol};
use serde::{Deserialize, Serialize};

use super::raw::{Fault, Form, RawConnection};
use super::{Layout, State, columns};

/// The destination port of a template that no longer counts.
const INVALID: u16 = 0xffff;

/// A connection, or a template: the memory of which destination a persistent client has.
///
/// The files show no flags, counters, forwarding method or, but for templates, firewall mark.
/// Connections of one-packet services never appear.
///
/// ```
/// use std::time::Duration;
/// use ipvs_proc::{Connection, Layout, State, TemplateState, Virtual};
/// let line = b"IP  0A010002 0000 00000042 0000 0A020002 0000 NONE            111";
/// let template = Connection::parse(line, Layout::Plain).expect("the kernel's form");
/// assert!(template.is_template());
/// assert_eq!(template.service, Virtual::Fwmark { mark: 66, port: 0 });
/// assert_eq!(template.expires, Duration::from_secs(111));
/// assert_eq!(template.dest.to_string(), "10.2.0.2:0");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection<'l> {
    /// The transport protocol; `IP_n` is `Protocol(n)`. Templates of fwmark services have 0.
    pub protocol: Protocol,
    /// The client; that of a template has port 0 and an address masked by the service's granularity.
    pub client: SocketAddr,
    /// What the client asked for.
    pub service: Virtual,
    /// The destination. Its family may differ from the client's.
    pub dest: SocketAddr,
    /// The state.
    pub state: State<'l>,
    /// How long until it expires, in whole seconds; 0 when it is overdue. The kernel reckons with 32
    /// bits of milliseconds: more than 4,294,967 s have wrapped around.
    #[serde(rename = "expires_seconds", with = "crate::seconds")]
    pub expires: Duration,
    /// Who made it; only `ip_vs_conn_sync` tells.
    pub origin: Option<Origin>,
    /// What persistence was based on; only `ip_vs_conn` tells.
    pub engine: Option<Engine<'l>>,
}

/// What a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Virtual {
    /// An address and port. The port of a template is 0 where all ports of the address go together.
    Address(SocketAddr),
    /// A firewall mark: the template of a fwmark service, whose family is the client's.
    Fwmark {
        /// The mark.
        mark: u32,
        /// Always 0, but 65535 in an invalid template of a kernel before 7.
        port: u16,
    },
}

impl Virtual {
    /// Templates of fwmark services have protocol 0, and the mark in the first 32 bits of the address.
    #[inline]
    fn new(protocol: Protocol, shown: SocketAddr) -> Self {
        if protocol != Protocol(0) {
            return Self::Address(shown);
        }
        let port = shown.port();
        match shown.ip() {
            IpAddr::V4(address) => Self::Fwmark { mark: address.to_bits(), port },
            IpAddr::V6(address) => match address.to_bits() {
                bits if bits << 32 == 0 => Self::Fwmark { mark: (bits >> 96) as u32, port },
                _ => Self::Address(shown),
            },
        }
    }
}

impl fmt::Display for Virtual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Fwmark { mark, .. } => write!(f, "fwmark {mark}"),
        }
    }
}

/// Who made a connection. It stays so even if its packets come through this director later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// `LOCAL`: this director.
    Local,
    /// `SYNC`: a synchronization message from another one.
    Sync,
}

/// A persistence engine and the data by which it knows the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine<'l> {
    /// The engine: `sip`.
    pub name: EngineName,
    /// The data as far as the line goes; in JSON a text if it is UTF-8, otherwise numbers.
    ///
    /// It is what the network sent, a Call-ID. The kernel prints it raw: it ends at a NUL byte, blanks
    /// are part of it, and **a line break ends the line**. What follows a break comes as a line of its
    /// own, can't be put back together, and is a bad line unless it has the form of a connection.
    /// That form can be forged: where it matters that every record is real, read `ip_vs_conn_sync`,
    /// which has no such data.
    #[serde(with = "crate::raw_bytes")]
    pub data: Cow<'l, [u8]>,
}

impl<'l> Connection<'l> {
    /// The connection that `line` says, without its end. `None` if the line is not of the kernel's form;
    /// [`Connections`](crate::Connections) tells why not, and reads whole files.
    pub fn parse(line: &'l [u8], layout: Layout) -> Option<Self> {
        Self::read(line, layout).ok()
    }

    /// What [`read`](Self::read) reads, and the length of the line with its end, if the line that `text`
    /// begins with is of the usual widths and has no persistence data.
    #[inline]
    pub(super) fn usual(text: &'l [u8], layout: Layout) -> Option<(Self, usize)> {
        let (protocol, _, at) = columns::protocol(text)?;
        // Two records, made in one place each, are faster than one of whichever addresses there are.
        match columns::ipv4_ends(text, at) {
            Some((ends, at)) => Self::after_ends(protocol, ends, text, at, layout),
            None => Self::usual_ipv6(protocol, text, at, layout),
        }
    }

    #[inline(never)]
    fn usual_ipv6(
        protocol: Protocol,
        text: &'l [u8],
        at: usize,
        layout: Layout,
    ) -> Option<(Self, usize)> {
        let (ends, at) = columns::ipv6_ends(text, at)?;
        Self::after_ends(protocol, ends, text, at, layout)
    }

    #[inline(always)]
    fn after_ends(
        protocol: Protocol,
        [client, service, dest]: [SocketAddr; 3],
        text: &'l [u8],
        at: usize,
        layout: Layout,
    ) -> Option<(Self, usize)> {
        let (state, rest) = text.get(at..)?.split_first_chunk()?;
        let state = State::in_column(protocol, client.port(), state)?;
        let (origin, rest) = match layout {
            Layout::Plain => (None, rest),
            Layout::Sync => match rest.split_first_chunk()? {
                (b" LOCAL ", rest) => (Some(Origin::Local), rest),
                (b" SYNC  ", rest) => (Some(Origin::Sync), rest),
                _ => return None,
            },
        };
        let (seconds, rest) = rest.split_first_chunk()?;
        let seconds = columns::seconds(*seconds)?;
        let [b'\n', rest @ ..] = rest else { return None };
        let connection = Self {
            protocol,
            client,
            service: Virtual::new(protocol, service),
            dest,
            state,
            expires: Duration::from_secs(seconds.into()),
            origin,
            engine: None,
        };
        Some((connection, text.len() - rest.len()))
    }

    #[inline]
    pub(super) fn read(line: &'l [u8], layout: Layout) -> Result<Self, Fault> {
        Self::understand(RawConnection::read(line, layout, Form::Exact)?, line, layout)
    }

    #[inline]
    pub(super) fn understand(
        raw: RawConnection<'l>,
        line: &'l [u8],
        layout: Layout,
    ) -> Result<Self, Fault> {
        let at = |part: &[u8], expected| Fault {
            column: part.as_ptr().addr() - line.as_ptr().addr(),
            expected,
        };
        let protocol = crate::protocol::parse(raw.protocol);
        let protocol = protocol.ok_or_else(|| at(raw.protocol, "a protocol"))?;
        let text = State::word(raw.state).ok_or_else(|| at(raw.state, "a state"))?;
        let origin = match raw.origin {
            None => None,
            Some(b"LOCAL") => Some(Origin::Local),
            Some(b"SYNC") => Some(Origin::Sync),
            Some(other) => return Err(at(other, "LOCAL or SYNC")),
        };
        let engine = match (raw.rest, layout) {
            ([], _) => None,
            ([b' ', rest @ ..], Layout::Plain) => Some(
                engine(rest)
                    .ok_or_else(|| at(rest, "a persistence engine, a blank and its data"))?,
            ),
            (rest, _) => return Err(at(rest, "the end of the line")),
        };
        Ok(Self {
            protocol,
            client: raw.client,
            service: Virtual::new(protocol, raw.service),
            dest: raw.dest,
            state: State::read(protocol, raw.client.port(), text),
            expires: Duration::from_secs(raw.seconds),
            origin,
            engine,
        })
    }

    /// Whether this is a template, not a connection. See [`State::read`].
    pub const fn is_template(&self) -> bool {
        matches!(self.state, State::Template(_))
    }

    /// Whether this is a template that no longer counts, because its destination is gone or takes no
    /// new clients.
    pub const fn is_invalid(&self) -> bool {
        self.is_template() && self.dest.port() == INVALID
    }

    /// The same without a borrow.
    pub fn into_owned(self) -> Connection<'static> {
        let engine = self
            .engine
            .map(|engine| Engine { name: engine.name, data: Cow::Owned(engine.data.into_owned()) });
        Connection {
            protocol: self.protocol,
            client: self.client,
            service: self.service,
            dest: self.dest,
            state: self.state.into_owned(),
            expires: self.expires,
            origin: self.origin,
            engine,
        }
    }
}

/// A name, a blank, and everything after it. The kernel shows only names of its own engines; what the
/// network sent stands behind them.
fn engine(text: &[u8]) -> Option<Engine<'_>> {
    let blank = text.iter().position(|byte| *byte == b' ')?;
    let name = text[..blank].is_ascii().then_some(&text[..blank])?;
    let name = EngineName::new(name).ok()?;
    Some(Engine { name, data: Cow::Borrowed(&text[blank + 1..]) })
}

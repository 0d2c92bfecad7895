// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which connections are wanted.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use ipvs_types::{Network, ParseError, Protocol};

use super::{Connection, State, Virtual};

/// A choice of connections: all conditions hold. An empty one matches everything.
///
/// ```
/// use std::time::Duration;
/// use ipvs_proc::{Connection, Filter, Layout, ServiceFilter};
/// use ipvs_types::Protocol;
/// let line = b"TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT       106";
/// let connection = Connection::parse(line, Layout::Plain).expect("a connection");
/// let filter = Filter::new()
///     .protocol(Protocol::TCP)
///     .service("10.1.0.100:81".parse()?)
///     .expires(Duration::from_secs(60)..=Duration::from_secs(120));
/// assert!(filter.matches(&connection));
/// assert!(!filter.dest("10.3.0.0/16".parse()?).matches(&connection));
/// # Ok::<(), ipvs_types::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Filter {
    /// The protocol; templates of fwmark services have 0.
    pub protocol: Option<Protocol>,
    /// The client; a template has its client's masked address.
    pub client: Option<Network>,
    /// The client's port; templates have 0.
    pub client_port: Option<u16>,
    /// The virtual address, or the mark of a template.
    pub service: Option<ServiceFilter>,
    /// The destination; none is a firewall mark.
    pub dest: Option<ServiceFilter>,
    /// States by the kernel's names, of which it has one; if there are none here, any.
    pub states: Vec<String>,
    /// The time left.
    pub expires: Option<RangeInclusive<Duration>>,
}

impl Filter {
    /// The filter that matches everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of this protocol only. Templates of fwmark services have protocol 0.
    pub fn protocol(self, protocol: Protocol) -> Self {
        Self { protocol: Some(protocol), ..self }
    }

    /// From these clients only. A template has its client's masked address.
    pub fn client(self, network: Network) -> Self {
        Self { client: Some(network), ..self }
    }

    /// From this client port only.
    pub fn client_port(self, port: u16) -> Self {
        Self { client_port: Some(port), ..self }
    }

    /// To this virtual address only.
    pub fn service(self, service: ServiceFilter) -> Self {
        Self { service: Some(service), ..self }
    }

    /// At these destinations only; no destination is a firewall mark.
    pub fn dest(self, dest: ServiceFilter) -> Self {
        Self { dest: Some(dest), ..self }
    }

    /// Also in this state, by the kernel's name: two calls allow two states.
    pub fn state(mut self, name: impl Into<String>) -> Self {
        self.states.push(name.into());
        self
    }

    /// Only with so many seconds left.
    pub fn expires(self, range: RangeInclusive<Duration>) -> Self {
        Self { expires: Some(range), ..self }
    }

    /// Whether all conditions hold. Looks at numbers first, and allocates nothing.
    #[inline]
    pub fn matches(&self, connection: &Connection<'_>) -> bool {
        self.protocol.is_none_or(|protocol| protocol == connection.protocol)
            && self.client.is_none_or(|network| network.contains(connection.client.ip()))
            && self.client_port.is_none_or(|port| port == connection.client.port())
            && self.service.is_none_or(|service| service.matches(connection.service))
            && self.dest.is_none_or(|dest| dest.matches(Virtual::Address(connection.dest)))
            && self.expires.as_ref().is_none_or(|range| range.contains(&connection.expires))
            && self.has_state(&connection.state)
    }

    #[inline]
    fn has_state(&self, state: &State<'_>) -> bool {
        self.states.is_empty() || self.states.iter().any(|name| name == state.name())
    }
}

/// One end of connections: addresses with any port or with one, or a firewall mark.
///
/// Text form: `10.1.0.100:81`, `[fd01::100]:80`, `10.1.0.0/16`, `fwmark/66`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceFilter {
    /// Addresses, and the port if only one is wanted.
    Address(Network, Option<u16>),
    /// A firewall mark: only its templates show it, its connections have the packet's address.
    Fwmark(u32),
}

impl ServiceFilter {
    #[inline]
    fn matches(self, shown: Virtual) -> bool {
        match (self, shown) {
            (Self::Address(network, port), Virtual::Address(shown)) => {
                network.contains(shown.ip()) && port.is_none_or(|port| port == shown.port())
            }
            (Self::Fwmark(wanted), Virtual::Fwmark { mark, .. }) => wanted == mark,
            _ => false,
        }
    }
}

impl FromStr for ServiceFilter {
    type Err = ParseError;

    fn from_str(s: &str) -> Result<Self, ParseError> {
        const FORM: &str = "`ADDRESS:PORT`, an address or network, or `fwmark/MARK`";
        let bad = |_| ParseError::new("address to filter by", s, FORM);
        if let Some(mark) = s.strip_prefix("fwmark/") {
            return mark.parse().map(Self::Fwmark).map_err(|_| bad(()));
        }
        match s.parse::<SocketAddr>() {
            Ok(socket) => Ok(Self::Address(socket.ip().into(), Some(socket.port()))),
            Err(_) => Ok(Self::Address(s.parse().map_err(|_: ParseError| bad(()))?, None)),
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which connections are wanted, in the kernel's terms.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipvs_types::{ConnectionFlags, Family, Network, Protocol};

use super::Connection;

/// One end of connections: what is `None` may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct End {
    /// Addresses.
    pub network: Option<Network>,
    /// A port; in templates 0 stands for all.
    pub port: Option<u16>,
}

impl End {
    fn holds(&self, address: IpAddr, port: u16) -> bool {
        self.network.is_none_or(|network| network.contains(address))
            && self.port.is_none_or(|wanted| wanted == port)
    }
}

impl From<SocketAddr> for End {
    fn from(socket: SocketAddr) -> Self {
        Self { network: Some(socket.ip().into()), port: Some(socket.port()) }
    }
}

/// A choice of connections, made by the kernel: all conditions hold, an empty one matches everything.
///
/// ```
/// use ipvs_netlink::ext::{Connection, ConnectionFilter, ConnectionKey};
/// use ipvs_netlink::types::{Method, Protocol};
/// let key = ConnectionKey::new(Protocol::TCP, "198.51.100.7:40000".parse()?, "192.0.2.1:80".parse()?);
/// let connection = Connection::new(key, "10.0.0.2:8080".parse()?, Method::MASQ);
/// let filter = ConnectionFilter::new().client("198.51.100.0/24".parse()?).service_port(80);
/// assert!(filter.matches(&connection));
/// assert!(!filter.protocol(Protocol::UDP).matches(&connection));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct ConnectionFilter {
    /// The family of client and service.
    pub family: Option<Family>,
    /// The protocol, at most 255; templates of fwmark services have 0.
    pub protocol: Option<Protocol>,
    /// The client.
    pub client: End,
    /// The virtual address. Connections that a mark brought have the packet's address.
    pub service: End,
    /// The destination.
    pub dest: End,
    /// The firewall mark; 0 for connections without one.
    pub fwmark: Option<u32>,
    /// Flags that are to be so: of those in the second word exactly those of the first are set. Here
    /// the low three bits, too, are part of the words: the forwarding method.
    pub flags: Option<(ConnectionFlags, ConnectionFlags)>,
    /// States by number, bit n for state n; a state above 31 never matches.
    pub states: Option<u32>,
    /// At least so long without a packet, in whole milliseconds.
    pub min_idle: Option<Duration>,
}

impl ConnectionFilter {
    /// The filter that matches everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it matches everything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Of this family only.
    #[must_use]
    pub fn family(self, family: Family) -> Self {
        Self { family: Some(family), ..self }
    }

    /// Of this protocol only.
    #[must_use]
    pub fn protocol(self, protocol: Protocol) -> Self {
        Self { protocol: Some(protocol), ..self }
    }

    /// From these clients only. A template has its client's masked address.
    #[must_use]
    pub fn client(mut self, network: Network) -> Self {
        self.client.network = Some(network);
        self
    }

    /// From this client port only.
    #[must_use]
    pub fn client_port(mut self, port: u16) -> Self {
        self.client.port = Some(port);
        self
    }

    /// To these virtual addresses only.
    #[must_use]
    pub fn service(mut self, network: Network) -> Self {
        self.service.network = Some(network);
        self
    }

    /// To this virtual port only.
    #[must_use]
    pub fn service_port(mut self, port: u16) -> Self {
        self.service.port = Some(port);
        self
    }

    /// At these destinations only.
    #[must_use]
    pub fn dest(mut self, network: Network) -> Self {
        self.dest.network = Some(network);
        self
    }

    /// At this port of destinations only.
    #[must_use]
    pub fn dest_port(mut self, port: u16) -> Self {
        self.dest.port = Some(port);
        self
    }

    /// With this firewall mark only; 0 for those without.
    #[must_use]
    pub fn fwmark(self, mark: u32) -> Self {
        Self { fwmark: Some(mark), ..self }
    }

    /// With exactly `flags` of those in `mask`; replaces an earlier call.
    #[must_use]
    pub fn flags(self, flags: ConnectionFlags, mask: ConnectionFlags) -> Self {
        Self { flags: Some((flags, mask)), ..self }
    }

    /// Templates only, or connections only.
    #[must_use]
    pub fn templates(self, only: bool) -> Self {
        let template = ConnectionFlags::TEMPLATE;
        self.flags(if only { template } else { ConnectionFlags::empty() }, template)
    }

    /// Also in the state of this number (0 to 31): two calls allow two states.
    #[must_use]
    pub fn state(self, number: u16) -> Self {
        let bit = 1_u32.checked_shl(number.into()).unwrap_or(0);
        Self { states: Some(self.states.unwrap_or(0) | bit), ..self }
    }

    /// At least so long without a packet.
    #[must_use]
    pub fn min_idle(self, idle: Duration) -> Self {
        Self { min_idle: Some(idle), ..self }
    }

    /// Whether all conditions hold.
    pub fn matches(&self, connection: &Connection) -> bool {
        let Connection { key, dest, method, flags, state, fwmark, .. } = connection;
        let word = ConnectionFlags::from_bits_retain(flags.to_wire(*method));
        self.family.is_none_or(|family| family == key.family())
            && self.protocol.is_none_or(|protocol| protocol == key.protocol)
            && self.client.holds(key.client.ip(), key.client.port())
            && self.service.holds(key.service.ip(), key.service.port())
            && self.dest.holds(dest.ip(), dest.port())
            && self.fwmark.is_none_or(|mark| mark == fwmark.map_or(0, u32::from))
            && self.flags.is_none_or(|(wanted, mask)| word & mask == wanted)
            && self.states.is_none_or(|s| s.checked_shr((*state).into()).unwrap_or(0) & 1 == 1)
            && self.min_idle.is_none_or(|idle| idle <= connection.idle())
    }
}

impl fmt::Display for ConnectionFilter {
    /// `all connections`, or `connections with ` and the conditions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.pad("all connections");
        }
        f.write_str("connections with")?;
        let mut part = |name: &str, text: Option<String>| match text {
            Some(text) => write!(f, " {name} {text}"),
            None => Ok(()),
        };
        part("family", self.family.map(|family| family.to_string()))?;
        part("protocol", self.protocol.map(|protocol| protocol.to_string()))?;
        for (name, end) in [("client", self.client), ("service", self.service), ("dest", self.dest)]
        {
            part(name, end.network.map(|network| network.to_string()))?;
            part(&format!("{name} port"), end.port.map(|port| port.to_string()))?;
        }
        part("fwmark", self.fwmark.map(|mark| mark.to_string()))?;
        part(
            "flags",
            self.flags.map(|(flags, mask)| format!("{:#x}/{:#x}", flags.bits(), mask.bits())),
        )?;
        part("states", self.states.map(|states| format!("{states:#x}")))?;
        part("idle for", self.min_idle.map(|idle| format!("{} s", idle.as_secs_f32())))
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A connection, and what tells it from others.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_types::{
    ConnectionFlags, EngineName, Family, Method, Protocol, SctpState, TcpState, TemplateState,
};

/// What tells connections apart; the destination is no part of it. (Templates of a persistence engine
/// differ in the engine's data, too: they are found by filter only.)
///
/// ```
/// use ipvs_netlink::ext::ConnectionKey;
/// use ipvs_netlink::types::Protocol;
/// let key = ConnectionKey::new(Protocol::TCP, "198.51.100.7:40000".parse()?, "192.0.2.1:80".parse()?);
/// assert_eq!(key.to_string(), "tcp 198.51.100.7:40000 > 192.0.2.1:80");
/// let pin = ConnectionKey::mark_template("198.51.100.0".parse()?, 66);
/// assert_eq!((pin.mark(), pin.to_string()), (Some(66), "template 198.51.100.0 > fwmark/66".into()));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionKey {
    /// The transport protocol, at most 255. Templates of fwmark services have 0.
    pub protocol: Protocol,
    /// The client; that of a template has port 0 and an address masked by the service's granularity.
    pub client: SocketAddr,
    /// What the client asked for, of the same family. In a template of a fwmark service it is the mark,
    /// in the first 32 bits of the address.
    pub service: SocketAddr,
    /// Whether it is a template: not a connection, but the memory of which destination a persistent
    /// client has.
    pub template: bool,
}

impl ConnectionKey {
    /// A connection.
    pub const fn new(protocol: Protocol, client: SocketAddr, service: SocketAddr) -> Self {
        Self { protocol, client, service, template: false }
    }

    /// The template of a client (its address masked by the service's granularity) for an address.
    pub const fn template(protocol: Protocol, client: IpAddr, service: SocketAddr) -> Self {
        Self { protocol, client: SocketAddr::new(client, 0), service, template: true }
    }

    /// The template of a client for a firewall mark.
    pub const fn mark_template(client: IpAddr, mark: u32) -> Self {
        let service = match client {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(mark)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits((mark as u128) << 96)),
        };
        Self::template(Protocol(0), client, SocketAddr::new(service, 0))
    }

    /// The family of client and service.
    pub const fn family(&self) -> Family {
        Family::of(self.client.ip())
    }

    /// The firewall mark of a template that has one in the place of an address.
    pub const fn mark(&self) -> Option<u32> {
        match self.service.ip() {
            _ if !self.template || self.protocol.0 != 0 => None,
            IpAddr::V4(address) => Some(address.to_bits()),
            IpAddr::V6(address) => Some((address.to_bits() >> 96) as u32),
        }
    }
}

impl fmt::Display for ConnectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, client, service, template } = self;
        match (self.mark(), template) {
            (Some(mark), _) => write!(f, "template {} > fwmark/{mark}", client.ip()),
            (None, true) => write!(f, "{protocol} template {} > {service}", client.ip()),
            (None, false) => write!(f, "{protocol} {client} > {service}"),
        }
    }
}

/// The persistence engine of a connection, and the data by which it knows the client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Engine {
    /// The engine: `sip`.
    pub name: EngineName,
    /// What the network sent, a Call-ID; any bytes.
    pub data: Vec<u8>,
}

/// A connection or template as a patched kernel shows it (`IPVS_EXT_ATTR_CONN`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Connection {
    /// Which one.
    pub key: ConnectionKey,
    /// The destination. Its family may differ from the client's.
    pub dest: SocketAddr,
    /// How packets reach it.
    pub method: Method,
    /// Its flags; [`ConnectionFlags::TEMPLATE`] says the same as the key.
    pub flags: ConnectionFlags,
    /// The number of the protocol's state; of a template, bit 0 says that it is assured.
    pub state: u16,
    /// How long until it expires, in whole milliseconds.
    pub expires: Duration,
    /// How long it lives after a packet, in whole milliseconds.
    pub timeout: Duration,
    /// The firewall mark that its packets had.
    pub fwmark: Option<NonZeroU32>,
    /// Packets from the client, as far as they were counted; wraps.
    pub packets: u32,
    /// The persistence engine that made it.
    pub engine: Option<Engine>,
    /// The template or connection that controls it, as an FTP connection controls its data.
    pub controller: Option<ConnectionKey>,
}

impl Connection {
    /// A connection in state 0 that expires now.
    pub fn new(key: ConnectionKey, dest: SocketAddr, method: Method) -> Self {
        let template = ConnectionFlags::TEMPLATE;
        Self {
            key,
            dest,
            method,
            flags: if key.template { template } else { ConnectionFlags::empty() },
            state: 0,
            expires: Duration::ZERO,
            timeout: Duration::ZERO,
            fwmark: None,
            packets: 0,
            engine: None,
            controller: None,
        }
    }

    /// The kernel's name of the state, as `/proc/net/ip_vs_conn` has it; `ERR!` where it has none.
    pub fn state_name(&self) -> &'static str {
        let name = match self.key.protocol {
            _ if self.key.template => {
                TemplateState::from_number(self.state & 1).map(TemplateState::name)
            }
            Protocol::TCP => TcpState::from_number(self.state).map(TcpState::name),
            Protocol::UDP => (self.state == 0).then_some("UDP"),
            Protocol::SCTP => SctpState::from_number(self.state).map(SctpState::name),
            Protocol(0) => Some("NONE"),
            _ => None,
        };
        name.unwrap_or("ERR!")
    }

    /// How long it has seen no packet: the time-out without what is left of it.
    pub fn idle(&self) -> Duration {
        self.timeout.saturating_sub(self.expires)
    }
}

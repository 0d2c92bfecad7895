// SPDX-License-Identifier: MIT OR Apache-2.0
//! A connection as a message describes it.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipvs_types::{Method, Protocol};

use crate::{Addresses, ConnectionFlags, MixedFamilies, Sequences, State};

/// A connection, or a template, as one entry of a message describes it.
///
/// ```
/// use std::time::Duration;
/// use ipvs_syncd::{Connection, ConnectionFlags};
/// use ipvs_types::{Method, Protocol};
/// let dns = Connection::new(
///     Protocol::UDP,
///     "10.0.0.1:5353".parse()?,
///     "192.0.2.1:53".parse()?,
///     "10.1.0.2:53".parse()?,
/// )?
/// .method(Method::ROUTE)
/// .flags(ConnectionFlags::NO_OUTPUT | ConnectionFlags::INACTIVE)
/// .timeout(Duration::from_secs(300));
/// assert_eq!(
///     dns.to_string(),
///     "UDP 10.0.0.1:5353 > 192.0.2.1:53 > 10.1.0.2:53 UDP route 300s no-output inactive",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Connection<'d> {
    /// The transport protocol, 8 bits on the wire. Templates of fwmark services have 0.
    pub protocol: Protocol,
    /// The addresses.
    pub addresses: Addresses,
    /// The client's port; 0 in a template.
    pub client_port: u16,
    /// The port that the client asked for; in a template 0 where all ports go together.
    pub service_port: u16,
    /// The destination's port; 0 as for `service_port`.
    pub dest_port: u16,
    /// How packets reach the destination. The options of a tunnel are not sent.
    pub method: Method,
    /// The flags.
    pub flags: ConnectionFlags,
    /// The number of the state; [`Connection::state`] tells its meaning.
    pub state: u16,
    /// The firewall mark of the first packet, 0 for none. Version 0 has no place for it.
    pub mark: u32,
    /// The whole lifetime, not what is left of it: whole seconds up to 2^32 - 1. Zero, as in all of
    /// version 0, stands for the default of the state; that of a template is 3 minutes.
    pub timeout: Duration,
    /// Shifted sequence numbers.
    pub sequences: Option<Sequences>,
    /// The name of the persistence engine that made a template, 1 to 16 bytes; version 1 only.
    /// Nothing keeps a sender from other bytes than a name's.
    pub engine_name: Option<Cow<'d, [u8]>>,
    /// The data by which the engine knows the client, 1 to 255 bytes; version 1 only. It comes from
    /// the client (with the engine `sip` it is the Call-ID) and may be anything.
    pub engine_data: Option<Cow<'d, [u8]>>,
}

impl<'d> Connection<'d> {
    /// A masqueraded connection from `client` to `service` that `dest` serves, without flags and with
    /// state 0, mark 0 and the default timeout.
    ///
    /// # Errors
    /// When the three are not all of one family.
    pub fn new(
        protocol: Protocol,
        client: SocketAddr,
        service: SocketAddr,
        dest: SocketAddr,
    ) -> Result<Self, MixedFamilies> {
        Ok(Self {
            protocol,
            addresses: Addresses::new(client.ip(), service.ip(), dest.ip())?,
            client_port: client.port(),
            service_port: service.port(),
            dest_port: dest.port(),
            method: Method::MASQ,
            flags: ConnectionFlags::empty(),
            state: 0,
            mark: 0,
            timeout: Duration::ZERO,
            sequences: None,
            engine_name: None,
            engine_data: None,
        })
    }

    /// The same with another method.
    pub const fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// The same with other flags.
    pub const fn flags(mut self, flags: ConnectionFlags) -> Self {
        self.flags = flags;
        self
    }

    /// The same with another number of a state, for example `TcpState::Established.number()`.
    pub const fn state(mut self, number: u16) -> Self {
        self.state = number;
        self
    }

    /// The same with another firewall mark.
    pub const fn mark(mut self, mark: u32) -> Self {
        self.mark = mark;
        self
    }

    /// The same with another timeout.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same with the name and data of a persistence engine.
    pub fn engine(
        mut self,
        name: impl Into<Cow<'d, [u8]>>,
        data: impl Into<Cow<'d, [u8]>>,
    ) -> Self {
        self.engine_name = Some(name.into());
        self.engine_data = Some(data.into());
        self
    }

    /// The same with shifted sequence numbers and both flags that tell of them.
    pub const fn sequences(mut self, sequences: Sequences) -> Self {
        self.sequences = Some(sequences);
        self.flags = self.flags.union(ConnectionFlags::SEQUENCES);
        self
    }

    /// The client's address and port.
    pub const fn client(&self) -> SocketAddr {
        SocketAddr::new(self.addresses.client(), self.client_port)
    }

    /// The address and port that the client asked for. In the template of a fwmark service the
    /// address is a mark: see [`Connection::service_mark`].
    pub const fn service(&self) -> SocketAddr {
        SocketAddr::new(self.addresses.service(), self.service_port)
    }

    /// The destination's address and port.
    pub const fn dest(&self) -> SocketAddr {
        SocketAddr::new(self.addresses.dest(), self.dest_port)
    }

    /// Whether it is a template.
    pub const fn is_template(&self) -> bool {
        self.flags.contains(ConnectionFlags::TEMPLATE)
    }

    /// What the number of the state means.
    pub fn named_state(&self) -> State {
        State::new(self.protocol, self.is_template(), self.state)
    }

    /// The mark of the service whose template this is, if that is a fwmark service: such a template
    /// has protocol 0, and the mark in the first 32 bits of the virtual address.
    pub fn service_mark(&self) -> Option<u32> {
        let of_mark = self.is_template() && self.protocol == Protocol(0);
        match self.addresses.service() {
            _ if !of_mark => None,
            IpAddr::V4(address) => Some(address.to_bits()),
            IpAddr::V6(address) => {
                let bits = address.to_bits();
                (bits << 32 == 0).then_some((bits >> 96) as u32)
            }
        }
    }

    /// What a master of version 0 would send for it: without mark, timeout, engine and the flags above
    /// 16 bits. `None` for IPv6, which such a master leaves out.
    pub fn reduced_to_v0(&self) -> Option<Connection<'static>> {
        matches!(self.addresses, Addresses::V4 { .. }).then(|| Connection {
            flags: ConnectionFlags::from_wire(self.flags.bits() & 0xffff),
            mark: 0,
            timeout: Duration::ZERO,
            engine_name: None,
            engine_data: None,
            ..self.clone().into_owned()
        })
    }

    /// The same without a borrow.
    pub fn into_owned(self) -> Connection<'static> {
        let owned = |bytes: Cow<'d, [u8]>| Cow::Owned(bytes.into_owned());
        Connection {
            engine_name: self.engine_name.map(owned),
            engine_data: self.engine_data.map(owned),
            ..self
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What tells connections apart.

use std::net::SocketAddr;

use ipvs_types::Protocol;

use crate::Connection;

/// What tells connections apart, in a kernel's table and on the wire; the destination is no part of it.
///
/// ```
/// use ipvs_syncd::{Connection, ConnectionKey};
/// use ipvs_types::Protocol;
/// let to = |dest: &str| -> Result<_, Box<dyn std::error::Error>> {
///     let (client, service) = ("10.0.0.1:1234".parse()?, "192.0.2.1:80".parse()?);
///     Ok(Connection::new(Protocol::TCP, client, service, dest.parse()?)?)
/// };
/// assert_eq!(ConnectionKey::of(&to("10.1.0.2:80")?), ConnectionKey::of(&to("10.1.0.3:80")?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionKey {
    /// The transport protocol. Templates of fwmark services have 0.
    pub protocol: Protocol,
    /// The client; that of a template has port 0 and an address masked by the service's granularity.
    pub client: SocketAddr,
    /// What the client asked for. In a template of a fwmark service it is the mark, in the first 32 bits
    /// of the address.
    pub service: SocketAddr,
    /// Whether it is a template.
    pub template: bool,
    /// The data by which a persistence engine knows the client of a template.
    pub engine_data: Option<Box<[u8]>>,
}

impl ConnectionKey {
    /// That of a connection in a message.
    pub fn of(connection: &Connection<'_>) -> Self {
        Self {
            protocol: connection.protocol,
            client: connection.client(),
            service: connection.service(),
            template: connection.is_template(),
            engine_data: connection.engine_data.as_deref().map(Into::into),
        }
    }
}

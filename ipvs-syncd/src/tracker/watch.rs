// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a tracker is told to expect.

use std::fmt;
use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use crate::{Connection, DEFAULT_MAX_LEN};

/// What a [`Tracker`](super::Tracker) is told to expect. By default everyone may send anything.
///
/// ```
/// use ipvs_syncd::tracker::Watch;
/// let mut watch = Watch::default();
/// watch.sync_id = Some(7);
/// watch.services.push("192.0.2.1:80".parse()?);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watch {
    /// Who may send; empty: everyone. What others send is counted, but not kept in the mirror.
    pub known_senders: Vec<IpAddr>,
    /// The sync id that all messages should have.
    pub sync_id: Option<u8>,
    /// The services that connections may be of; empty: all.
    pub services: Vec<ServicePattern>,
    /// After how long without a message an alarm is raised; `None`: never.
    pub silence: Option<Duration>,
    /// For how long a condition counts as lasting after it was seen. 60 seconds.
    pub hold: Duration,
    /// The length in bytes up to which backups read a datagram, their `sync_maxlen`:
    /// [`DEFAULT_MAX_LEN`].
    pub max_len: u16,
    /// How many connections and templates the mirror keeps: 131,072. One takes at most about 700 bytes.
    pub max_connections: usize,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            known_senders: Vec::new(),
            sync_id: None,
            services: Vec::new(),
            silence: None,
            hold: Duration::from_secs(60),
            max_len: DEFAULT_MAX_LEN,
            max_connections: 1 << 17,
        }
    }
}

impl Watch {
    pub(super) fn knows(&self, sender: IpAddr) -> bool {
        self.known_senders.is_empty() || self.names(sender)
    }

    /// Whether the sender is known by name.
    pub(super) fn names(&self, sender: IpAddr) -> bool {
        self.known_senders.contains(&sender)
    }

    /// Whether the connection is of none of the services. A template of a fwmark service has a mark
    /// in place of an address and is never foreign.
    pub(super) fn is_foreign(&self, connection: &Connection<'_>) -> bool {
        let (service, template) = (connection.service(), connection.is_template());
        !self.services.is_empty()
            && connection.service_mark().is_none()
            && !self.services.iter().any(|pattern| pattern.matches(service, template))
    }
}

/// A virtual address, with a port or for all ports: `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`.
///
/// FTP's data connections have other ports than their service: name its address without a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServicePattern {
    /// The address.
    pub address: IpAddr,
    /// The port, if only one.
    pub port: Option<u16>,
}

impl ServicePattern {
    /// A template may have port 0 for a service with any port.
    fn matches(&self, service: SocketAddr, template: bool) -> bool {
        let any = self.port.is_none() || (template && service.port() == 0);
        self.address == service.ip() && (any || self.port == Some(service.port()))
    }
}

impl fmt::Display for ServicePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => SocketAddr::new(self.address, port).fmt(f),
            None => self.address.fmt(f),
        }
    }
}

impl FromStr for ServicePattern {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(Self { address, port: None }),
            Err(_) => {
                let socket: SocketAddr = text.parse()?;
                Ok(Self { address: socket.ip(), port: Some(socket.port()) })
            }
        }
    }
}

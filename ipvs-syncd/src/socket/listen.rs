// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where to listen.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;

use ipvs_types::{DaemonConfig, DaemonRole, InterfaceName};

/// How many ports a master has at most (`sync_ports`).
pub const MAX_PORTS: u8 = 64;

/// How to hear a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hear {
    /// As a backup does: a UDP socket for each port, which shares the port with the kernel's daemon.
    /// It hears neither the master of its own host, which sends without loop, nor datagrams with a
    /// broken checksum.
    Group,
    /// All that goes over the interface, in both directions: a packet socket, which needs
    /// `CAP_NET_RAW`. It hears the master of its own host. Datagrams in fragments (longer than the
    /// link's MTU) are counted and not read.
    Wire,
}

/// A multicast group on an interface, and how to hear it.
///
/// ```
/// use ipvs_syncd::socket::{Hear, Listen};
/// let listen = Listen::new("eth0".parse()?);
/// assert_eq!((listen.group.to_string().as_str(), listen.ports()), ("224.0.0.81", 8848..=8848));
/// let mut threads = listen;
/// threads.port_count = 4;
/// threads.hear = Hear::Wire;
/// assert_eq!(threads.ports(), 8848..=8851);
/// # Ok::<(), ipvs_types::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Listen {
    /// The interface.
    pub interface: InterfaceName,
    /// The group: [`DaemonConfig::DEFAULT_GROUP`] unless changed.
    pub group: IpAddr,
    /// The port of the master's first thread: [`DaemonConfig::DEFAULT_PORT`] unless changed.
    pub port: u16,
    /// How many ports from there on, the master's `sync_ports`: 1, at most [`MAX_PORTS`].
    pub port_count: u8,
    /// How: [`Hear::Group`].
    pub hear: Hear,
}

impl Listen {
    /// The default group and port on `interface`.
    pub const fn new(interface: InterfaceName) -> Self {
        Self {
            interface,
            group: DaemonConfig::DEFAULT_GROUP,
            port: DaemonConfig::DEFAULT_PORT,
            port_count: 1,
            hear: Hear::Group,
        }
    }

    /// What a running daemon sends or hears. A master can only be heard on the wire.
    pub fn to_daemon(daemon: &DaemonConfig) -> Self {
        Self {
            group: daemon.group.unwrap_or(DaemonConfig::DEFAULT_GROUP),
            port: daemon.port.map_or(DaemonConfig::DEFAULT_PORT, NonZeroU16::get),
            hear: match daemon.role {
                DaemonRole::Master => Hear::Wire,
                DaemonRole::Backup => Hear::Group,
            },
            ..Self::new(daemon.interface)
        }
    }

    /// The ports, as far as there are any.
    pub fn ports(&self) -> RangeInclusive<u16> {
        let more = self.port_count.clamp(1, MAX_PORTS) - 1;
        self.port..=self.port.saturating_add(more.into())
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where messages go.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU8, NonZeroU16};

use ipvs_netlink::Netns;
use ipvs_types::{DaemonConfig, InterfaceName};

/// A group of backups and the way to it. By default what the kernel's daemons have by default.
///
/// ```
/// use ipvs_syncd::socket::Target;
/// let target = Target::new("eth0".parse()?).port(9000).thread(2);
/// assert_eq!(target.to_string(), "224.0.0.81:9002 on eth0");
/// # Ok::<(), ipvs_types::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub(super) interface: InterfaceName,
    pub(super) group: IpAddr,
    port: u16,
    thread: u8,
    pub(super) ttl: u8,
    pub(super) loopback: bool,
    pub(super) send_buffer: Option<usize>,
    pub(super) netns: Option<Netns>,
}

impl Target {
    /// The default group, 224.0.0.81 port 8848 with TTL 1, on this interface of the calling thread's
    /// namespace; not heard on the sending host itself, unless the interface is `lo`.
    pub const fn new(interface: InterfaceName) -> Self {
        Self {
            interface,
            group: DaemonConfig::DEFAULT_GROUP,
            port: DaemonConfig::DEFAULT_PORT,
            thread: 0,
            ttl: DaemonConfig::DEFAULT_TTL,
            loopback: false,
            send_buffer: None,
            netns: None,
        }
    }

    /// The same on another interface.
    pub const fn interface(mut self, interface: InterfaceName) -> Self {
        self.interface = interface;
        self
    }

    /// The same with another multicast group, of either family (`ipvsadm --mcast-group`).
    pub const fn group(mut self, group: IpAddr) -> Self {
        self.group = group;
        self
    }

    /// The same with another first port (`ipvsadm --mcast-port`), in host order.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The same to another thread of the backups, counted from 0: it has the first port plus its
    /// number. Every backup has thread 0; how many more is its sysctl `sync_ports`. Any thread takes any
    /// connection.
    pub const fn thread(mut self, thread: u8) -> Self {
        self.thread = thread;
        self
    }

    /// The same with another time to live, or hop limit (`ipvsadm --mcast-ttl`). What has 0 does not
    /// leave the host: with [`loopback`](Self::loopback) it reaches the host's own backup and no other.
    pub const fn ttl(mut self, ttl: u8) -> Self {
        self.ttl = ttl;
        self
    }

    /// Whether the sending host hears it too, if it listens on the same interface. What goes out through
    /// `lo` is heard in any case, once.
    pub const fn loopback(mut self, loopback: bool) -> Self {
        self.loopback = loopback;
        self
    }

    /// The same with another size of the socket's send buffer in bytes (`SO_SNDBUF`, of which the
    /// kernel makes twice as much, and at most `net.core.wmem_max`).
    pub const fn send_buffer(mut self, bytes: usize) -> Self {
        self.send_buffer = Some(bytes);
        self
    }

    /// The same in another network namespace.
    pub fn netns(mut self, netns: Netns) -> Self {
        self.netns = Some(netns);
        self
    }

    /// The address that datagrams are sent to.
    pub const fn address(&self) -> SocketAddr {
        SocketAddr::new(self.group, self.port.wrapping_add(self.thread as u16))
    }
}

/// Where a daemon sends to, or hears.
impl From<&DaemonConfig> for Target {
    fn from(daemon: &DaemonConfig) -> Self {
        Self::new(daemon.interface)
            .group(daemon.group.unwrap_or(DaemonConfig::DEFAULT_GROUP))
            .port(daemon.port.map_or(DaemonConfig::DEFAULT_PORT, NonZeroU16::get))
            .ttl(daemon.ttl.map_or(DaemonConfig::DEFAULT_TTL, NonZeroU8::get))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.address(), self.interface)
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sync daemon, which copies connections to a standby director by multicast.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::num::{NonZeroU8, NonZeroU16};

use serde::{Deserialize, Serialize};

use crate::InterfaceName;

/// Which half of the connection synchronisation a daemon does (`ipvsadm --start-daemon`).
///
/// A namespace can run one of each at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DaemonRole {
    /// Sends connections (`IP_VS_STATE_MASTER`).
    Master,
    /// Receives connections (`IP_VS_STATE_BACKUP`).
    Backup,
}

impl fmt::Display for DaemonRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Master => "master",
            Self::Backup => "backup",
        })
    }
}

/// The number that tells groups of directors apart (`ipvsadm --syncid`): 0 to 255.
///
/// A backup with id 0 accepts every sender. The kernel stores 32 bits unchecked but the wire has 8:
/// with more than 255 a backup receives nothing. Such a value can only be observed
/// ([`SyncId::observed`]), never made by accident.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SyncId(u32);

impl SyncId {
    /// The id `id`.
    pub const fn new(id: u8) -> Self {
        Self(id as u32)
    }

    /// An id that a kernel reported, whether it works or not.
    pub const fn observed(id: u32) -> Self {
        Self(id)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl From<u8> for SyncId {
    fn from(id: u8) -> Self {
        Self::new(id)
    }
}

/// A sync daemon: what `ipvsadm --start-daemon` sets.
///
/// `None` leaves a value to the kernel; a daemon that was read from the kernel has all of them.
///
/// ```
/// use ipvs_types::{DaemonConfig, DaemonRole};
/// let wanted = DaemonConfig::new(DaemonRole::Master, "eth0".parse()?);
/// let mut running = wanted;
/// running.port = std::num::NonZeroU16::new(8848);
/// assert!(wanted.is_satisfied_by(&running));
/// # Ok::<(), ipvs_types::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DaemonConfig {
    /// Master or backup.
    pub role: DaemonRole,
    /// The interface for multicast.
    pub interface: InterfaceName,
    /// The sync id.
    #[serde(default)]
    pub sync_id: SyncId,
    /// The largest sync message in bytes of UDP payload. The kernel clamps it, and chooses by the
    /// interface's MTU when it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_len: Option<NonZeroU16>,
    /// The multicast group; default 224.0.0.81.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<IpAddr>,
    /// The first UDP port; default 8848.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<NonZeroU16>,
    /// Time to live or hop limit of the messages; default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<NonZeroU8>,
}

impl DaemonConfig {
    /// The group that the kernel takes when none is given (`IP_VS_SYNC_GROUP`).
    pub const DEFAULT_GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 81));
    /// The port that the kernel takes when none is given (`IP_VS_SYNC_PORT`).
    pub const DEFAULT_PORT: u16 = 8848;
    /// The time to live that the kernel takes when none is given.
    pub const DEFAULT_TTL: u8 = 1;

    /// A daemon on `interface` with sync id 0 and the kernel's defaults.
    pub const fn new(role: DaemonRole, interface: InterfaceName) -> Self {
        let sync_id = SyncId::new(0);
        Self { role, interface, sync_id, max_len: None, group: None, port: None, ttl: None }
    }

    /// Whether the daemon `running` is what `self` asks for: what `self` leaves open is the kernel's
    /// default, and for the message length anything.
    pub fn is_satisfied_by(&self, running: &Self) -> bool {
        let group = |c: &Self| c.group.unwrap_or(Self::DEFAULT_GROUP);
        let port = |c: &Self| c.port.map_or(Self::DEFAULT_PORT, NonZeroU16::get);
        let ttl = |c: &Self| c.ttl.map_or(Self::DEFAULT_TTL, NonZeroU8::get);
        (self.role, self.interface, self.sync_id)
            == (running.role, running.interface, running.sync_id)
            && group(self) == group(running)
            && port(self) == port(running)
            && ttl(self) == ttl(running)
            && (self.max_len.is_none() || self.max_len == running.max_len)
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether there is a safe way to the kernel's table, and which.

use std::num::NonZeroU16;

use ipvs_netlink::Table;
use ipvs_types::{DaemonConfig, DaemonRole, DestKey, InterfaceName, ServiceKey, SyncId};

use crate::socket::Target;
use crate::{DEFAULT_MAX_LEN, Encoder, Version};

/// The port of the daemon that is started for the time: not that of real ones, so that nobody who
/// listens to those is disturbed, and so that it is known again.
const PORT: NonZeroU16 = NonZeroU16::new(18848).expect("not zero");
/// Its sync id.
const SYNC_ID: u8 = 255;

/// The backup daemon that will hear the messages.
///
/// ```
/// use ipvs_netlink::Table;
/// use ipvs_netlink::types::{DaemonConfig, DaemonRole};
/// use ipvs_syncd::surgery::Access;
///
/// let none_runs = Access::choose(&[], &Table::default(), false)?;
/// assert!(matches!(none_runs, Access::Temporary(_)));
/// // One that runs on another interface hears what is sent there with a time to live of 0, which the
/// // kernel loops back and never puts on the wire.
/// let backup = DaemonConfig::new(DaemonRole::Backup, "eth0".parse()?);
/// let access = Access::choose(&[backup], &Table::default(), false)?;
/// assert_eq!(access.target().to_string(), "224.0.0.81:8848 on eth0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// None runs: this one is to be started for the time, on `lo`.
    Temporary(DaemonConfig),
    /// This one runs and is used.
    Running(DaemonConfig),
}

/// Why there is no safe way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// The backup that runs takes no message at all.
    #[error(
        "the backup daemon on {interface} has sync id {}, above 255, and hears nothing: restart it \
         with another", .sync_id.get()
    )]
    SyncId {
        /// Its interface.
        interface: InterfaceName,
        /// Its id.
        sync_id: SyncId,
    },
    /// The director would forward nothing while the backup runs.
    #[error(
        "with the sysctl backup_only a director whose backup daemon runs forwards nothing, and one \
         would have to be started: set backup_only to 0 first"
    )]
    BackupOnly,
    /// The kernel starts no daemon.
    #[error(
        "the kernel starts no sync daemon while destination {dest} of {service} is of another family"
    )]
    MixedFamilies {
        /// The service.
        service: ServiceKey,
        /// Its destination.
        dest: DestKey,
    },
}

/// What may surprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Caution {
    /// A master runs here. It tells its backups nothing of this: they keep what they have until it
    /// expires there, or until packets of a connection that was moved make the master send it.
    PeersKeep(InterfaceName),
    /// This director is a backup. A master elsewhere sends its connections again with their next
    /// packets.
    MasterElsewhere(InterfaceName),
    /// The daemon of an earlier run that was killed still runs.
    LeftBehind,
}

impl Access {
    /// The daemon to use where `daemons` run, with these services and this value of the sysctl
    /// `backup_only`.
    ///
    /// # Errors
    /// When messages would not be heard, or starting a daemon would stop the traffic.
    pub fn choose(
        daemons: &[DaemonConfig],
        table: &Table,
        backup_only: bool,
    ) -> Result<Self, Conflict> {
        if let Some(backup) = daemons.iter().find(|daemon| daemon.role == DaemonRole::Backup) {
            let (interface, sync_id) = (backup.interface, backup.sync_id);
            return match u8::try_from(sync_id.get()) {
                Ok(_) => Ok(Self::Running(*backup)),
                Err(_) => Err(Conflict::SyncId { interface, sync_id }),
            };
        }
        if backup_only {
            return Err(Conflict::BackupOnly);
        }
        match mixed(table) {
            Some((service, dest)) => Err(Conflict::MixedFamilies { service, dest }),
            None => Ok(Self::Temporary(temporary())),
        }
    }

    /// What may surprise where `daemons` run.
    pub fn cautions(&self, daemons: &[DaemonConfig]) -> Vec<Caution> {
        let master = daemons.iter().find(|daemon| daemon.role == DaemonRole::Master);
        let peers = master.map(|master| Caution::PeersKeep(master.interface));
        let backup = match self {
            Self::Temporary(_) => None,
            Self::Running(backup) if temporary().is_satisfied_by(backup) => {
                Some(Caution::LeftBehind)
            }
            Self::Running(backup) if is_loopback(backup) => None,
            Self::Running(backup) => Some(Caution::MasterElsewhere(backup.interface)),
        };
        backup.into_iter().chain(peers).collect()
    }

    /// The daemon.
    pub const fn daemon(&self) -> &DaemonConfig {
        match self {
            Self::Temporary(daemon) | Self::Running(daemon) => daemon,
        }
    }

    /// Where to send: to no host but this one.
    pub fn target(&self) -> Target {
        let target = Target::from(self.daemon()).loopback(true);
        if is_loopback(self.daemon()) { target } else { target.ttl(0) }
    }

    /// An encoder of what the daemon takes.
    pub fn encoder(&self) -> Encoder {
        let daemon = self.daemon();
        let id = u8::try_from(daemon.sync_id.get()).unwrap_or_default();
        let max_len = daemon.max_len.map_or(DEFAULT_MAX_LEN, NonZeroU16::get);
        Encoder::new(Version::V1, id).max_len(max_len.min(DEFAULT_MAX_LEN))
    }
}

impl std::fmt::Display for Caution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PeersKeep(interface) => write!(
                f,
                "the master daemon on {interface} tells its backups nothing of this; they keep what \
                 they have until it expires there"
            ),
            Self::MasterElsewhere(interface) => write!(
                f,
                "this director is a backup on {interface}: its master sends connections again with \
                 their next packets"
            ),
            Self::LeftBehind => f.write_str(
                "using the backup daemon on lo that an earlier run left behind; end it with \
                 `ipvsadm --stop-daemon backup`",
            ),
        }
    }
}

fn temporary() -> DaemonConfig {
    let lo = InterfaceName::new("lo").expect("a short literal");
    let mut daemon = DaemonConfig::new(DaemonRole::Backup, lo);
    daemon.sync_id = SyncId::new(SYNC_ID);
    daemon.port = Some(PORT);
    daemon
}

fn is_loopback(daemon: &DaemonConfig) -> bool {
    daemon.interface.as_bytes() == b"lo"
}

fn mixed(table: &Table) -> Option<(ServiceKey, DestKey)> {
    table.services.iter().find_map(|entry| {
        let service = entry.service.key;
        let dest = entry.dests.iter().find(|dest| dest.key.family() != service.family())?;
        Some((service, dest.key))
    })
}

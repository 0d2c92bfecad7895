// SPDX-License-Identifier: MIT OR Apache-2.0
//! The backup daemon of this host, running while it is needed.

use ipvs_netlink::{Ipvs, Netns};
use ipvs_syncd::socket::Target;
use ipvs_syncd::{DEFAULT_MAX_LEN, Version};
use ipvs_types::{DaemonConfig, DaemonRole};

use super::director::Place;
use super::group::Route;
use crate::program::failure::Failure;

/// The interface of a backup that nobody else can send to.
const LO: &str = "lo";

/// A backup daemon; one that was started for this is stopped again when dropped.
pub(super) struct Local {
    ipvs: Ipvs,
    daemon: DaemonConfig,
    started: bool,
}

impl Local {
    /// The running backup, or one started on `lo`.
    pub(super) fn new(place: &Place) -> Result<Self, Failure> {
        let mut ipvs = place.ipvs()?;
        let is_backup = |daemon: &DaemonConfig| daemon.role == DaemonRole::Backup;
        if let Some(daemon) = ipvs.daemons()?.into_iter().find(is_backup) {
            return match daemon.sync_id.get() {
                0..=255 => Ok(Self { ipvs, daemon, started: false }),
                id => Err(Failure::failed(format!(
                    "the running backup has sync id {id}, and above 255 it hears nobody: stop it, or \
                     start it with another"
                ))),
            };
        }
        let lo = LO.parse().map_err(Failure::failed)?;
        ipvs.start_daemon(DaemonConfig::new(DaemonRole::Backup, lo))?;
        // From here on it is stopped whatever happens.
        let daemon = DaemonConfig::new(DaemonRole::Backup, lo);
        let mut local = Self { ipvs, daemon, started: true };
        // As the kernel completed it.
        if let Some(daemon) = local.ipvs.daemons()?.into_iter().find(is_backup) {
            local.daemon = daemon;
        }
        Ok(local)
    }

    /// The way to it and to nobody else: datagrams with TTL 0 don't leave the host, which hears them
    /// because they are looped. What goes through `lo` stays anyway.
    pub(super) fn route(&self, netns: Option<&Netns>) -> Route {
        let ttl = u8::from(self.daemon.interface.as_bytes() == LO.as_bytes());
        let mut target = Target::from(&self.daemon).ttl(ttl).loopback(true);
        if let Some(netns) = netns {
            target = target.netns(netns.clone());
        }
        let most = DEFAULT_MAX_LEN;
        let max_len = self.daemon.max_len.map_or(most, |len| len.get().min(most));
        // A backup with id 0 takes every id.
        let sync_id = (self.daemon.sync_id.get() & 0xff) as u8;
        Route { target, sync_id, version: Version::V1, max_len }
    }

    /// Stops the daemon if it was started here.
    ///
    /// # Errors
    /// The kernel refuses.
    pub(super) fn leave(mut self) -> Result<(), Failure> {
        match std::mem::take(&mut self.started) {
            true => Ok(self.ipvs.stop_daemon(DaemonRole::Backup)?),
            false => Ok(()),
        }
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        if self.started {
            // Something else has failed already, and is told.
            let _ = self.ipvs.stop_daemon(DaemonRole::Backup);
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Verbs for the sync daemons.

use std::net::IpAddr;
use std::num::NonZeroU16;

use ipvs_types::{DaemonConfig, DaemonRole};

use crate::{Error, Ipvs, Operation};

impl Ipvs {
    /// The running sync daemons: at most one master and one backup (`ipvsadm -L --daemon`).
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    pub fn daemons(&mut self) -> Result<Vec<DaemonConfig>, Error> {
        self.backend.daemons()
    }

    /// Starts a sync daemon (`ipvsadm --start-daemon`).
    ///
    /// # Errors
    /// `EEXIST` when one of that role runs; `ENODEV` for an unknown interface; `ENETUNREACH` when a
    /// master's interface is down; `EINVAL` for a group that is not multicast, and while a
    /// destination is of another family than its service.
    pub fn start_daemon(&mut self, config: DaemonConfig) -> Result<(), Error> {
        self.change(Operation::StartDaemon { config })
    }

    /// Stops a sync daemon (`ipvsadm --stop-daemon`).
    ///
    /// # Errors
    /// `ESRCH` when it is not running.
    pub fn stop_daemon(&mut self, role: DaemonRole) -> Result<(), Error> {
        self.change(Operation::StopDaemon { role })
    }
}

/// The message length that the kernel takes when `len` is asked for: at most what fits in an IP
/// packet of 65535 bytes, and at least 1024 for a backup.
pub(crate) fn clamp_message_length(daemon: &DaemonConfig, len: NonZeroU16) -> NonZeroU16 {
    let least = match daemon.role {
        DaemonRole::Master => NonZeroU16::MIN,
        DaemonRole::Backup => const { NonZeroU16::new(1024).unwrap() },
    };
    let most = match daemon.group {
        Some(IpAddr::V6(_)) => const { NonZeroU16::new(u16::MAX - 48).unwrap() },
        _ => const { NonZeroU16::new(u16::MAX - 28).unwrap() },
    };
    len.clamp(least, most)
}

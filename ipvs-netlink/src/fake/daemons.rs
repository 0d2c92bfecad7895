// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sync daemons: what is checked when, and what the kernel fills in.

use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU16};

use ipvs_types::{DaemonConfig, DaemonRole};

use super::host::Interface;
use super::state::State;
use crate::Errno;
use crate::daemon::clamp_message_length;

impl State {
    pub(super) fn start_daemon(&mut self, config: DaemonConfig) -> Result<(), Errno> {
        let group = config.group.unwrap_or(DaemonConfig::DEFAULT_GROUP);
        // The group is checked while the request is read, the table before the interface.
        if !group.is_multicast() || self.has_mixed_dest() {
            return Err(Errno::EINVAL);
        }
        let interface = *self.host.interfaces.get(&config.interface).ok_or(Errno::ENODEV)?;
        if self.daemons.contains_key(&config.role) {
            return Err(Errno::EEXIST);
        }
        if config.role == DaemonRole::Master && !reaches(interface, group) {
            return Err(Errno::ENETUNREACH);
        }
        if config.role == DaemonRole::Backup {
            self.table = true;
        }
        let mut running = config;
        running.max_len = message_length(&config, interface);
        running.group = Some(group);
        running.port = config.port.or(NonZeroU16::new(DaemonConfig::DEFAULT_PORT));
        running.ttl = config.ttl.or(NonZeroU8::new(DaemonConfig::DEFAULT_TTL));
        self.daemons.insert(config.role, running);
        Ok(())
    }

    pub(super) fn stop_daemon(&mut self, role: DaemonRole) -> Result<(), Errno> {
        self.daemons.remove(&role).map(drop).ok_or(Errno::ESRCH)
    }
}

/// Whether a message to the group finds a way out.
fn reaches(interface: Interface, group: IpAddr) -> bool {
    interface.up && (group.is_ipv4() || interface.multicast)
}

/// What was asked for, within limits; otherwise a master takes 1500 bytes a packet and a backup what
/// its interface can carry.
fn message_length(config: &DaemonConfig, interface: Interface) -> Option<NonZeroU16> {
    if let Some(len) = config.max_len {
        return Some(clamp_message_length(config, len));
    }
    let packet = match config.role {
        DaemonRole::Master => 1500,
        DaemonRole::Backup => interface.mtu.clamp(1500, u16::MAX.into()) as u16,
    };
    let headers = match config.group {
        Some(IpAddr::V6(_)) => 48,
        _ => 28,
    };
    NonZeroU16::new(packet - headers)
}

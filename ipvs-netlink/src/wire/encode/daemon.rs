// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `IPVS_CMD_ATTR_DAEMON` nest.

use std::net::IpAddr;

use ipvs_types::{DaemonConfig, DaemonRole};

use crate::wire::number::{daemon, daemon_state, message};
use crate::wire::write::Writer;

fn state(role: DaemonRole) -> u32 {
    match role {
        DaemonRole::Master => daemon_state::MASTER,
        DaemonRole::Backup => daemon_state::BACKUP,
    }
}

/// The nest that says which daemon to stop.
pub(super) fn key_nest(w: &mut Writer<'_>, role: DaemonRole) {
    w.nest(message::DAEMON, |w| w.u32(daemon::STATE, state(role)));
}

/// The nest with all that defines a daemon; what is not given is the kernel's default.
pub(super) fn full_nest(w: &mut Writer<'_>, config: &DaemonConfig) {
    w.nest(message::DAEMON, |w| {
        w.u32(daemon::STATE, state(config.role));
        w.name(daemon::MCAST_IFN, config.interface.as_bytes());
        w.u32(daemon::SYNC_ID, config.sync_id.get());
        if let Some(max_len) = config.max_len {
            w.u16(daemon::SYNC_MAXLEN, max_len.get());
        }
        match config.group {
            Some(IpAddr::V4(group)) => w.bytes(daemon::MCAST_GROUP, &group.octets()),
            Some(IpAddr::V6(group)) => w.bytes(daemon::MCAST_GROUP6, &group.octets()),
            None => {}
        }
        if let Some(port) = config.port {
            w.u16(daemon::MCAST_PORT, port.get());
        }
        if let Some(ttl) = config.ttl {
            w.u8(daemon::MCAST_TTL, ttl.get());
        }
    });
}

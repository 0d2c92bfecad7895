// SPDX-License-Identifier: MIT OR Apache-2.0
//! Timeouts and sync daemons, a line each.

use std::fmt::Write as _;

use ipvs_netlink::types::{DaemonConfig, Timeouts};

/// The line of `-L --timeout`.
pub fn timeouts(timeouts: &Timeouts) -> String {
    format!(
        "Timeout (tcp tcpfin udp): {} {} {}\n",
        timeouts.tcp.as_secs(),
        timeouts.tcp_fin.as_secs(),
        timeouts.udp.as_secs()
    )
}

/// A line of `-L --daemon`; what the kernel doesn't tell is left out.
pub fn daemon(daemon: &DaemonConfig) -> String {
    let mut line = format!(
        "{} sync daemon (mcast={}, syncid={}",
        daemon.role,
        daemon.interface,
        daemon.sync_id.get()
    );
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            // Writing to a String can't fail.
            let _ = write!(line, ", {name}={value}");
        }
    };
    field("maxlen", daemon.max_len.map(|length| length.to_string()));
    field("group", daemon.group.map(|group| group.to_string()));
    field("port", daemon.port.map(|port| port.to_string()));
    field("ttl", daemon.ttl.map(|ttl| ttl.to_string()));
    line.push_str(")\n");
    line
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A director's connections: made by messages, and seen.

use std::collections::BTreeSet;
use std::time::Duration;

use ipvs_netlink::Ipvs;
use ipvs_netlink::types::{DaemonConfig, DaemonRole};
use ipvs_proc::Virtual;
use ipvs_syncd::socket::{Sender, Target};
use ipvs_syncd::{Connection, Encoder, Version};

use crate::case::Failure;
use crate::listed;
use crate::topology::Host;
use crate::wait;

/// Longer than any test takes.
pub(super) const LONG: Duration = Duration::from_secs(3000);

/// What doesn't change while nothing happens: `TCP 10.1.0.1:1 > 192.0.2.1:80 > 10.0.0.1:80 ESTABLISHED`.
pub(super) fn connections(host: &Host) -> Result<BTreeSet<String>, Failure> {
    host.inside(|| {
        let lines = listed::connections()?.into_iter().map(|c| match c.service {
            Virtual::Address(service) => {
                Ok(format!("{} {} > {service} > {} {}", c.protocol, c.client, c.dest, c.state))
            }
            Virtual::Fwmark { .. } => Err(Failure::new("a firewall mark")),
        });
        lines.collect()
    })
}

/// Makes connections as another director's master would, through a backup daemon on `lo` that is
/// stopped again.
pub(super) fn make(host: &Host, connections: &[Connection<'_>]) -> Result<(), Failure> {
    let before = self::connections(host)?.len();
    host.inside(|| {
        let mut ipvs = Ipvs::open()?;
        let daemon = DaemonConfig::new(DaemonRole::Backup, "lo".parse()?);
        ipvs.start_daemon(daemon)?;
        let sender = Sender::open(&Target::new("lo".parse()?))?;
        let mut encoder = Encoder::new(Version::V1, 0);
        for connection in connections {
            if let Some(datagram) = encoder.push(connection)? {
                sender.send(&datagram)?;
            }
        }
        if let Some(datagram) = encoder.finish() {
            sender.send(&datagram)?;
        }
        Ok(())
    })?;
    wait::until("connections made by messages", &(before + connections.len()), || {
        Ok(self::connections(host)?.len())
    })?;
    host.inside(|| Ok(Ipvs::open()?.stop_daemon(DaemonRole::Backup)?))
}

/// The daemons that run.
pub(super) fn daemons(host: &Host) -> Result<Vec<DaemonConfig>, Failure> {
    host.inside(|| {
        let mut daemons = Ipvs::open()?.daemons()?;
        daemons.sort_unstable();
        Ok(daemons)
    })
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A director's connections: made by messages, and seen.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use ipvs_netlink::Ipvs;
use ipvs_netlink::types::{DaemonConfig, DaemonRole};
use ipvs_proc::{Layout, Root, Virtual};
use ipvs_syncd::socket::{Sender, Target};
use ipvs_syncd::{Connection, Encoder, Version};

use crate::case::Failure;
use crate::listed;
use crate::topology::Host;
use crate::wait;

/// Longer than any test takes.
pub const LONG: Duration = Duration::from_secs(3000);

/// What doesn't change while nothing happens: `TCP 10.1.0.1:1 > 192.0.2.1:80 > 10.0.0.1:80 ESTABLISHED`.
///
/// # Errors
/// The host fails, or has a template of a firewall mark.
pub fn connections(host: &Host) -> Result<BTreeSet<String>, Failure> {
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
///
/// # Errors
/// Not all have arrived, or the host fails.
pub fn make(host: &Host, connections: &[Connection<'_>]) -> Result<(), Failure> {
    host.inside(|| make_here(connections))
}

/// The same in the calling thread's namespace.
///
/// # Errors
/// As [`make`].
pub fn make_here(connections: &[Connection<'_>]) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    ipvs.start_daemon(DaemonConfig::new(DaemonRole::Backup, "lo".parse()?))?;
    let before = listed::connections()?.len();
    let sent = send(connections).and_then(|()| {
        // What is lost for want of room is sent again; what is there, is only updated.
        for _ in 0..TRIES {
            thread::sleep(BREATH);
            if count()? >= before + connections.len() {
                return Ok(());
            }
            send(connections)?;
        }
        let expected = before + connections.len();
        wait::until("connections made by messages", &expected, count)
    });
    let stopped = ipvs.stop_daemon(DaemonRole::Backup);
    sent.and(Ok(stopped?))
}

/// Datagrams between two breaths: a backup's socket has room for some 90.
const BURST: usize = 32;
/// How long an emulated backup takes for them.
const BREATH: Duration = Duration::from_millis(40);
const TRIES: usize = 5;

fn send(connections: &[Connection<'_>]) -> Result<(), Failure> {
    let sender = Sender::open(&Target::new("lo".parse()?))?;
    let mut encoder = Encoder::new(Version::V1, 0);
    let mut sent = 0;
    let mut post = |datagram: Option<Vec<u8>>| -> Result<(), Failure> {
        if let Some(datagram) = datagram {
            sender.send(&datagram)?;
            sent += 1;
            if sent % BURST == 0 {
                thread::sleep(BREATH);
            }
        }
        Ok(())
    };
    for connection in connections {
        post(encoder.push(connection)?)?;
    }
    post(encoder.finish())
}

/// How many connections and templates the calling thread's namespace has, in one reading.
///
/// # Errors
/// The file can't be read.
pub fn count() -> Result<usize, Failure> {
    let mut count = 0;
    let _: ControlFlow<()> = Root::thread().connections(Layout::Plain)?.visit(|_| {
        count += 1;
        ControlFlow::Continue(())
    })?;
    Ok(count)
}

/// The daemons that run.
///
/// # Errors
/// The host fails.
pub fn daemons(host: &Host) -> Result<Vec<DaemonConfig>, Failure> {
    host.inside(|| {
        let mut daemons = Ipvs::open()?.daemons()?;
        daemons.sort_unstable();
        Ok(daemons)
    })
}

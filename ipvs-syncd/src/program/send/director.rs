// SPDX-License-Identifier: MIT OR Apache-2.0
//! The director whose connections are sent.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::PathBuf;

use clap::Args;
use ipvs_netlink::{Ipvs, Netns};
use ipvs_proc::sysctl::{Sysctls, Value};
use ipvs_proc::{BadLines, Connections, Filter, Layout, Readings, Root, Table};
use ipvs_syncd::table::{Conversion, Directory};
use ipvs_syncd::{Connection, ConnectionKey, Version};
use ipvs_types::{DaemonConfig, Timeouts};
use serde_json::json;

use super::tally::{Taken, Tally};
use crate::program::failure::Failure;

/// Which director.
#[derive(Debug, Args)]
#[command(next_help_heading = "Director")]
pub(super) struct Place {
    /// In another network namespace: a name, a process id, or a path
    #[arg(long, value_name = "NAME|PID|PATH", value_parser = netns)]
    pub(super) netns: Option<Netns>,
    /// Copies of its files, arranged as in /proc: DIR/net/ip_vs and DIR/net/ip_vs_conn
    #[arg(long, value_name = "DIR", conflicts_with = "netns")]
    pub(super) root: Option<PathBuf>,
}

#[expect(clippy::unnecessary_wraps, reason = "clap takes parsers that may fail")]
pub(super) fn netns(text: &str) -> Result<Netns, String> {
    Ok(text.parse::<u32>().map_or_else(|_| text.into(), Netns::from))
}

/// What is known of a director besides its connections.
pub(super) struct Director {
    pub(super) directory: Directory,
    pub(super) daemons: Vec<DaemonConfig>,
    /// What its master sends (sysctl `sync_version`).
    pub(super) version: Version,
    pub(super) timeouts: Option<Timeouts>,
}

impl Place {
    /// Asks the director.
    pub(super) fn director(&self) -> Result<Director, Failure> {
        if let Some(root) = &self.root {
            let table: Table = Root::at(root).read()?;
            return Ok(Director {
                directory: Directory::from(&table),
                daemons: Vec::new(),
                version: Version::V1,
                timeouts: None,
            });
        }
        let mut ipvs = self.ipvs()?;
        Ok(Director {
            directory: Directory::from(&ipvs.table()?),
            daemons: ipvs.daemons()?,
            version: self.inside(version)?,
            timeouts: Some(ipvs.timeouts()?),
        })
    }

    /// The kernel's release, where it is not that of copies, and the services, for people.
    pub(super) fn description(&self) -> Result<(Option<String>, serde_json::Value), Failure> {
        if let Some(root) = &self.root {
            return Ok((None, json!(Root::at(root).read::<Table>()?.services)));
        }
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok();
        let release = release.map(|text| text.trim().to_owned());
        Ok((release, json!(self.ipvs()?.ruleset()?)))
    }

    /// A conversation with its kernel.
    pub(super) fn ipvs(&self) -> Result<Ipvs, Failure> {
        Ok(match &self.netns {
            None => Ipvs::open()?,
            Some(netns) => Ipvs::in_netns(netns.clone())?,
        })
    }

    /// Hands each connection that a master would send to `take`, once, however often the kernel has to be
    /// read to leave none out.
    pub(super) fn gather(
        &self,
        selected: &Filter,
        conversion: &Conversion<'_>,
        mut take: impl FnMut(&Connection<'_>) -> Result<Taken, Failure>,
    ) -> Result<Tally, Failure> {
        let mut readings = match &self.root {
            Some(_) => Readings::of_copy(),
            None => Readings::of_running(),
        };
        let single = readings.is_single();
        let mut known = HashSet::new();
        let mut read = || {
            let mut reading = Tally::default();
            let mut all = self.connections()?.filter_by(selected.clone());
            reading.gather(&mut all, conversion, |connection| {
                match single || known.insert(ConnectionKey::of(connection)) {
                    true => take(connection),
                    false => Ok(Taken::Known),
                }
            })?;
            Ok::<_, Failure>(reading)
        };
        let mut total = read()?;
        let mut added = total.sendable();
        while readings.another(added > 0) {
            let more = read()?;
            added = more.sendable();
            total.add(&more);
        }
        Ok(total)
    }

    /// Its connections as they are now. Bad lines are left out and counted.
    fn connections(&self) -> Result<Connections<File>, Failure> {
        let open = |root: Root| root.connections(Layout::Plain);
        let connections = match &self.root {
            Some(root) => open(Root::at(root)),
            None => self.inside(|| open(Root::thread()))?,
        };
        Ok(connections?.bad_lines(BadLines::Skip))
    }

    fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
        Ok(match &self.netns {
            None => work(),
            Some(netns) => netns.run(work)?,
        })
    }
}

/// Version 1 where the sysctl is not shown, as in the namespaces of unprivileged users.
fn version() -> Version {
    let name = "sync_version".parse().ok();
    match name.and_then(|name| Sysctls::default().get(&name).ok()) {
        Some(Value::Integer(0)) => Version::V0,
        _ => Version::V1,
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Options that say where the tables of a master and its backup are.

use std::path::PathBuf;

use clap::Args;
use ipvs_netlink::Netns;
use ipvs_syncd::coverage::Source;

use super::failure::Failure;

/// Where both tables are. One side may be left out: it is where the program runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where the tables are")]
pub(super) struct Sides {
    /// The master's network namespace: a name, a path with a slash
    #[arg(long, value_name = "NETNS", group = "master")]
    master_netns: Option<String>,
    /// A directory in the place of the master's /proc, with copies in net/ (and sys/net/ipv4/vs)
    #[arg(long, value_name = "DIR", group = "master")]
    master_root: Option<PathBuf>,
    /// What `ipvsadm proc conns --json` printed on the master, or a copy of its ip_vs_conn
    #[arg(long, value_name = "FILE", group = "master")]
    master_file: Option<PathBuf>,
    /// The backup's network namespace: a name, a path with a slash
    #[arg(long, value_name = "NETNS", group = "backup")]
    backup_netns: Option<String>,
    /// A directory in the place of the backup's /proc
    #[arg(long, value_name = "DIR", group = "backup")]
    backup_root: Option<PathBuf>,
    /// What `ipvsadm proc conns --json --sync` printed on the backup, or a copy of its ip_vs_conn_sync
    #[arg(long, value_name = "FILE", group = "backup")]
    backup_file: Option<PathBuf>,
}

impl Sides {
    /// Whether no option was given.
    pub(super) fn are_missing(&self) -> bool {
        self.master().is_none() && self.backup().is_none()
    }

    /// Master and backup; the one that is not given is `here`.
    pub(super) fn sources(&self, here: &Source) -> Result<[Source; 2], Failure> {
        if self.are_missing() {
            return Err(Failure::not_understood(
                "say where the other table is: --backup-netns, --backup-root or --backup-file on a \
                 master, --master-netns and so on elsewhere (see --help)",
            ));
        }
        Ok([self.master(), self.backup()].map(|side| side.unwrap_or_else(|| here.clone())))
    }

    fn master(&self) -> Option<Source> {
        source(&self.master_netns, &self.master_root, &self.master_file)
    }

    fn backup(&self) -> Option<Source> {
        source(&self.backup_netns, &self.backup_root, &self.backup_file)
    }
}

fn source(
    netns: &Option<String>,
    root: &Option<PathBuf>,
    file: &Option<PathBuf>,
) -> Option<Source> {
    let netns = netns.as_deref().map(|netns| Source::Netns(Netns::from(netns)));
    let root = || root.clone().map(Source::Root);
    netns.or_else(root).or_else(|| file.clone().map(Source::File))
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where connections are read.

use std::path::PathBuf;

use clap::Args;
use ipvs_netlink::{Error, Ipvs, Netns};
use ipvs_proc::Root;

use super::means;
use crate::legacy::streams::Io;
use crate::modern::{Outcome, netns};

/// Of which namespace, or of which copies.
#[derive(Debug, Args)]
pub(super) struct Where {
    /// A directory in the place of /proc, with net/ip_vs_conn in it
    #[arg(long, value_name = "DIR", conflicts_with_all = ["pid", "netns"])]
    root: Option<PathBuf>,
    /// The network namespace of this process
    #[arg(long, value_name = "PID", conflicts_with = "netns")]
    pid: Option<u32>,
    /// Enter this network namespace: NAME (see `ip netns`), PID or PATH
    #[arg(long, value_name = "NS", value_parser = netns::parse)]
    netns: Option<Netns>,
    /// Say on standard error by what means they are read
    #[arg(long)]
    verbose: bool,
}

impl Where {
    /// Does `work` with a client if there can be one, and with the place of the files if not.
    pub(super) fn with_lister(
        &self,
        io: &mut Io<'_>,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
        work: impl FnOnce(Option<&mut Ipvs>, Root, &mut Io<'_>) -> Outcome + Send,
    ) -> Outcome {
        let root = match (&self.root, self.pid, &self.netns) {
            (Some(dir), ..) => Root::at(dir),
            (None, Some(pid), _) => Root::process(pid),
            (None, None, Some(_)) => Root::thread(),
            (None, None, None) => Root::system(),
        };
        let asked = self.root.is_none() && self.pid.is_none();
        let lister = asked.then(|| means::lister(self.netns.as_ref(), self.verbose, io, connect));
        match lister.flatten() {
            Some(mut ipvs) => work(Some(&mut ipvs), root, io),
            None => netns::inside(self.netns.as_ref(), || work(None, root, io)),
        }
    }
}

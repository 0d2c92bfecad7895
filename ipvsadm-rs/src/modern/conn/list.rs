// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn list`: the same as `ipvsadm proc conns`.

use std::path::PathBuf;

use clap::Args;
use ipvs_netlink::Netns;
use ipvs_proc::Root;

use crate::legacy::streams::Io;
use crate::modern::proc::{View, conns};
use crate::modern::{Outcome, netns};

/// Show connections and templates, or how many there are of each kind: as `ipvsadm proc conns`
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    conns: conns::Conns,
    /// A directory in the place of /proc, with net/ip_vs_conn in it
    #[arg(long, value_name = "DIR", conflicts_with_all = ["pid", "netns"])]
    root: Option<PathBuf>,
    /// The network namespace of this process
    #[arg(long, value_name = "PID", conflicts_with = "netns")]
    pid: Option<u32>,
    /// Enter this network namespace: NAME (see `ip netns`), PID or PATH
    #[arg(long, value_name = "NS", value_parser = netns::parse)]
    netns: Option<Netns>,
    /// Print JSON: {"schema": 1, "connections": ...}
    #[arg(long)]
    json: bool,
    /// Exit status 1 if lines were left out
    #[arg(long)]
    strict: bool,
}

impl List {
    pub(super) fn run(self, io: &mut Io<'_>) -> Outcome {
        let root = match (self.root, self.pid, &self.netns) {
            (Some(dir), ..) => Root::at(dir),
            (None, Some(pid), _) => Root::process(pid),
            (None, None, Some(_)) => Root::thread(),
            (None, None, None) => Root::system(),
        };
        let view = View { root, json: self.json, strict: self.strict };
        netns::inside(self.netns.as_ref(), || self.conns.run(&view, io))
    }
}

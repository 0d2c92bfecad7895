// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn list`: the same as `ipvsadm proc conns`.

use std::path::PathBuf;

use clap::Args;
use ipvs_proc::Root;

use crate::legacy::streams::Io;
use crate::modern::Outcome;
use crate::modern::proc::{View, conns};

/// Show connections and templates, or how many there are of each kind: as `ipvsadm proc conns`
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    conns: conns::Conns,
    /// A directory in the place of /proc, with net/ip_vs_conn in it
    #[arg(long, value_name = "DIR", conflicts_with = "pid")]
    root: Option<PathBuf>,
    /// The network namespace of this process
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// Print JSON: {"schema": 1, "connections": ...}
    #[arg(long)]
    json: bool,
    /// Exit status 1 if lines were left out
    #[arg(long)]
    strict: bool,
}

impl List {
    pub(super) fn run(self, io: &mut Io<'_>) -> Outcome {
        let root = match (self.root, self.pid) {
            (Some(dir), _) => Root::at(dir),
            (None, Some(pid)) => Root::process(pid),
            (None, None) => Root::system(),
        };
        self.conns.run(&View { root, json: self.json, strict: self.strict }, io)
    }
}

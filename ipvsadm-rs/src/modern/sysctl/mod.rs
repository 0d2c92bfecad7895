// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm sysctl`: the settings of IPVS.

mod change;
mod diff;
mod file;
mod get;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ipvs_netlink::Netns;
use ipvs_proc::sysctl::Sysctls;

use super::failure::Failure;
use super::{Outcome, netns};
use crate::legacy::streams::Io;

const EXAMPLES: &str = "\
Examples:
  ipvsadm sysctl get                          all settings, with a * at those that were changed
  ipvsadm sysctl set conntrack=1 'sync_threshold=3 100'
  ipvsadm sysctl save lvs.json                keep them ...
  ipvsadm sysctl diff lvs.json                ... see what is different by now ...
  ipvsadm sysctl load lvs.json                ... and bring them back
  ipvsadm sysctl get --netns blue             those of another network namespace

Names are those of sysctl(8), with or without `net.ipv4.vs.` in front; `ca.NAME` stands for
`net.ca.NAME`, the settings of the module ip_vs_ca on real servers.

Exit status: 0 done; 1 refused, failed, or different (diff); 2 not understood.";

/// Show, set, compare, save and load the settings of IPVS
///
/// These are the sysctls in /proc/sys/net/ipv4/vs (and /proc/sys/net/ca). Each network namespace has
/// its own, and forgets them when the machine restarts or the module is unloaded.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
#[command(subcommand_required = true, arg_required_else_help = false)]
pub(super) struct Sysctl {
    /// A directory in the place of /proc, with sys/net/ipv4/vs in it
    #[arg(long, value_name = "DIR", global = true)]
    root: Option<PathBuf>,
    /// Enter this network namespace: NAME (see `ip netns`), PID or PATH
    #[arg(long, value_name = "NS", global = true, value_parser = netns::parse)]
    netns: Option<Netns>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum Action {
    Get(get::Get),
    Set(change::Set),
    Diff(diff::Diff),
    Save(file::Save),
    Load(change::Load),
}

impl Sysctl {
    /// Carries it out.
    pub(super) fn run(self, io: &mut Io<'_>) -> Outcome {
        let sysctls = match (self.root, &self.netns) {
            (Some(dir), None) => Sysctls::at(dir.join("sys")),
            // Those of the thread that opens them.
            (None, _) => Sysctls::default(),
            (Some(_), Some(_)) => {
                return Err(Failure::usage("--root and --netns exclude each other (see --help)"));
            }
        };
        netns::inside(self.netns.as_ref(), || match self.action {
            Action::Get(get) => get.run(&sysctls, io),
            Action::Set(set) => set.run(&sysctls, io),
            Action::Diff(diff) => diff.run(&sysctls, io),
            Action::Save(save) => save.run(&sysctls, io),
            Action::Load(load) => load.run(&sysctls, io),
        })
    }
}

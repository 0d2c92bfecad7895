// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc`: what the kernel shows to everybody under `/proc/net`.

mod apps;
pub(super) mod bad_lines;
pub(super) mod conns;
mod percpu;
mod stats;
mod status;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ipvs_netlink::Netns;
use ipvs_proc::Root;

use super::failure::Failure;
use super::{Outcome, netns};
use crate::legacy::streams::Io;

const EXAMPLES: &str = "\
Examples:
  ipvsadm proc conns --service 192.0.2.1:80 --state SYN_RECV
  ipvsadm proc conns --by dest              connections and templates of each destination
  ipvsadm proc conns --json --sync          all of them, one a line, with their origin
  ipvsadm proc stats --pid 4711             in the network namespace of that process
  ipvsadm proc stats --netns blue           in the one that `ip netns add blue` made
  ipvsadm proc conns --root copies          from copies of the files, in copies/net

Lines that can't be read are left out and reported on standard error in one line. `stats` and
`percpu` leave out none, as their numbers belong together.

Exit status: 0 done; 1 failed, copy of a file cut off, or lines left out with --strict; 2 not
understood.";

/// Show what the kernel shows without privilege: connections, counters, fill of tables, helpers
///
/// All but `status` needs no privilege.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, verbatim_doc_comment)]
#[command(subcommand_required = true, arg_required_else_help = false)]
pub(super) struct Proc {
    /// A directory in the place of /proc, with net/ip_vs_conn and the others in it
    #[arg(long, value_name = "DIR", global = true)]
    root: Option<PathBuf>,
    /// The network namespace of this process
    #[arg(long, value_name = "PID", global = true)]
    pid: Option<u32>,
    /// Enter this network namespace: NAME (see `ip netns`), PID or PATH
    #[arg(long, value_name = "NS", global = true, value_parser = netns::parse)]
    netns: Option<Netns>,
    /// Print JSON: {"schema": 1, NAME: ...}
    #[arg(long, global = true)]
    json: bool,
    /// Exit status 1 if lines were left out
    #[arg(long, global = true)]
    strict: bool,
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum Subject {
    Conns(conns::Conns),
    Stats(stats::Stats),
    Percpu(percpu::PerCpu),
    Status(status::Status),
    Apps(apps::Apps),
}

/// Where to read, and how to show it.
pub(super) struct View {
    pub(super) root: Root,
    pub(super) json: bool,
    pub(super) strict: bool,
}

impl Proc {
    /// Carries it out.
    pub(super) fn run(self, io: &mut Io<'_>) -> Outcome {
        let root = match (self.root, self.pid, &self.netns) {
            (None, None, None) => Root::system(),
            (Some(dir), None, None) => Root::at(dir),
            (None, Some(pid), None) => Root::process(pid),
            (None, None, Some(_)) => Root::thread(),
            // clap does not see it where one stands before the word and one after.
            _ => {
                let text = "--root, --pid and --netns exclude each other (see --help)";
                return Err(Failure::usage(text));
            }
        };
        let view = View { root, json: self.json, strict: self.strict };
        netns::inside(self.netns.as_ref(), || match self.subject {
            Subject::Conns(conns) => conns.run(view, io),
            Subject::Stats(stats) => stats.run(&view, io),
            Subject::Percpu(percpu) => percpu.run(&view, io),
            Subject::Status(status) => status.run(&view, io),
            Subject::Apps(apps) => apps.run(&view, io),
        })
    }
}

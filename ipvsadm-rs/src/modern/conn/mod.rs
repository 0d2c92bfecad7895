// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn`: connections, seen and changed one by one.

mod choice;
mod count;
mod delete;
mod direct;
mod ending;
mod list;
mod means;
mod place;
mod restore;
mod rows;
mod show;
mod surgery;
mod unpin;

use std::net::SocketAddr;

use clap::{Args, Subcommand};
use ipvs_netlink::{Error, Ipvs};
use ipvs_syncd::surgery::Plan;

use super::Outcome;
use crate::legacy::streams::Io;
use choice::Choice;
use surgery::Surgery;

const EXAMPLES: &str = "\
Examples:
  ipvsadm conn list --service 192.0.2.1:53
  ipvsadm conn count --dest 10.0.0.2 --json
  ipvsadm conn delete --client 198.51.100.7 --service 192.0.2.1:80 --dry-run
  ipvsadm conn delete --client 198.51.100.7:40000 --protocol tcp
  ipvsadm conn steer --dest 10.0.0.2 --protocol udp --to 10.0.0.3:53
  ipvsadm conn unpin 198.51.100.7           the client gets a server anew
  ipvsadm conn restore conns.json           of `ipvs-syncd send checkpoint`

A stock kernel has no command for this. Its backup daemon is told, over lo or with messages that never
leave the host; if none runs, one is started on lo for these seconds and stopped again. What was done is
read back, and tried again in other ways. Backups on other hosts are told nothing: they keep what they
have until it expires there. A kernel with the family ipvs_ext (see kernel-patches) lists, counts and
deletes itself.

Exit status: 0 done, also if nothing was there to do; 1 failed or refused; 2 not understood; 4 some
entries did not become what was wanted.";

/// List and count connections, end, move or restore them, free persistent clients
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = false)]
pub(super) struct Conn {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum Subject {
    List(list::List),
    Count(count::Count),
    Delete(delete::Delete),
    Steer(Steer),
    Unpin(unpin::Unpin),
    Restore(restore::Restore),
}

/// Give connections to another destination of their service
///
/// For UDP, whose servers don't mind. A server that is given a TCP or SCTP connection resets it.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
struct Steer {
    #[command(flatten)]
    choice: Choice,
    /// The destination: ADDRESS:PORT, with port 0 where the service has it so
    #[arg(long, value_name = "ADDRESS:PORT")]
    to: SocketAddr,
    /// Also TCP and SCTP, whose connections are reset by that
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    surgery: Surgery,
}

impl Conn {
    /// Carries it out.
    pub(super) fn run(
        self,
        io: &mut Io<'_>,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
    ) -> Outcome {
        match self.subject {
            Subject::List(list) => list.run(io, connect),
            Subject::Count(count) => count.run(io, connect),
            Subject::Delete(delete) => delete.run(io, connect),
            Subject::Steer(Steer { choice, to, force, surgery }) => {
                let filter = choice.filter()?;
                surgery.run(surgery.open(connect)?, io, |site| {
                    Ok(Plan::steer(choice.read(filter, site)?, to, force, &site.directory))
                })
            }
            Subject::Unpin(unpin) => unpin.run(io, connect),
            Subject::Restore(restore) => restore.run(io, connect),
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd send`: connections to backups, from the table or from a file.

pub(super) mod bulk;
mod checkpoint;
mod director;
mod group;
mod mail;
mod progress;
mod replay;
mod selection;
mod tally;

use std::io::Write;

use clap::{Args, Subcommand};

use super::Outcome;

/// Send connections to backups: all that there are, or those of a file
///
/// Nothing in the protocol is acknowledged: that something was sent says nothing about whether a backup
/// took it.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true, subcommand_required = true)]
#[command(arg_required_else_help = false)]
pub(super) struct Send {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    #[command(short_flag = 'B')]
    Bulk(bulk::Bulk),
    Checkpoint(checkpoint::Checkpoint),
    Replay(replay::Replay),
}

impl Send {
    /// Carries it out.
    pub(super) fn run(self, out: &mut dyn Write) -> Outcome {
        match self.what {
            What::Bulk(bulk) => bulk.run(out),
            What::Checkpoint(checkpoint) => checkpoint.run(out),
            What::Replay(replay) => replay.run(out),
        }
    }
}

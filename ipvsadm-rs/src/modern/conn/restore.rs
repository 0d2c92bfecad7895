// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn restore`

use std::io::BufReader;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use ipvs_netlink::{Error, Ipvs};
use ipvs_syncd::checkpoint::{Checkpoint, Left};
use ipvs_syncd::surgery::Plan;

use super::surgery::Surgery;
use crate::legacy::streams::Io;
use crate::modern::failure::Failure;
use crate::modern::{Outcome, warn};

/// Put connections and templates back that `ipvs-syncd send checkpoint` wrote down
///
/// The whole file is checked first. The time since it was taken is subtracted from all timeouts; what has
/// expired is left out, and what is there already stays as it is. Templates get at least the timeout of
/// their service. Restore the services before: a connection without its service waits for it, and takes the
/// method from the file.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Restore {
    /// The file; - is the standard input
    file: PathBuf,
    #[command(flatten)]
    surgery: Surgery,
}

impl Restore {
    pub(super) fn run(
        self,
        io: &mut Io<'_>,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
    ) -> Outcome {
        let checkpoint = match self.file.as_os_str() == "-" {
            true => Checkpoint::parse(BufReader::new(&mut *io.stdin)),
            false => Checkpoint::read(&self.file),
        };
        let checkpoint = checkpoint
            .map_err(|error| Failure::refused(format!("{}: {error}", self.file.display())))?;
        let Left { age, connections, expired } = checkpoint.left(SystemTime::now());
        if expired > 0 {
            let seconds = age.as_secs();
            warn(io, &format!("{expired} have expired since the checkpoint {seconds} s ago"));
        }
        self.surgery.run(self.surgery.open(connect)?, io, |_| Ok(Plan::restore(connections)))
    }
}

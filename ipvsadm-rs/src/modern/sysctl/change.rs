// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm sysctl set` and `ipvsadm sysctl load`

use clap::Args;
use ipvs_proc::sysctl::{Kind, Name, RestoreError, Snapshot, Sysctls};

use super::file;
use crate::legacy::streams::Io;
use crate::modern::failure::Failure;
use crate::modern::{Outcome, print};

/// Change settings, all or none
///
/// Every value is checked before the first is written. If the kernel refuses one all the same, those
/// before it are set back. Prints what was changed.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Set {
    /// A name and its new value; quote one with a blank: 'sync_threshold=3 50'
    #[arg(value_name = "NAME=VALUE", required = true)]
    assignments: Vec<String>,
    /// Check everything and print what would be changed, without a change
    #[arg(long)]
    dry_run: bool,
}

/// Bring settings back from a saved file, all or none
///
/// Everything is checked before anything is written; only what differs is written. If the kernel
/// refuses a value, those before it are set back. Settings that the file does not name stay. What
/// this kernel does not have is no obstacle if the file has its default, or, with a word on standard
/// error, if that depends on the machine. Prints what was changed.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Load {
    /// A file of `ipvsadm sysctl save`; `-` is standard input
    file: String,
    /// Check everything and print what would be changed, without a change
    #[arg(long)]
    dry_run: bool,
}

impl Set {
    pub(super) fn run(self, sysctls: &Sysctls, io: &mut Io<'_>) -> Outcome {
        let mut wanted = Snapshot::default();
        for assignment in &self.assignments {
            let (name, text) = split(assignment)?;
            let name: Name = name.parse()?;
            let kind = name.description().map_or(Kind::Text, |known| known.kind);
            if wanted.insert(name.clone(), kind.read(text)).is_some() {
                return Err(Failure::usage(format!("{name} is given twice")));
            }
        }
        // Unlike a snapshot's, every name must be here.
        let refused = |(name, value)| sysctls.check(name, value).err();
        let errors: Vec<_> = wanted.iter().filter_map(refused).collect();
        match errors.is_empty() {
            true => apply(sysctls, &wanted, self.dry_run, io),
            false => Err(RestoreError::Invalid(errors).into()),
        }
    }
}

impl Load {
    pub(super) fn run(self, sysctls: &Sysctls, io: &mut Io<'_>) -> Outcome {
        let wanted = file::read(&self.file, io)?;
        for left_out in sysctls.left_out(&wanted) {
            io.warn(format!("ipvsadm: {left_out}; left out").as_bytes());
        }
        apply(sysctls, &wanted, self.dry_run, io)
    }
}

fn split(assignment: &str) -> Result<(&str, &str), Failure> {
    assignment
        .split_once('=')
        .ok_or_else(|| Failure::usage(format!("`{assignment}` is no NAME=VALUE (see --help)")))
}

fn apply(sysctls: &Sysctls, wanted: &Snapshot, dry_run: bool, io: &mut Io<'_>) -> Outcome {
    let changes = match dry_run {
        true => sysctls.plan(wanted)?,
        false => sysctls.restore(wanted)?,
    };
    let lines: String = changes.iter().map(|change| format!("{change}\n")).collect();
    print(io, &lines)
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm sysctl diff`

use clap::Args;
use ipvs_proc::sysctl::{Difference, Sysctls};
use serde_json::json;

use super::file;
use crate::legacy::streams::Io;
use crate::modern::failure::REFUSED;
use crate::modern::{Outcome, print};
use crate::output::{Field, json, table};

/// Show which settings differ from the defaults, or from a saved file
///
/// Exit status 0 if none does, 1 if one does. Settings that the file does not name are not compared,
/// without a file neither are those whose default depends on the machine. What is not here has its
/// default. Automatic defenses (1 and 2), between which the kernel changes by itself, are equal.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Diff {
    /// A file of `ipvsadm sysctl save`; `-` is standard input
    file: Option<String>,
    /// Print JSON: {"schema": 1, "differences": [...]}
    #[arg(long)]
    json: bool,
}

const FIELDS: &[Field<Difference>] = &[
    Field { name: "name", value: |difference| json!(difference.name) },
    Field { name: "expected", value: |difference| json!(difference.from) },
    Field { name: "now", value: |difference| json!(difference.to) },
];

/// Whether `load` would have something to do, or could not do it: what this kernel does not have is as good as
/// its default.
fn is_to_be_mended(difference: &Difference) -> bool {
    match (&difference.from, &difference.to) {
        (None, _) => false,
        (Some(from), None) => {
            !difference.name.description().is_some_and(|known| known.may_be_default(from))
        }
        _ => true,
    }
}

impl Diff {
    pub(super) fn run(self, sysctls: &Sysctls, io: &mut Io<'_>) -> Outcome {
        let differences = match self.file {
            Some(file) => {
                let saved = file::read(&file, io)?;
                let mut differences = saved.diff(&sysctls.snapshot()?);
                differences.retain(is_to_be_mended);
                differences
            }
            None => sysctls.snapshot()?.changed(),
        };
        let text = match self.json {
            true => json::records("differences", &differences, FIELDS),
            false => table::records(&differences, FIELDS, io.columns),
        };
        print(io, &text)?;
        Ok(if differences.is_empty() { 0 } else { REFUSED })
    }
}

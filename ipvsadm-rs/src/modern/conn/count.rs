// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn count`

use clap::Args;
use ipvs_netlink::{Error, Ipvs};
use ipvs_proc::Count as Numbers;
use serde_json::json;

use super::place::Where;
use crate::legacy::streams::Io;
use crate::modern::proc::bad_lines;
use crate::modern::proc::conns::listing;
use crate::modern::proc::conns::selection::Selection;
use crate::modern::{Outcome, print};
use crate::output::json;

/// Count connections and templates
///
/// A kernel with the family ipvs_ext counts itself, in a fraction of the time that a listing takes. Of
/// others the listing is counted, which is not of one moment; before 7.1 it leaves some out while others,
/// of any network namespace, come and go.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Count {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    place: Where,
    /// Print JSON: {"schema": 1, "count": {"connections": ..., "templates": ...}}
    #[arg(long)]
    json: bool,
    /// Exit status 1 if lines were left out
    #[arg(long)]
    strict: bool,
}

impl Count {
    pub(super) fn run(
        self,
        io: &mut Io<'_>,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
    ) -> Outcome {
        let filter = self.selection.filter()?;
        self.place.with_lister(io, connect, |ipvs, root, io| {
            let mut chosen = listing(ipvs, root, filter)?;
            let counted = chosen.count()?;
            self.show(counted, io)?;
            bad_lines::report(chosen.skipped(), self.strict, io)
        })
    }

    fn show(&self, numbers: Numbers, io: &mut Io<'_>) -> Outcome {
        let Numbers { connections, templates } = numbers;
        match self.json {
            true => print(io, &json::document("count", json!(numbers))),
            false => print(io, &format!("{connections} connections, {templates} templates\n")),
        }
    }
}

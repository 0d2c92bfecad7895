// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn count`

use std::ops::ControlFlow;

use clap::Args;
use ipvs_netlink::ext::ConnectionFilter;
use ipvs_netlink::{Error, Feature, Ipvs, Support};
use ipvs_proc::{Count as Numbers, Layout};
use serde_json::json;

use super::place::Where;
use crate::legacy::streams::Io;
use crate::modern::failure::Failure;
use crate::modern::proc::bad_lines;
use crate::modern::proc::conns::chosen::Chosen;
use crate::modern::proc::conns::selection::Selection;
use crate::modern::{Outcome, print};
use crate::output::json;

/// Count connections and templates
///
/// A kernel with the family ipvs_ext counts itself, in a fraction of the time that a listing takes.
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
        self.place.with_lister(io, connect, |mut ipvs, root, io| {
            if let Some(ipvs) = ipvs.as_deref_mut()
                && let Some(exact) = self.selection.exact()
                && matches!(ipvs.supports(Feature::CountConnections), Support::Supported)
            {
                return self.show(by_kernel(ipvs, &exact)?, io);
            }
            let narrowed = self.selection.narrowed();
            let mut chosen = Chosen::open(ipvs, root, (narrowed, filter), Layout::Plain)?;
            let counted = one_by_one(&mut chosen)?;
            self.show(counted, io)?;
            bad_lines::report(&chosen.skipped(), self.strict, io)
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

fn by_kernel(ipvs: &mut Ipvs, filter: &ConnectionFilter) -> Result<Numbers, Error> {
    let mut count = |templates| ipvs.count_connections(&filter.templates(templates)).map(u64::from);
    Ok(Numbers { connections: count(false)?, templates: count(true)? })
}

fn one_by_one(chosen: &mut Chosen<'_>) -> Result<Numbers, Failure> {
    let mut numbers = Numbers::default();
    let _ = chosen.visit(|connection| {
        numbers.add(connection);
        ControlFlow::<()>::Continue(())
    })?;
    Ok(numbers)
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc conns`

mod counts;
mod listing;
pub(in crate::modern) mod selection;

use std::fs::File;

use clap::Args;
use ipvs_proc::{BadLines, Connections, Layout, Virtual};

use super::{View, bad_lines};
use crate::legacy::streams::Io;
use crate::modern::Outcome;

/// Show connections and templates, or how many there are of each kind
///
/// Templates are the memory of persistence: client port 0, state NONE or ASSURED. Of connections that
/// a firewall mark brought, the kernel shows the packet's address; only their templates have the mark.
/// The kernel's listing is not of one moment; before 7.1 it takes long for 10,000 and more.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(in crate::modern) struct Conns {
    #[command(flatten)]
    selection: selection::Selection,
    /// Count instead of listing
    #[arg(long, value_enum, value_name = "WHAT")]
    by: Option<counts::By>,
    /// Count by the time left instead of listing
    #[arg(long, conflicts_with = "by")]
    histogram: bool,
    /// Read ip_vs_conn_sync: with the origin, without persistence data, which could be forged
    #[arg(long)]
    sync: bool,
}

/// The connections that were chosen.
type Chosen = Connections<File>;

impl Conns {
    pub(in crate::modern) fn run(self, view: &View, io: &mut Io<'_>) -> Outcome {
        let layout = if self.sync { Layout::Sync } else { Layout::Plain };
        let all = view.root.connections(layout)?.bad_lines(BadLines::Skip);
        let mut chosen = all.filter_by(self.selection.filter()?);
        match (self.by, self.histogram, view.json) {
            (Some(by), _, _) => counts::by(by, &mut chosen, view.json, io)?,
            (None, true, _) => counts::histogram(&mut chosen, view.json, io)?,
            (None, false, true) => listing::json(&mut chosen, io)?,
            (None, false, false) => listing::table(&mut chosen, layout, io)?,
        };
        bad_lines::report(chosen.skipped(), view.strict, io)
    }
}

/// A service as the options take it.
pub(in crate::modern) fn service(service: Virtual) -> String {
    match service {
        Virtual::Address(socket) => socket.to_string(),
        Virtual::Fwmark { mark, .. } => format!("fwmark/{mark}"),
    }
}

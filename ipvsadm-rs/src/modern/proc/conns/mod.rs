// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc conns`

mod counts;
pub(in crate::modern) mod selection;
mod show;

use clap::Args;
use ipvs_netlink::{ConnectionListing, Ipvs};
use ipvs_proc::{BadLines, Filter, Layout, Root, Virtual};

use super::{View, bad_lines};
use crate::legacy::streams::Io;
use crate::modern::Outcome;
use crate::modern::failure::Failure;

/// Show connections and templates, or how many there are of each kind
///
/// Templates are the memory of persistence: client port 0, state NONE or ASSURED. Of connections that
/// a firewall mark brought, the kernel shows the packet's address; only their templates have the mark.
/// The kernel's listing is not of one moment; before 7.1 it takes long for 10,000 and more, and leaves
/// some out while others, of any network namespace, come and go.
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

/// Those of a kernel that is asked for them, if there is one, else those of the files in `root`.
pub(in crate::modern) fn listing<'i>(
    ipvs: Option<&'i mut Ipvs>,
    root: Root,
    wanted: Filter,
) -> Result<ConnectionListing<'i>, Failure> {
    let listing = match ipvs {
        Some(ipvs) => ipvs.list_connections(wanted)?,
        None => ConnectionListing::of_files(root, wanted),
    };
    Ok(listing.bad_lines(BadLines::Skip))
}

impl Conns {
    pub(in crate::modern) fn run(self, view: View, io: &mut Io<'_>) -> Outcome {
        self.run_with(None, view, io)
    }

    /// The same, with a kernel that lists them by netlink.
    pub(in crate::modern) fn run_with(
        self,
        ipvs: Option<&mut Ipvs>,
        view: View,
        io: &mut Io<'_>,
    ) -> Outcome {
        let View { root, json, strict } = view;
        let layout = if self.sync { Layout::Sync } else { Layout::Plain };
        let mut chosen = listing(ipvs, root, self.selection.filter()?)?.layout(layout);
        match (self.by, self.histogram, json) {
            (Some(by), _, _) => counts::by(by, &mut chosen, json, io)?,
            (None, true, _) => counts::histogram(&mut chosen, json, io)?,
            (None, false, true) => show::json(&mut chosen, io)?,
            (None, false, false) => show::table(&mut chosen, layout, io)?,
        };
        bad_lines::report(chosen.skipped(), strict, io)
    }
}

/// A service as the options take it.
pub(in crate::modern) fn service(service: Virtual) -> String {
    match service {
        Virtual::Address(socket) => socket.to_string(),
        Virtual::Fwmark { mark, .. } => format!("fwmark/{mark}"),
    }
}

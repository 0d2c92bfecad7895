// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc conns`

pub(in crate::modern) mod chosen;
mod counts;
pub(in crate::modern) mod listed;
mod listing;
pub(in crate::modern) mod selection;

use clap::Args;
use ipvs_netlink::Ipvs;
use ipvs_netlink::ext::ConnectionFilter;
use ipvs_proc::{BadLines, Filter, Layout, Root, Virtual};

use super::{View, bad_lines};
use crate::legacy::streams::Io;
use crate::modern::Outcome;
use crate::modern::failure::Failure;
use chosen::{ByNetlink, Chosen};

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

impl Chosen<'_> {
    /// Those of a kernel that lists them by netlink, if there is one, else those of the files in `root`.
    /// The filter is as much as the kernel can look at, and all of it.
    pub(in crate::modern) fn open<'i>(
        ipvs: Option<&'i mut Ipvs>,
        root: Root,
        (narrowed, filter): (ConnectionFilter, Filter),
        layout: Layout,
    ) -> Result<Chosen<'i>, Failure> {
        match ipvs {
            Some(ipvs) => Ok(Chosen::Kernel(ByNetlink { ipvs, narrowed, filter, layout })),
            None => {
                let all = root.connections(layout)?.bad_lines(BadLines::Skip);
                Ok(Chosen::File(all.filter_by(filter)))
            }
        }
    }
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
        let filters = (self.selection.narrowed(), self.selection.filter()?);
        let mut chosen = Chosen::open(ipvs, root, filters, layout)?;
        match (self.by, self.histogram, json) {
            (Some(by), _, _) => counts::by(by, &mut chosen, json, io)?,
            (None, true, _) => counts::histogram(&mut chosen, json, io)?,
            (None, false, true) => listing::json(&mut chosen, io)?,
            (None, false, false) => listing::table(&mut chosen, layout, io)?,
        };
        bad_lines::report(&chosen.skipped(), strict, io)
    }
}

/// A service as the options take it.
pub(in crate::modern) fn service(service: Virtual) -> String {
    match service {
        Virtual::Address(socket) => socket.to_string(),
        Virtual::Fwmark { mark, .. } => format!("fwmark/{mark}"),
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn list`: the same as `ipvsadm proc conns`, by the best means.

use clap::Args;
use ipvs_netlink::{Error, Ipvs};

use super::place::Where;
use crate::legacy::streams::Io;
use crate::modern::Outcome;
use crate::modern::proc::{View, conns};

/// Show connections and templates, or how many there are of each kind: as `ipvsadm proc conns`
///
/// A kernel with the family ipvs_ext is asked by netlink, which is much faster; others show them in /proc.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct List {
    #[command(flatten)]
    conns: conns::Conns,
    #[command(flatten)]
    place: Where,
    /// Print JSON: {"schema": 1, "connections": ...}
    #[arg(long)]
    json: bool,
    /// Exit status 1 if lines were left out
    #[arg(long)]
    strict: bool,
}

impl List {
    pub(super) fn run(
        self,
        io: &mut Io<'_>,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
    ) -> Outcome {
        let Self { conns, place, json, strict } = self;
        place.with_lister(io, connect, |ipvs, root, io| {
            conns.run_with(ipvs, View { root, json, strict }, io)
        })
    }
}

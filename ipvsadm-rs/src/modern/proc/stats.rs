// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc stats`

use clap::Args;
use ipvs_proc::Totals;
use serde_json::json;

use super::View;
use crate::legacy::streams::Io;
use crate::modern::{Outcome, print};
use crate::output::{Field, json, table};

/// Show what this director counted in total, and its rates
///
/// Counters start at the last `ipvsadm -Z`; both are sampled every two seconds.
#[derive(Debug, Args)]
pub(super) struct Stats;

/// A line of the table.
struct Row {
    name: &'static str,
    total: u64,
    per_second: u64,
}

const FIELDS: &[Field<Row>] = &[
    Field { name: "counter", value: |row| json!(row.name) },
    Field { name: "total", value: |row| json!(row.total) },
    Field { name: "per second", value: |row| json!(row.per_second) },
];

impl Stats {
    pub(super) fn run(self, view: &View, io: &mut Io<'_>) -> Outcome {
        let totals: Totals = view.root.read()?;
        match view.json {
            true => print(io, &json::document("stats", json!(totals))),
            false => print(io, &table::records(&rows(&totals), FIELDS, io.columns)),
        }
    }
}

fn rows(Totals { counters, rates }: &Totals) -> [Row; 5] {
    let row = |name, total, per_second| Row { name, total, per_second };
    [
        row("connections", counters.connections, rates.connections),
        row("in_packets", counters.in_packets, rates.in_packets),
        row("out_packets", counters.out_packets, rates.out_packets),
        row("in_bytes", counters.in_bytes, rates.in_bytes),
        row("out_bytes", counters.out_bytes, rates.out_bytes),
    ]
}

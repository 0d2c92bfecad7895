// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc percpu`

use clap::Args;
use serde_json::json;

use super::View;
use crate::legacy::streams::Io;
use crate::modern::{Outcome, print};
use crate::output::{Field, json, table};

/// Show what each CPU counted
///
/// The counters of the CPUs are live and never zeroed; the totals start at the last `ipvsadm -Z`, and
/// they and the rates are sampled every two seconds.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct PerCpu;

/// A line of the table: its name, connections, packets in and out, bytes in and out.
struct Row(String, [u64; 5]);

const FIELDS: &[Field<Row>] = &[
    Field { name: "cpu", value: |row| json!(row.0) },
    Field { name: "connections", value: |row| json!(row.1[0]) },
    Field { name: "in_packets", value: |row| json!(row.1[1]) },
    Field { name: "out_packets", value: |row| json!(row.1[2]) },
    Field { name: "in_bytes", value: |row| json!(row.1[3]) },
    Field { name: "out_bytes", value: |row| json!(row.1[4]) },
];

impl PerCpu {
    pub(super) fn run(self, view: &View, io: &mut Io<'_>) -> Outcome {
        let percpu: ipvs_proc::PerCpu = view.root.read()?;
        match view.json {
            true => print(io, &json::document("percpu", json!(percpu))),
            false => print(io, &table::records(&rows(&percpu), FIELDS, io.columns)),
        }
    }
}

fn rows(percpu: &ipvs_proc::PerCpu) -> Vec<Row> {
    let mut rows = Vec::new();
    let cpus = percpu.cpus.iter().map(|cpu| (cpu.number.to_string(), cpu.counters));
    for (name, counted) in cpus.chain([("total".to_owned(), percpu.totals)]) {
        let numbers = [
            counted.connections,
            counted.in_packets,
            counted.out_packets,
            counted.in_bytes,
            counted.out_bytes,
        ];
        rows.push(Row(name, numbers));
    }
    let rates = percpu.rates;
    let numbers =
        [rates.connections, rates.in_packets, rates.out_packets, rates.in_bytes, rates.out_bytes];
    rows.push(Row("per second".to_owned(), numbers));
    rows
}

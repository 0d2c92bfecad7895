// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc status`

use clap::Args;
use ipvs_proc::{Buckets, Part};
use serde_json::json;

use super::{View, bad_lines};
use crate::legacy::streams::Io;
use crate::modern::{Outcome, print};
use crate::output::{Field, json, table};

/// Show how full the kernel's tables are: kernel 7.1 and later, for root only
#[derive(Debug, Args)]
pub(super) struct Status;

/// A line of the table.
struct Row {
    name: String,
    value: String,
}

const FIELDS: &[Field<Row>] = &[
    Field { name: "name", value: |row| json!(row.name) },
    Field { name: "value", value: |row| json!(row.value) },
];

impl Status {
    pub(super) fn run(self, view: &View, io: &mut Io<'_>) -> Outcome {
        let (status, errors) = view.root.read_skipping::<ipvs_proc::Status>()?;
        match view.json {
            true => print(io, &json::document("status", json!(status)))?,
            false => print(io, &table::records(&rows(&status), FIELDS, io.columns))?,
        };
        bad_lines::report(&bad_lines::summary(errors), view.strict, io)
    }
}

fn rows(status: &ipvs_proc::Status) -> Vec<Row> {
    let mut rows = Rows::default();
    rows.push("connections", status.connections);
    rows.buckets("connection buckets", &status.connection_table);
    rows.push("services", status.services);
    rows.buckets("service buckets", &status.service_table);
    let slots = status.thread_slots.map(|slots| format!("{} of {}", slots.used, slots.max));
    rows.push("estimator thread slots", slots);
    rows.push("longest estimator chain", status.chain_max_len);
    rows.push("estimators per thread", status.thread_estimators);
    for (name, value) in &status.other {
        rows.push(name, Some(value));
    }
    rows.0
}

#[derive(Default)]
struct Rows(Vec<Row>);

impl Rows {
    /// Adds what is there.
    fn push(&mut self, name: &str, value: Option<impl ToString>) {
        let row = |value: String| Row { name: name.to_owned(), value };
        self.0.extend(value.map(|value| row(value.to_string())));
    }

    fn buckets(&mut self, name: &str, buckets: &Buckets) {
        let size = buckets.size.map(|size| {
            format!("{} (2^{}, load factor 2^{})", size.buckets, size.bits, size.load_factor)
        });
        let part = |part: &Part| format!("{} ({}%)", part.buckets, part.percent);
        self.push(name, size);
        self.push(&format!("{name}, empty"), buckets.empty.as_ref().map(part));
        for (length, with) in &buckets.lengths {
            let or_more = if *length == 7 { " or more" } else { "" };
            self.push(&format!("{name}, of {length}{or_more}"), Some(part(with)));
        }
    }
}

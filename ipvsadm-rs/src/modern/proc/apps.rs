// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc apps`

use clap::Args;
use ipvs_proc::App;
use serde_json::json;

use super::{View, bad_lines};
use crate::legacy::streams::Io;
use crate::modern::{Outcome, print};
use crate::output::{Field, json, table};

/// Show the application helpers, such as that for FTP, and how many connections use each
#[derive(Debug, Args)]
pub(super) struct Apps;

const FIELDS: &[Field<App>] = &[
    Field { name: "protocol", value: |app| json!(app.protocol) },
    Field { name: "port", value: |app| json!(app.port) },
    Field { name: "users", value: |app| json!(app.users) },
    Field { name: "name", value: |app| json!(app.name) },
];

impl Apps {
    pub(super) fn run(self, view: &View, io: &mut Io<'_>) -> Outcome {
        let (ipvs_proc::Apps { apps }, errors) = view.root.read_skipping()?;
        match view.json {
            true => print(io, &json::records("apps", &apps, FIELDS))?,
            false => print(io, &table::records(&apps, FIELDS, io.columns))?,
        };
        bad_lines::report(&bad_lines::summary(errors), view.strict, io)
    }
}

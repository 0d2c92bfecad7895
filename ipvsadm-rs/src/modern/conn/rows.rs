// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entries with what was, or would be, done to each.

use ipvs_proc::Connection;
use serde_json::json;

use crate::modern::proc::conns::service;
use crate::output::{Field, table};

/// An entry, and what there is to say about it.
pub(super) struct Row<'c> {
    connection: &'c Connection<'static>,
    result: String,
}

impl<'c> Row<'c> {
    pub(super) const fn new(connection: &'c Connection<'static>, result: String) -> Self {
        Self { connection, result }
    }
}

/// A table for people.
pub(super) fn table(rows: &[Row<'_>], columns: Option<u16>) -> String {
    let fields: [Field<Row<'_>>; 7] = [
        Field { name: "protocol", value: |row| json!(row.connection.protocol.to_string()) },
        Field { name: "client", value: |row| json!(row.connection.client.to_string()) },
        Field { name: "service", value: |row| json!(service(row.connection.service)) },
        Field { name: "dest", value: |row| json!(row.connection.dest.to_string()) },
        Field { name: "state", value: |row| json!(row.connection.state.name()) },
        Field { name: "expires", value: |row| json!(row.connection.expires.as_secs()) },
        Field { name: "result", value: |row| json!(row.result) },
    ];
    table::records(rows, &fields, columns)
}

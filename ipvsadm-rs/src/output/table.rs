// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tables for people.

use comfy_table::{Table, presets};
use serde_json::Value;

use super::{Field, escape};

/// A table with headings, or nothing when there are no records; with a line end.
pub(crate) fn records<R>(records: &[R], fields: &[Field<R>]) -> String {
    if records.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(fields.iter().map(|field| field.name.to_uppercase()));
    for record in records {
        table.add_row(fields.iter().map(|field| text(&(field.value)(record))));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.lines();
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Yes is a star, no and nothing are blank.
fn text(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(false) => String::new(),
        Value::Bool(true) => "*".to_owned(),
        Value::String(text) => escape::printable(text.as_bytes()),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(" "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

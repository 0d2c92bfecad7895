// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tables for people.

use comfy_table::{CellAlignment, Table, presets};

/// A column: its heading and what a record has there. Numbers stand at the right.
pub(super) struct Column<R> {
    pub(super) heading: &'static str,
    pub(super) number: bool,
    pub(super) text: fn(&R) -> String,
}

/// A column of text.
pub(super) const fn text<R>(heading: &'static str, text: fn(&R) -> String) -> Column<R> {
    Column { heading, number: false, text }
}

/// A column of numbers.
pub(super) const fn number<R>(heading: &'static str, text: fn(&R) -> String) -> Column<R> {
    Column { heading, number: true, text }
}

/// A table with headings and a blank line before it, or nothing when there are no records.
pub(super) fn table<R>(records: &[R], columns: &[Column<R>]) -> String {
    if records.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(columns.iter().map(|column| column.heading));
    for record in records {
        table.add_row(columns.iter().map(|column| (column.text)(record)));
    }
    for (place, column) in table.column_iter_mut().zip(columns) {
        place.set_padding((0, 2));
        if column.number {
            place.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    std::iter::once("\n".to_owned()).chain(lines).collect()
}

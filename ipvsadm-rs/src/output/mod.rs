// SPDX-License-Identifier: MIT OR Apache-2.0
//! Output of the modern grammar: tables for people, JSON for programs, from one list of fields.

pub(crate) mod escape;
pub(crate) mod json;
pub(crate) mod table;

/// A field of the records `R`: a column of the table, a member of the JSON object.
pub(crate) struct Field<R> {
    /// The name of the member; in capitals, the heading of the column.
    pub(crate) name: &'static str,
    /// What a record has there.
    pub(crate) value: fn(&R) -> serde_json::Value,
}

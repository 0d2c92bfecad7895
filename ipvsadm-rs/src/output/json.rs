// SPDX-License-Identifier: MIT OR Apache-2.0
//! Documents for programs: `{"schema": 1, KEY: …}`.

use serde_json::{Map, Value, json};

use super::Field;

/// The version of all documents. It grows when a member goes away or changes its meaning, not when
/// one is added.
pub(crate) const SCHEMA: u32 = 1;

/// A document with one member beside its version, as indented text with a line end.
pub(crate) fn document(key: &str, body: Value) -> String {
    let mut members = Map::new();
    members.insert("schema".to_owned(), json!(SCHEMA));
    members.insert(key.to_owned(), body);
    format!("{:#}\n", Value::Object(members))
}

/// A document with an array of records.
pub(crate) fn records<R>(key: &str, records: &[R], fields: &[Field<R>]) -> String {
    let member = |record: &R, field: &Field<R>| (field.name.to_owned(), (field.value)(record));
    let object = |record| fields.iter().map(|field| member(record, field)).collect();
    document(key, records.iter().map(|record| Value::Object(object(record))).collect())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Documents for programs: `{"schema": 1, KEY: …}`.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Field, escape};

/// The version of all documents. It grows when a member goes away or changes its meaning, not when
/// one is added.
pub(crate) const SCHEMA: u32 = 1;

/// A document with one member beside its version, as indented text with a line end.
pub(crate) fn document(key: &str, body: Value) -> String {
    let mut members = Map::new();
    members.insert("schema".to_owned(), json!(SCHEMA));
    members.insert(key.to_owned(), body);
    let text = format!("{:#}\n", Value::Object(members));
    String::from_utf8_lossy(&escape::json(text.as_bytes())).into_owned()
}

/// An object as a line of its own: `{"schema": 1, …}`.
pub(crate) fn line(mut members: Map<String, Value>) -> String {
    members.insert("schema".to_owned(), json!(SCHEMA));
    let text = format!("{}\n", Value::Object(members));
    String::from_utf8_lossy(&escape::json(text.as_bytes())).into_owned()
}

/// A document with an array of records.
pub(crate) fn records<R>(key: &str, records: &[R], fields: &[Field<R>]) -> String {
    let member = |record: &R, field: &Field<R>| (field.name.to_owned(), (field.value)(record));
    let object = |record| fields.iter().map(|field| member(record, field)).collect();
    document(key, records.iter().map(|record| Value::Object(object(record))).collect())
}

/// A document with an array of records, which is written record by record, one a line: there may be
/// more of them than fit into memory.
///
/// Nothing is written before the first record. Without [`finish`](Self::finish) the document has no end,
/// so that nobody takes it for a whole one.
pub(crate) struct Stream<'o> {
    out: &'o mut dyn Write,
    key: &'static str,
    line: Vec<u8>,
    begun: bool,
}

impl<'o> Stream<'o> {
    /// An array called `key`.
    pub(crate) fn new(out: &'o mut dyn Write, key: &'static str) -> Self {
        Self { out, key, line: Vec::new(), begun: false }
    }

    /// Writes the next record.
    pub(crate) fn push(&mut self, record: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        self.separate();
        serde_json::to_writer(&mut self.line, record)?;
        self.out.write_all(&escape::json(&self.line))
    }

    /// Writes the end.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.line.clear();
        if !self.begun {
            self.separate();
            self.line.pop();
        } else {
            self.line.push(b'\n');
        }
        self.line.extend_from_slice(b"]}\n");
        self.out.write_all(&self.line)?;
        self.out.flush()
    }

    /// What stands before a record.
    fn separate(&mut self) {
        let Self { key, line, begun, .. } = self;
        match begun {
            true => line.extend_from_slice(b",\n"),
            false => {
                line.extend_from_slice(format!("{{\"schema\": {SCHEMA}, \"{key}\": [\n").as_bytes())
            }
        }
        *begun = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_document() {
        for count in 0..4 {
            let rows: Vec<Value> = (0..count).map(|n| json!({"n": n, "text": "\u{9b}"})).collect();
            let mut out = Vec::new();
            let mut stream = Stream::new(&mut out, "rows");
            rows.iter().try_for_each(|row| stream.push(row)).expect("memory");
            stream.finish().expect("memory");
            let text = String::from_utf8(out).expect("UTF-8");
            let whole = document("rows", json!(rows));
            let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
            assert_eq!(read(&text), read(&whole));
            assert!(!text.contains('\u{9b}') && !whole.contains('\u{9b}'), "{text}");
            assert_eq!(text.lines().count(), if count == 0 { 1 } else { count + 2 });
        }
    }

    #[test]
    fn without_an_end_it_is_no_document() {
        let mut out = Vec::new();
        Stream::new(&mut out, "rows").push(&1).expect("memory");
        assert!(serde_json::from_slice::<Value>(&out).is_err());
    }
}

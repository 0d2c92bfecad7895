// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tables for people.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use serde_json::Value;

use super::{Field, escape};

/// Blanks between columns.
const GAP: u16 = 2;

/// A table with headings, or nothing when there are no records; with a line end.
///
/// Where lines would be longer than the terminal's `columns`, text goes on below in its column; where
/// not even single words fit, each record becomes a list of its fields.
pub(crate) fn records<R>(records: &[R], fields: &[Field<R>], columns: Option<u16>) -> String {
    let cells = |record| fields.iter().map(|field| text(&(field.value)(record))).collect();
    let rows: Vec<Vec<String>> = records.iter().map(cells).collect();
    if rows.is_empty() {
        return String::new();
    }
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    let word = |text: &str| text.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
    let widest = |(column, name): (usize, &&str)| {
        let words = rows.iter().map(|row| word(&row[column])).chain([word(name)]);
        u16::try_from(words.max().unwrap_or(0)).unwrap_or(u16::MAX).saturating_add(GAP)
    };
    let least: Vec<u16> = names.iter().enumerate().map(widest).collect();
    match columns {
        None => grid(&names, rows, |_| {}),
        Some(columns)
            if least.iter().map(|width| u32::from(*width)).sum::<u32>() > columns.into() =>
        {
            rows.iter().map(|row| list(&names, row)).collect::<Vec<_>>().join("\n")
        }
        Some(columns) => grid(&names, rows, |table| {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
            table.set_constraints(
                least.iter().map(|width| ColumnConstraint::LowerBoundary(Width::Fixed(*width))),
            );
        }),
    }
}

/// The rows below their headings.
fn grid(names: &[&str], rows: Vec<Vec<String>>, arrange: impl FnOnce(&mut Table)) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(names.iter().map(|name| name.to_uppercase()));
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    arrange(&mut table);
    let lines = table.lines();
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

/// What a row has, below its first field.
fn list(names: &[&str], row: &[String]) -> String {
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let fields = names.iter().zip(row).skip(1).filter(|(_, text)| !text.is_empty());
    let lines = fields.map(|(name, text)| format!("  {:<width$}  {text}\n", name.to_uppercase()));
    format!("{}\n{}", row.first().map_or("", String::as_str), lines.collect::<String>())
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    struct Row(&'static str, Option<u32>, &'static str);

    const FIELDS: &[Field<Row>] = &[
        Field { name: "name", value: |row| json!(row.0) },
        Field { name: "value", value: |row| json!(row.1) },
        Field { name: "meaning", value: |row| json!(row.2) },
    ];
    const ROWS: [Row; 2] = [
        Row("net.ipv4.vs.conntrack", Some(0), "keep netfilter's connection tracking entries"),
        Row("net.ipv4.vs.x", None, ""),
    ];

    #[test]
    fn without_a_terminal_nothing_is_wrapped() {
        let wide = "\
NAME                   VALUE  MEANING
net.ipv4.vs.conntrack  0      keep netfilter's connection tracking entries
net.ipv4.vs.x
";
        assert_eq!(records(&ROWS, FIELDS, None), wide);
        // Nor where there is room.
        assert_eq!(records(&ROWS, FIELDS, Some(100)), wide);
        assert_eq!(records(&[] as &[Row], FIELDS, Some(1)), "");
    }

    #[test]
    fn a_terminal_is_not_exceeded_and_words_stay_whole() {
        assert_eq!(
            records(&ROWS, FIELDS, Some(51)),
            "\
NAME                   VALUE  MEANING
net.ipv4.vs.conntrack  0      keep netfilter's
                              connection tracking
                              entries
net.ipv4.vs.x
"
        );
    }

    #[test]
    fn a_narrow_terminal_gets_lists() {
        assert_eq!(
            records(&ROWS, FIELDS, Some(40)),
            "\
net.ipv4.vs.conntrack
  VALUE    0
  MEANING  keep netfilter's connection tracking entries

net.ipv4.vs.x
"
        );
    }

    proptest! {
        #[test]
        fn no_width_loses_a_word(columns in 0u16..120) {
            let text = records(&ROWS, FIELDS, Some(columns));
            let is_list = text.starts_with("net");
            for word in ROWS.iter().flat_map(|row| [row.0, row.2]).flat_map(str::split_whitespace) {
                prop_assert!(text.split_whitespace().any(|shown| shown == word), "{word}: {text}");
            }
            prop_assert!(is_list || text.lines().all(|line| line.len() <= columns.into()), "{text}");
        }
    }
}

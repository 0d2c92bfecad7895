// SPDX-License-Identifier: MIT OR Apache-2.0
//! Coverage for people.

use std::time::Duration;

use ipvs_syncd::coverage::{Coverage, ServiceCoverage, Tally};
use ipvs_types::ServiceKey;

use super::table::{Column, number, table, text};

/// A line of the table.
struct Row {
    name: String,
    tally: Tally,
}

const COLUMNS: &[Column<Row>] = &[
    text("SERVICE", |row| row.name.clone()),
    number("COVERAGE", |row| format!("{:.2} %", row.tally.percent())),
    number("EXPECTED", |row| row.tally.expected.to_string()),
    number("HELD", |row| row.tally.held.to_string()),
    number("ELSEWHERE", |row| row.tally.elsewhere.to_string()),
    number("MISSING", |row| row.tally.missing.to_string()),
    number("EXTRA", |row| row.tally.extra.to_string()),
];

/// The table, then what it doesn't say.
pub(super) fn report(coverage: &Coverage, skipped: u64) -> String {
    let service = |one: &ServiceCoverage| Row { name: one.service.to_string(), tally: one.tally };
    let mut rows: Vec<_> = coverage.services.iter().map(service).collect();
    rows.push(Row { name: "all".to_owned(), tally: coverage.total });
    [table(&rows, COLUMNS), "\n".to_owned()].concat() + &notes(coverage, skipped)
}

fn notes(coverage: &Coverage, skipped: u64) -> String {
    let mut notes = Vec::new();
    let lag = &coverage.lag;
    if coverage.total.missing > 0 {
        let longest = lag.longest.map_or("not known".to_owned(), seconds);
        notes.push(format!(
            "missing: {} may be on their way; the longest wait is {longest}",
            lag.on_the_way
        ));
    }
    if let Some(wire) = &coverage.wire {
        notes.push(format!(
            "on the wire: {} of {} heard; missing ones: {} heard, {} not heard{}",
            wire.heard,
            coverage.total.expected,
            wire.missing_heard,
            wire.missing_unheard,
            wire.oldest_refresh.map_or(String::new(), |age| {
                format!("; the oldest was heard {} ago", seconds(age))
            }),
        ));
    }
    let note = |count: u64, text: &str| (count > 0).then(|| format!("{count} {text}"));
    notes.extend(note(coverage.total.local, "held were made by the backup itself"));
    notes.extend(note(coverage.withheld, "of the master's connections are never sent"));
    notes.extend(note(skipped, "lines could not be read"));
    if let Some(missing) = &coverage.missing_services
        && !missing.is_empty()
    {
        let names: Vec<_> = missing.iter().map(ServiceKey::to_string).collect();
        notes.push(format!("services missing on the backup: {}", names.join(", ")));
    }
    notes.iter().map(|note| format!("{note}\n")).collect()
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What people see while messages come.

use std::collections::VecDeque;
use std::time::Duration;

use ipvs_syncd::socket::Reception;
use ipvs_syncd::tracker::{RecentRates, StreamRates, StreamSummary, Summary};
use ipvs_types::DaemonConfig;

use super::coverage_report;
use super::moment::Covered;
use super::report::{list, troubles};
use super::table::{Column, number, table, text};

/// How many alarms, and rows of a table, a terminal shows.
const SHOWN: usize = 12;
/// Back to the start of the screen, and clears it.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// What is kept from one time to the next.
#[derive(Debug, Default)]
pub(super) struct LiveReport {
    terminal: bool,
    alarms: VecDeque<String>,
    coverage: String,
}

/// A stream, and how long ago it was heard.
struct Row(StreamSummary, Duration);

const STREAMS: &[Column<Row>] = &[
    text("SENDER", |row| row.0.key.sender.to_string()),
    number("SYNCID", |row| row.0.key.sync_id.map_or("-".to_owned(), |id| id.to_string())),
    text("VERSION", |row| versions(row.0.stream.versions)),
    number("CONN/S", |row| rate(row.0.recent.second, |rates| rates.connections)),
    number("10 S", |row| rate(row.0.recent.ten_seconds, |rates| rates.connections)),
    number("1 MIN", |row| rate(row.0.recent.minute, |rates| rates.connections)),
    number("MSG/S", |row| rate(row.0.recent.ten_seconds, |rates| rates.messages)),
    number("BYTES/S", |row| rate(row.0.recent.ten_seconds, |rates| rates.bytes)),
    number("MESSAGES", |row| row.0.stream.messages.to_string()),
    number("CONNS", |row| row.0.stream.connections.to_string()),
    number("REFRESHED", |row| row.0.stream.refreshes.to_string()),
    number("MEAN", |row| format!("{:.0}", row.0.mean_bytes)),
    number("MAX", |row| row.0.stream.max_bytes.to_string()),
    number("GAP", |row| format!("{:.1}", row.0.stream.longest_gap.as_secs_f64())),
    number("HEARD", |row| format!("{:.1}", row.1.as_secs_f64())),
    text("TROUBLES", |row| troubles(&row.0)),
];

const DAEMONS: &[Column<DaemonConfig>] = &[
    text("DAEMON", |daemon| daemon.role.to_string()),
    text("INTERFACE", |daemon| daemon.interface.to_string()),
    number("SYNCID", |daemon| daemon.sync_id.get().to_string()),
    text("GROUP", |daemon| daemon.group.map_or("-".to_owned(), |group| group.to_string())),
    number("PORT", |daemon| daemon.port.map_or("-".to_owned(), |port| port.to_string())),
    number("MAXLEN", |daemon| daemon.max_len.map_or("-".to_owned(), |length| length.to_string())),
];

impl LiveReport {
    pub(super) fn new(terminal: bool) -> Self {
        Self { terminal, ..Self::default() }
    }

    /// Whether everything is drawn anew each time.
    pub(super) const fn terminal(&self) -> bool {
        self.terminal
    }

    /// Keeps an alarm for the next drawing, if there is one.
    pub(super) fn keep(&mut self, alarm: &str) -> bool {
        if self.terminal {
            self.alarms.truncate(SHOWN - 1);
            self.alarms.push_front(alarm.to_owned());
        }
        self.terminal
    }

    /// Keeps a comparison for the next drawing.
    pub(super) fn cover(&mut self, covered: &Covered) {
        self.coverage = match &covered.found {
            Ok(coverage) => coverage_report::report(coverage, covered.skipped),
            Err(error) => format!("\ncoverage is not known: {error}\n"),
        };
    }

    /// How many of these there is room for.
    pub(super) fn rows<R>(&self, rows: &[R]) -> usize {
        if self.terminal { rows.len().min(SHOWN) } else { rows.len() }
    }

    /// Daemons and streams, the busiest first.
    pub(super) fn head(&self, summary: &Summary, daemons: Option<&[DaemonConfig]>) -> String {
        let busy = |one: &StreamSummary| one.recent.minute.map_or(0.0, |rates| rates.connections);
        let mut streams: Vec<_> = summary.streams.iter().collect();
        streams.sort_by(|a, b| busy(b).total_cmp(&busy(a)));
        let ago = |one: &StreamSummary| summary.now.saturating_sub(one.stream.last_heard);
        let rows: Vec<_> = streams.into_iter().map(|one| Row(one.clone(), ago(one))).collect();
        let clear = if self.terminal { CLEAR } else { "" };
        let daemons = table(daemons.unwrap_or_default(), DAEMONS);
        [clear, &daemons, &table(&rows[..self.rows(&rows)], STREAMS)].concat()
    }

    /// What was lost, how much is covered, and on a terminal the latest alarms.
    pub(super) fn foot(&self, reception: &Reception) -> String {
        let alarms: String = self.alarms.iter().map(|line| format!("{line}\n")).collect();
        let gap = if alarms.is_empty() { "" } else { "\n" };
        [&received(reception), "\n", &self.coverage, gap, &alarms].concat()
    }

    /// All in a line.
    pub(super) fn line(summary: &Summary, reception: &Reception) -> String {
        let RecentRates { ten_seconds, .. } = summary.recent;
        let alarms = summary.alarms.len() as u64;
        format!(
            "{} messages/s, {} connections/s; {} connections and {} templates now{}; {}",
            rate(ten_seconds, |rates| rates.messages),
            rate(ten_seconds, |rates| rates.connections),
            summary.mirror.held.connections,
            summary.mirror.held.templates,
            list(&[(alarms, "alarms")]),
            received(reception),
        )
    }
}

fn received(reception: &Reception) -> String {
    let rest = [(reception.fragmented, "in fragments"), (reception.unreadable, "unreadable")];
    format!(
        "{} datagrams, {} lost by this monitor{}",
        reception.datagrams,
        reception.lost,
        list(&rest)
    )
}

fn rate(rates: Option<StreamRates>, which: fn(StreamRates) -> f64) -> String {
    rates.map_or("-".to_owned(), |rates| match which(rates) {
        rate if rate > 0.0 && rate < 10.0 => format!("{rate:.1}"),
        rate => format!("{rate:.0}"),
    })
}

fn versions([zero, one]: [u64; 2]) -> String {
    let of = |count, name| if count > 0 { name } else { "" };
    match [of(zero, "0"), of(one, "1")].concat() {
        none if none.is_empty() => "-".to_owned(),
        both if both.len() == 2 => "0+1".to_owned(),
        only => only,
    }
}

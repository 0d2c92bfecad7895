// SPDX-License-Identifier: MIT OR Apache-2.0
//! Output for people: alarms as they come, then tables.

use std::io::Write;
use std::time::Duration;

use ipvs_syncd::capture::{Contents, Udp};
use ipvs_syncd::tracker::{
    ActiveAlarm, AlarmEvent, Change, ServiceHeld, StreamRates, StreamSummary, Summary,
};

use super::Output;
use super::failure::Failure;
use super::live_report::LiveReport;
use super::moment::{Covered, Moment, Origin};
use super::table::{Column, number, table, text};

/// Output for people. Times are in seconds since the first message.
#[derive(Debug, Default)]
pub(super) struct Report {
    start: Option<Duration>,
    live: LiveReport,
}

impl Report {
    /// One for a live monitor. On a terminal everything is drawn anew each time.
    pub(super) fn live(terminal: bool) -> Self {
        Self { start: None, live: LiveReport::new(terminal) }
    }

    fn since_start(&self, time: Duration) -> String {
        let start = self.start.unwrap_or(time);
        format!("+{:.3}", time.saturating_sub(start).as_secs_f64())
    }
}

impl Output for Report {
    fn message(&mut self, out: &mut dyn Write, udp: &Udp<'_>) -> Result<(), Failure> {
        if self.start.is_none() && !self.live.terminal() {
            self.start = Some(udp.time);
            let start = udp.time.as_secs_f64();
            writeln!(out, "first message at {start:.3} (Unix time), from where seconds count")
                .map_err(Failure::output)?;
        }
        Ok(())
    }

    fn alarm(&mut self, out: &mut dyn Write, event: &AlarmEvent) -> Result<(), Failure> {
        let change = match event.change {
            Change::Raised => "ALARM",
            Change::Cleared => "over ",
        };
        let line = format!("{} {change} {}", self.since_start(event.at), event.alarm);
        if self.live.keep(&line) {
            return Ok(());
        }
        writeln!(out, "{line}").map_err(Failure::output)
    }

    fn coverage(&mut self, _: &mut dyn Write, covered: &Covered) -> Result<(), Failure> {
        self.live.cover(covered);
        Ok(())
    }

    fn summary(&mut self, out: &mut dyn Write, moment: &Moment<'_>) -> Result<(), Failure> {
        let summary = moment.summary;
        let alarms: Vec<_> =
            summary.alarms.iter().map(|alarm| (self.since_start(alarm.since), *alarm)).collect();
        let text = match moment.origin {
            Origin::Capture(contents) => [
                table(&summary.streams, STREAMS),
                table(&summary.mirror.services, SERVICES),
                table(&alarms, ALARMS),
                format!("\n{}\n", totals(summary)),
                format!("{}\n", capture(contents)),
            ]
            .concat(),
            Origin::Live { reception, daemons } if moment.last || self.live.terminal() => [
                self.live.head(summary, daemons),
                table(
                    &summary.mirror.services[..self.live.rows(&summary.mirror.services)],
                    SERVICES,
                ),
                table(&alarms, ALARMS),
                format!("\n{}\n", totals(summary)),
                self.live.foot(&reception),
            ]
            .concat(),
            Origin::Live { reception, .. } => {
                format!(
                    "{} {}\n",
                    self.since_start(summary.now),
                    LiveReport::line(summary, &reception)
                )
            }
        };
        out.write_all(text.as_bytes()).map_err(Failure::output)
    }
}

const STREAMS: &[Column<StreamSummary>] = &[
    text("SENDER", |s| s.key.sender.to_string()),
    number("SYNCID", |s| s.key.sync_id.map_or("-".to_owned(), |id| id.to_string())),
    number("MESSAGES", |s| s.stream.messages.to_string()),
    number("V0", |s| s.stream.versions[0].to_string()),
    number("V1", |s| s.stream.versions[1].to_string()),
    number("CONNS", |s| s.stream.connections.to_string()),
    number("REFRESHED", |s| s.stream.refreshes.to_string()),
    number("BYTES", |s| s.stream.bytes.to_string()),
    number("MIN", |s| s.stream.min_bytes.to_string()),
    number("MEAN", |s| format!("{:.0}", s.mean_bytes)),
    number("MAX", |s| s.stream.max_bytes.to_string()),
    number("MSG/S", |s| rate(s, |rates| rates.messages)),
    number("CONN/S", |s| rate(s, |rates| rates.connections)),
    text("TROUBLES", troubles),
];

const SERVICES: &[Column<ServiceHeld>] = &[
    text("SERVICE", |s| s.service.to_string()),
    number("CONNECTIONS", |s| s.held.connections.to_string()),
    number("TEMPLATES", |s| s.held.templates.to_string()),
];

const ALARMS: &[Column<(String, ActiveAlarm)>] = &[
    number("SINCE", |(since, _)| since.clone()),
    text("ALARM THAT LASTS", |(_, alarm)| alarm.alarm.to_string()),
];

fn rate(stream: &StreamSummary, which: fn(StreamRates) -> f64) -> String {
    stream.per_second.map_or("-".to_owned(), |rates| format!("{:.2}", which(rates)))
}

pub(super) fn troubles(stream: &StreamSummary) -> String {
    let each = stream.stream.troubles.iter();
    each.map(|(trouble, times)| format!("{times} {trouble}")).collect::<Vec<_>>().join(", ")
}

/// `3 things`, for what there is; what there is none of is left out.
pub(super) fn list(parts: &[(u64, &str)]) -> String {
    let there = parts.iter().filter(|(number, _)| *number > 0);
    there.map(|(number, what)| format!(", {number} {what}")).collect()
}

fn totals(summary: &Summary) -> String {
    let mirror = &summary.mirror;
    let rest = [
        (mirror.expired, "expired"),
        (mirror.unkept, "connections beyond the mirror's room"),
        (summary.untracked, "messages of senders beyond the limit"),
        (summary.alarms_untold, "alarms beyond the limit"),
    ];
    format!(
        "{} messages, {} bytes; {} connections and {} templates now{}; {} alarms",
        summary.messages,
        summary.bytes,
        mirror.held.connections,
        mirror.held.templates,
        list(&rest),
        summary.alarms_raised,
    )
}

fn capture(contents: &Contents) -> String {
    let rest = [
        (contents.foreign, "foreign"),
        (contents.cut, "cut short (capture with `tcpdump -s 0`)"),
        (contents.fragments, "fragments"),
        (contents.unreadable, "unreadable"),
    ];
    let end = if contents.truncated { "; the file ends in the middle" } else { "" };
    let Contents { packets, wanted, .. } = contents;
    format!("{packets} packets: {wanted} sync messages{}{end}", list(&rest))
}

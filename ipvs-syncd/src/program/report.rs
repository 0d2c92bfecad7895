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
use super::table::{Column, table};

/// Output for people. Times are in seconds since the first message.
#[derive(Debug, Default)]
pub(super) struct Report {
    start: Option<Duration>,
}

impl Report {
    fn since_start(&self, time: Duration) -> String {
        let start = self.start.unwrap_or(time);
        format!("+{:.3}", time.saturating_sub(start).as_secs_f64())
    }
}

impl Output for Report {
    fn message(&mut self, out: &mut dyn Write, udp: &Udp<'_>) -> Result<(), Failure> {
        if self.start.is_none() {
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
        writeln!(out, "{} {change} {}", self.since_start(event.at), event.alarm)
            .map_err(Failure::output)
    }

    fn summary(
        &mut self,
        out: &mut dyn Write,
        contents: &Contents,
        summary: &Summary,
    ) -> Result<(), Failure> {
        let alarms: Vec<_> =
            summary.alarms.iter().map(|alarm| (self.since_start(alarm.since), *alarm)).collect();
        let text = [
            table(&summary.streams, STREAMS),
            table(&summary.mirror.services, SERVICES),
            table(&alarms, ALARMS),
            format!("\n{}\n", totals(summary)),
            format!("{}\n", capture(contents)),
        ];
        out.write_all(text.concat().as_bytes()).map_err(Failure::output)
    }
}

const fn text<R>(heading: &'static str, text: fn(&R) -> String) -> Column<R> {
    Column { heading, number: false, text }
}

const fn number<R>(heading: &'static str, text: fn(&R) -> String) -> Column<R> {
    Column { heading, number: true, text }
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

fn troubles(stream: &StreamSummary) -> String {
    let each = stream.stream.troubles.iter();
    each.map(|(trouble, times)| format!("{times} {trouble}")).collect::<Vec<_>>().join(", ")
}

/// `3 things`, for what there is; what there is none of is left out.
fn list(parts: &[(u64, &str)]) -> String {
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

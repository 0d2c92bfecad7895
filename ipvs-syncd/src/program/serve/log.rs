// SPDX-License-Identifier: MIT OR Apache-2.0
//! The log on standard error, which systemd's journal takes up with its levels.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;

use ipvs_syncd::tracker::{Alarm, AlarmEvent, Change};
use tracing::subscriber::SetGlobalDefaultError;
use tracing::{Level, Metadata, info, warn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{Registry, reload};

use super::config::{Format, Log, Text};

/// Changes the level while the service runs.
#[derive(Debug)]
pub(super) struct Levels(reload::Handle<LevelFilter, Registry>);

impl Levels {
    /// Logs this level and worse from now on.
    pub(super) fn set(&self, level: Text<LevelFilter>) {
        // It fails when the log is gone, and there is none to tell it to.
        let _ = self.0.reload(level.0);
    }
}

/// Starts the log of this process.
pub(super) fn start(log: &Log) -> Result<Levels, SetGlobalDefaultError> {
    let (filter, handle) = reload::Layer::new(log.level.0);
    let journal = in_journal();
    let writer = StandardError { priorities: journal && log.format == Format::Text };
    let layer = layer().with_writer(writer).with_ansi(false).with_target(false);
    let layer = match log.format {
        Format::Json => layer.json().flatten_event(true).with_current_span(false).boxed(),
        // The journal has times of its own.
        Format::Text if journal => layer.without_time().with_level(false).boxed(),
        Format::Text => layer.boxed(),
    };
    let subscriber = Registry::default().with(filter).with(layer);
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(Levels(handle))
}

/// Whether standard error is the journal's: systemd says which file that is (systemd.exec(5)).
fn in_journal() -> bool {
    let stream = std::env::var("JOURNAL_STREAM").ok();
    let file = fs::metadata("/proc/self/fd/2").ok();
    stream
        .zip(file)
        .is_some_and(|(stream, file)| stream == format!("{}:{}", file.dev(), file.ino()))
}

struct StandardError {
    /// Whether each line begins with its level as the journal reads it (sd-daemon(3)).
    priorities: bool,
}

impl<'w> MakeWriter<'w> for StandardError {
    type Writer = Line;

    fn make_writer(&'w self) -> Line {
        Line { priority: "" }
    }

    fn make_writer_for(&'w self, metadata: &Metadata<'_>) -> Line {
        let priority = match *metadata.level() {
            _ if !self.priorities => "",
            Level::ERROR => "<3>",
            Level::WARN => "<4>",
            Level::INFO => "<6>",
            _ => "<7>",
        };
        Line { priority }
    }
}

/// One event, which is written at once, so that lines of threads do not mix.
struct Line {
    priority: &'static str,
}

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // When nobody reads the log any more, the service goes on, and nobody is to be told.
        let _ = io::stderr().write_all(&[self.priority.as_bytes(), line].concat());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tells of an alarm. That one ends is good news.
pub(super) fn alarm(event: &AlarmEvent) {
    let AlarmEvent { alarm, since, at, .. } = event;
    let (kind, sender, About { sync_id, service, reason }) =
        (alarm.name(), sender(alarm), About::of(alarm));
    match event.change {
        Change::Raised => {
            warn!(change = "raised", kind, sender, sync_id, service, reason, "alarm: {alarm}");
        }
        Change::Cleared => {
            let seconds = at.saturating_sub(*since).as_secs();
            info!(
                change = "cleared",
                kind, sender, sync_id, service, reason, seconds, "alarm over: {alarm}"
            );
        }
    }
}

/// Who sent what the alarm is about.
fn sender(alarm: &Alarm) -> Option<String> {
    match alarm {
        Alarm::TwoMasters { senders: [first, second], .. } => Some(format!("{first},{second}")),
        Alarm::UnknownSender { sender }
        | Alarm::MixedVersions { sender, .. }
        | Alarm::UnknownVersion { sender, .. }
        | Alarm::SyncIdMismatch { sender, .. }
        | Alarm::ForeignService { sender, .. }
        | Alarm::Malformed { sender, .. } => Some(sender.to_string()),
        _ => None,
    }
}

/// What else it is about, as fields.
#[derive(Default)]
struct About {
    sync_id: Option<u8>,
    service: Option<String>,
    reason: Option<&'static str>,
}

impl About {
    fn of(alarm: &Alarm) -> Self {
        let nothing = Self::default();
        match alarm {
            Alarm::TwoMasters { sync_id, .. }
            | Alarm::MixedVersions { sync_id, .. }
            | Alarm::SyncIdMismatch { sync_id, .. } => Self { sync_id: Some(*sync_id), ..nothing },
            Alarm::Silence { sync_id } => Self { sync_id: *sync_id, ..nothing },
            Alarm::ForeignService { service, .. } => {
                Self { service: Some(service.to_string()), ..nothing }
            }
            Alarm::Malformed { trouble, .. } => Self { reason: Some(trouble.name()), ..nothing },
            _ => nothing,
        }
    }
}

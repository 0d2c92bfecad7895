// SPDX-License-Identifier: MIT OR Apache-2.0
//! Output for programs: one JSON object per line.

use std::io::{self, Write};
use std::net::SocketAddr;

use ipvs_syncd::capture::{Contents, Udp};
use ipvs_syncd::coverage::Coverage;
use ipvs_syncd::socket::Reception;
use ipvs_syncd::tracker::{AlarmEvent, Summary};
use ipvs_syncd::{Datagram, Message};
use ipvs_types::DaemonConfig;
use serde::Serialize;

use super::Output;
use super::failure::Failure;
use super::moment::{Covered, Moment, Origin};

/// The version of all lines. It grows when a member goes away or changes its meaning, not when one is
/// added.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Line<'l> {
    schema: u32,
    #[serde(flatten)]
    event: Event<'l>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'l> {
    Message {
        time: f64,
        sender: SocketAddr,
        to: SocketAddr,
        bytes: usize,
        /// Why it is no message.
        error: Option<String>,
        #[serde(flatten)]
        message: Option<Message>,
    },
    Alarm(&'l AlarmEvent),
    Coverage {
        time: f64,
        coverage: Option<&'l Coverage>,
        skipped_lines: u64,
        /// Why there is none.
        error: Option<&'l str>,
    },
    Summary {
        /// Whether it is the end.
        last: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        capture: Option<&'l Contents>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reception: Option<Reception>,
        /// Those of the kernel; null if it does not tell.
        #[serde(skip_serializing_if = "Option::is_none")]
        daemons: Option<Option<&'l [DaemonConfig]>>,
        #[serde(flatten)]
        summary: &'l Summary,
    },
}

/// Output for programs.
pub(super) struct Json {
    /// Whether each message is told.
    pub(super) messages: bool,
}

/// The one line of a single comparison.
pub(super) fn coverage(
    out: &mut dyn Write,
    coverage: &Coverage,
    skipped_lines: u64,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Document<'d> {
        schema: u32,
        coverage: &'d Coverage,
        skipped_lines: u64,
    }
    line(out, &Document { schema: SCHEMA, coverage, skipped_lines })
}

fn write(out: &mut dyn Write, event: Event<'_>) -> Result<(), Failure> {
    line(out, &Line { schema: SCHEMA, event })
}

fn line(out: &mut dyn Write, line: &impl Serialize) -> Result<(), Failure> {
    let written = serde_json::to_writer(&mut *out, line);
    written.map_err(io::Error::from).and_then(|()| out.write_all(b"\n")).map_err(Failure::output)
}

impl Output for Json {
    fn message(&mut self, out: &mut dyn Write, udp: &Udp<'_>) -> Result<(), Failure> {
        if !self.messages {
            return Ok(());
        }
        let (error, message) = match Datagram::parse(udp.payload) {
            Ok(datagram) => (None, Some(Message::from(datagram))),
            Err(fault) => (Some(fault.to_string()), None),
        };
        let (time, bytes) = (udp.time.as_secs_f64(), udp.payload.len());
        write(out, Event::Message { time, sender: udp.from, to: udp.to, bytes, error, message })
    }

    fn alarm(&mut self, out: &mut dyn Write, event: &AlarmEvent) -> Result<(), Failure> {
        write(out, Event::Alarm(event))
    }

    fn coverage(&mut self, out: &mut dyn Write, covered: &Covered) -> Result<(), Failure> {
        let (coverage, error) = match &covered.found {
            Ok(coverage) => (Some(coverage), None),
            Err(error) => (None, Some(&**error)),
        };
        let (time, skipped_lines) = (covered.time.as_secs_f64(), covered.skipped);
        write(out, Event::Coverage { time, coverage, skipped_lines, error })
    }

    fn summary(&mut self, out: &mut dyn Write, moment: &Moment<'_>) -> Result<(), Failure> {
        let Moment { last, summary, origin } = *moment;
        let (capture, live) = match origin {
            Origin::Capture(contents) => (Some(contents), None),
            Origin::Live { reception, daemons } => (None, Some((reception, daemons))),
        };
        let (reception, daemons) = live.unzip();
        write(out, Event::Summary { last, capture, reception, daemons, summary })
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Output for programs: one JSON object per line.

use std::io::{self, Write};
use std::net::SocketAddr;

use ipvs_syncd::capture::{Contents, Udp};
use ipvs_syncd::tracker::{AlarmEvent, Summary};
use ipvs_syncd::{Datagram, Message};
use serde::Serialize;

use super::Output;
use super::failure::Failure;

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
    Summary {
        capture: &'l Contents,
        #[serde(flatten)]
        summary: &'l Summary,
    },
}

/// Output for programs.
pub(super) struct Json;

fn write(out: &mut dyn Write, event: Event<'_>) -> Result<(), Failure> {
    let written = serde_json::to_writer(&mut *out, &Line { schema: SCHEMA, event });
    written.map_err(io::Error::from).and_then(|()| out.write_all(b"\n")).map_err(Failure::output)
}

impl Output for Json {
    fn message(&mut self, out: &mut dyn Write, udp: &Udp<'_>) -> Result<(), Failure> {
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

    fn summary(
        &mut self,
        out: &mut dyn Write,
        capture: &Contents,
        summary: &Summary,
    ) -> Result<(), Failure> {
        write(out, Event::Summary { capture, summary })
    }
}

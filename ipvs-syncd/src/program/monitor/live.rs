// SPDX-License-Identifier: MIT OR Apache-2.0
//! A monitor on live sockets.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use ipvs_syncd::live::{Event, Live};
use ipvs_syncd::tracker::Watch;
use ipvs_types::DaemonConfig;

use super::comparer::Comparer;
use super::ears::Ears;
use crate::program::Output;
use crate::program::events::Json;
use crate::program::failure::Failure;
use crate::program::moment::{Moment, Origin};
use crate::program::report::Report;
use crate::program::sides::Sides;
use crate::program::stop::Stop;

/// Seconds between summaries on a terminal, and elsewhere.
const INTERVALS: [u32; 2] = [1, 10];

/// How long to listen, and how often to tell.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Listen for so long, then end
    #[arg(long = "for", value_name = "SECONDS", conflicts_with = "read",
          value_parser = clap::value_parser!(u32).range(1..))]
    duration: Option<u32>,
    /// End after so many datagrams; some that came together with the last are heard too
    #[arg(long, value_name = "N", conflicts_with = "read",
          value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Sum up every so often [default: 1 on a terminal, otherwise 10]
    #[arg(long, value_name = "SECONDS", conflicts_with = "read",
          value_parser = clap::value_parser!(u32).range(1..))]
    interval: Option<u32>,
    /// With --json, leave out the messages
    #[arg(long, requires = "json")]
    no_messages: bool,
    /// Compare the tables of master and backup again and again
    #[arg(long, conflicts_with = "read")]
    coverage: bool,
    /// How often, at most
    #[arg(long, value_name = "SECONDS", requires = "coverage", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(1..))]
    coverage_interval: u32,
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}

impl Run {
    /// Whether messages are told in JSON.
    pub(super) fn messages(&self) -> bool {
        !self.no_messages
    }

    /// Listens until the end. Returns the number of alarms that were raised.
    pub(super) fn listen(
        &self,
        out: &mut dyn Write,
        (ears, sides): (&Ears, &Sides),
        (ports, port_count): (&[u16], Option<u8>),
        (watch, json): (Watch, bool),
    ) -> Result<u64, Failure> {
        let stop = Stop::on_signals()?;
        let comparer = match self.coverage {
            true => {
                let sides = sides.sources(&ears.here())?;
                Some(Comparer::start(sides, seconds(self.coverage_interval)))
            }
            false if !sides.are_missing() => {
                return Err(Failure::not_understood("tables are compared only with --coverage"));
            }
            false => None,
        };
        let mut client = ears.client()?;
        let mut daemons = move || client.as_mut().and_then(|client| client.daemons().ok());
        let receiver = ears.open(&daemons().unwrap_or_default(), ports, port_count)?;
        let mut live = Live::new(receiver, watch);

        let terminal = std::io::stdout().is_terminal() && !json;
        let mut output: Box<dyn Output> = match json {
            true => Box::new(Json { messages: self.messages() }),
            false => Box::new(Report::live(terminal)),
        };
        let interval = seconds(self.interval.unwrap_or(INTERVALS[usize::from(!terminal)]));
        let end = self.duration.map(|duration| live.now() + seconds(duration));
        let count = self.count.unwrap_or(u64::MAX);
        let mut due = live.now() + interval;
        loop {
            let now = live.now();
            let next = end.map_or(due, |end| end.min(due));
            live.step(next.saturating_sub(now), |event| match event {
                Event::Message(udp) => output.message(out, &udp),
                Event::Alarm(alarm) => output.alarm(out, alarm),
            })?;
            let now = live.now();
            let covered =
                comparer.as_ref().and_then(|comparer| comparer.latest(now, live.tracker()));
            if let Some(covered) = covered {
                output.coverage(out, &covered)?;
            }
            let last = stop.told()
                || end.is_some_and(|end| now >= end)
                || live.reception().datagrams >= count;
            if last || now >= due {
                due = now + interval;
                let daemons = daemons();
                tell(&mut *output, out, &live, daemons.as_deref(), last)?;
            }
            out.flush().map_err(Failure::output)?;
            if last {
                return Ok(live.tracker().summary().alarms_raised);
            }
        }
    }
}

fn tell(
    output: &mut dyn Output,
    out: &mut dyn Write,
    live: &Live,
    daemons: Option<&[DaemonConfig]>,
    last: bool,
) -> Result<(), Failure> {
    let summary = live.tracker().summary();
    let origin = Origin::Live { reception: live.reception(), daemons };
    output.summary(out, &Moment { last, summary: &summary, origin })
}

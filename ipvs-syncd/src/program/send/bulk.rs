// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd send bulk`: all connections of the director, now.

use std::io::{self, Write};
use std::num::NonZeroU32;

use clap::{Args, ValueEnum};
use ipvs_syncd::socket::Pace;
use ipvs_syncd::table::{Conversion, Lifetime};
use serde::Serialize;

use super::director::{Director, Place};
use super::group::{Group, Route};
use super::mail::{Courier, Mail, Parcel};
use super::progress::Progress;
use super::selection::Selection;
use super::tally::{Taken, Tally};
use crate::program::Outcome;
use crate::program::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  ipvs-syncd -B                                      the same as `ipvs-syncd send bulk`
  ipvs-syncd send bulk --dry-run                     what would be sent
  ipvs-syncd send bulk --repeat 3 --rate 5000        slowly, and against loss
  ipvs-syncd send bulk --service 192.0.2.1:443       one service

A backup that was started anew has nothing until packets pass; this tells it all that its master has. TCP
connections that are not open yet, and those that are nearly gone, are left out, as a master does; so is
what no message can say. Firewall marks that no service has, and shifted sequence numbers, are not known.

Kernels before 7.1 leave connections out of a listing while others come and go: there each pass reads at
least three times, which takes some 150 bytes more of memory per connection.

Exit status: 0 sent; 1 failed; 2 not understood.";

/// Send all connections and templates that the backups need
///
/// Templates first, at a pace that backups keep up with. Reads each pass at once: some 40 bytes of memory
/// per connection.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Bulk {
    /// Connections per second
    #[arg(long, value_name = "N", default_value_t = Pace::RATE)]
    rate: NonZeroU32,
    /// Read and send so many times
    #[arg(long, value_name = "N", default_value_t = NonZeroU32::MIN)]
    repeat: NonZeroU32,
    /// Which timeouts the copies get
    #[arg(long, value_enum, default_value_t = Timeouts::Left)]
    timeouts: Timeouts,
    /// Count, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON, one object per pass
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    group: Group,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    selection: Selection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Timeouts {
    /// What is left: they expire when the originals do; of templates the service's, if that is more
    Left,
    /// Those of the states, and of persistent services, as a master sends them
    Whole,
}

/// A line of `--json`.
#[derive(Serialize)]
struct Pass<'t> {
    schema: u32,
    event: &'static str,
    pass: u32,
    dry_run: bool,
    target: String,
    sync_id: u8,
    #[serde(flatten)]
    tally: &'t Tally,
}

impl Bulk {
    /// Carries it out.
    pub(crate) fn run(self, out: &mut dyn Write) -> Outcome {
        let director = self.place.director()?;
        let route = self.group.route(&director, self.place.netns.as_ref())?;
        let mut courier = match self.dry_run {
            true => None,
            false => Some(Courier::new(&route, self.rate)?),
        };
        let passes = if self.dry_run { 1 } else { self.repeat.get() };
        for pass in 1..=passes {
            let (tally, parcels) = self.read(&director, &route)?;
            if let Some(courier) = &mut courier {
                courier.deliver(&parcels, &mut Progress::of(tally.sendable()))?;
            }
            self.report(out, pass, &route, &tally)?;
        }
        Ok(0)
    }

    /// The datagrams of a pass.
    fn read(&self, director: &Director, route: &Route) -> Result<(Tally, Vec<Parcel>), Failure> {
        let conversion = Conversion::new(&director.directory).lifetime(match self.timeouts {
            Timeouts::Left => Lifetime::Left,
            Timeouts::Whole => Lifetime::Whole,
        });
        let conversion = match director.timeouts {
            Some(timeouts) => conversion.timeouts(timeouts),
            None => conversion,
        };
        let selected = self.selection.filter()?;
        let (mut templates, mut connections) = (Mail::new(route), Mail::new(route));
        let mut tally = self.place.gather(&selected, &conversion, |connection| {
            Ok(Taken::from(match connection.is_template() {
                true => templates.push(connection),
                false => connections.push(connection),
            }))
        })?;
        let mut parcels = templates.close();
        parcels.extend(connections.close());
        tally.post(&parcels);
        Ok((tally, parcels))
    }

    fn report(
        &self,
        out: &mut dyn Write,
        pass: u32,
        route: &Route,
        tally: &Tally,
    ) -> Result<(), Failure> {
        let written = if self.json {
            let line = Pass {
                schema: 1,
                event: "pass",
                pass,
                dry_run: self.dry_run,
                target: route.target.to_string(),
                sync_id: route.sync_id,
                tally,
            };
            serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)
        } else {
            let done = if self.dry_run { "would send" } else { "sent" };
            write!(out, "{done} to {route}: {tally}")
        };
        written.and_then(|()| out.write_all(b"\n")).map_err(Failure::output)?;
        // Who looks at it sees each pass when it ends.
        out.flush().map_err(Failure::output)
    }
}

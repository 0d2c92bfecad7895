// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd send replay`: the connections of a checkpoint, to backups or into this host's own table.

use std::io::{self, Write};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use ipvs_netlink::Netns;
use ipvs_syncd::Connection;
use ipvs_syncd::socket::Pace;
use serde::Serialize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::director::{self, Place};
use super::group::{Group, Route};
use super::local::Local;
use super::mail::{Courier, Mail};
use super::progress::Progress;
use super::tally::Tally;
use super::{arrival, document};
use crate::program::Outcome;
use crate::program::failure::Failure;

/// Exit status if something did not arrive.
const MISSING: u8 = 4;
/// How many connections that did not arrive are shown to people.
const SHOWN: usize = 20;

const EXAMPLES: &str = "\
Examples:
  ipvs-syncd send replay conns.json --dry-run        check the file
  ipvs-syncd send replay conns.json --local          into the table of this host
  ipvs-syncd send replay conns.json                  to the backups of the running master

The whole file is checked first, which takes some 350 bytes of memory per connection. The time since it
was taken is subtracted from all timeouts; what has expired is left out. Restore the services before: a
connection without its service is kept unbound, and takes the method from the file, until the service and
the destination are there.

With --local the messages go to the backup daemon of this host and nowhere else. If none runs, one runs on
`lo` for the time. What does not arrive is sent again. Daemons are left as they were found, also after an
error or an interrupt.

Exit status: 0 sent, and arrived with --local; 1 failed; 2 not understood; 4 something did not arrive.";

/// Send the connections of a checkpoint
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Replay {
    /// The file
    file: PathBuf,
    /// Into the table of this host, and see that they arrive
    #[arg(long, conflicts_with_all = [
        "interface", "sync_id", "group", "port", "ttl", "max_len", "sync_version",
    ])]
    local: bool,
    /// Send so many times, with --local at most and only what is missing
    #[arg(long, value_name = "N", default_value_t = NonZeroU32::new(3).expect("not zero"))]
    tries: NonZeroU32,
    /// Connections per second
    #[arg(long, value_name = "N", default_value_t = Pace::RATE)]
    rate: NonZeroU32,
    /// Check the file and count, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// In another network namespace: a name, a process id, or a path
    #[arg(long, value_name = "NAME|PID|PATH", value_parser = director::netns)]
    netns: Option<Netns>,
    #[command(flatten)]
    group: Group,
}

/// The result; in JSON with all that is missing.
#[derive(Serialize)]
struct Report<'c> {
    schema: u32,
    event: &'static str,
    dry_run: bool,
    age_seconds: u64,
    #[serde(flatten)]
    tally: Tally,
    /// Only with `--local`.
    missing: Option<Vec<&'c Connection<'static>>>,
}

impl Replay {
    /// Carries it out.
    pub(super) fn run(self, out: &mut dyn Write) -> Outcome {
        let (heading, all) = document::read(&self.file)?;
        let age = heading.age(SystemTime::now());
        let (mut tally, mut alive) = (Tally::default(), Vec::with_capacity(all.len()));
        for connection in all {
            match shortened(connection, age) {
                Some(connection) => {
                    tally.count(&connection, true);
                    alive.push(connection);
                }
                None => tally.skip("expired since the checkpoint"),
            }
        }
        // Templates first.
        alive.sort_by_key(|connection| !connection.is_template());
        let all: Vec<_> = alive.iter().collect();
        let place = Place { netns: self.netns.clone(), root: None };
        let missing = match (self.dry_run, self.local) {
            (true, _) => None,
            (false, true) => Some(self.locally(&place, &all, &mut tally)?),
            (false, false) => {
                self.to_group(&place, &all, &mut tally)?;
                None
            }
        };
        let status = missing.as_ref().map_or(0, |none| if none.is_empty() { 0 } else { MISSING });
        let (schema, event, age_seconds) = (1, "replay", age.as_secs());
        let report = Report { schema, event, dry_run: self.dry_run, age_seconds, tally, missing };
        self.tell(out, &report).map_err(Failure::output)?;
        Ok(status)
    }

    /// Nobody tells what arrives: all is sent each time.
    fn to_group(
        &self,
        place: &Place,
        all: &[&Connection<'static>],
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        let route = self.group.route(&place.director()?, place.netns.as_ref())?;
        let mut courier = Courier::new(&route, self.rate)?;
        for _ in 0..self.tries.get() {
            send(&mut courier, &route, all, tally)?;
        }
        Ok(())
    }

    /// Returns what did not arrive.
    fn locally<'c>(
        &self,
        place: &Place,
        all: &[&'c Connection<'static>],
        tally: &mut Tally,
    ) -> Result<Vec<&'c Connection<'static>>, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(Failure::failed)?;
        }
        let local = Local::new(place)?;
        let route = local.route(place.netns.as_ref());
        let missing = self.until_arrived(place, &route, all, &stop, tally);
        let left = local.leave();
        let missing = missing?;
        left.map(|()| missing)
    }

    fn until_arrived<'c>(
        &self,
        place: &Place,
        route: &Route,
        all: &[&'c Connection<'static>],
        stop: &AtomicBool,
        tally: &mut Tally,
    ) -> Result<Vec<&'c Connection<'static>>, Failure> {
        let mut courier = Courier::new(route, self.rate)?.until(stop);
        let (start, mut missing) = (Instant::now(), all.to_vec());
        for _ in 0..self.tries.get() {
            send(&mut courier, route, &missing, tally)?;
            missing = arrival::missing(place, &arrival::lasting(&missing, start), stop)?;
            if missing.is_empty() {
                break;
            }
        }
        Ok(missing)
    }

    fn tell(&self, out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
        if self.json {
            serde_json::to_writer(&mut *out, report)?;
            return out.write_all(b"\n");
        }
        let done = if self.dry_run { "would send" } else { "sent" };
        let Report { age_seconds, tally, missing, .. } = report;
        writeln!(out, "checkpoint of {age_seconds} s ago; {done} {tally}")?;
        match missing.as_deref() {
            None => Ok(()),
            Some([]) => writeln!(out, "all arrived"),
            Some(missing) => {
                writeln!(out, "{} did not arrive:", missing.len())?;
                missing.iter().take(SHOWN).try_for_each(|c| writeln!(out, "  {c}"))?;
                match missing.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => writeln!(out, "  and {more} more (all with --json)"),
                }
            }
        }
    }
}

/// The connection with what is left of its timeout after `age`.
fn shortened(connection: Connection<'static>, age: Duration) -> Option<Connection<'static>> {
    let left = connection.timeout.as_secs().checked_sub(age.as_secs()).filter(|left| *left > 0)?;
    Some(connection.timeout(Duration::from_secs(left)))
}

fn send(
    courier: &mut Courier<'_>,
    route: &Route,
    connections: &[&Connection<'static>],
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mut mail = Mail::new(route);
    for connection in connections {
        if let Err(reason) = mail.push(connection) {
            tally.skip(reason);
        }
    }
    let parcels = mail.close();
    tally.post(&parcels);
    courier.deliver(&parcels, &mut Progress::of(connections.len() as u64))
}

#[cfg(test)]
mod tests {
    use ipvs_types::Protocol;

    use super::*;

    #[test]
    fn timeouts_shrink_with_age_and_run_out() {
        let end = |text: &str| text.parse().expect("an address");
        let [client, service, dest] = ["10.0.0.1:9", "192.0.2.1:80", "10.1.0.2:80"].map(end);
        let connection = Connection::new(Protocol::TCP, client, service, dest);
        let connection = connection.expect("one family").timeout(Duration::from_secs(100));
        let left = |age| {
            let connection = shortened(connection.clone(), Duration::from_secs_f64(age));
            connection.map(|connection| connection.timeout.as_secs())
        };
        assert_eq!((left(0.0), left(98.7)), (Some(100), Some(2)));
        assert_eq!((left(99.0), left(100.0), left(1e6)), (Some(1), None, None));
    }
}

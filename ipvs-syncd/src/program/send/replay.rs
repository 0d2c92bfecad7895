// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd send replay`: the connections of a checkpoint, to backups or into this host's own table.

use std::io::{self, Write};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use clap::Args;
use ipvs_netlink::{Ipvs, Netns};
use ipvs_syncd::Connection;
use ipvs_syncd::checkpoint::{Checkpoint, Left};
use ipvs_syncd::socket::Pace;
use ipvs_syncd::surgery::{self, Done, Plan, Session, Survey};
use ipvs_syncd::table::Directory;
use serde::Serialize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::director::{self, Place};
use super::group::Group;
use super::mail::{Courier, Mail, Parcel};
use super::progress::Progress;
use super::tally::Tally;
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
was taken is subtracted from all timeouts; what has expired is left out. Templates get at least the
timeout of their service, which the kernel would not give them back. Restore the services before: a
connection without its service is kept unbound, and takes the method from the file, until the service and
the destination are there.

With --local the messages go to the backup daemon of this host and nowhere else. If none runs, one runs on
`lo` for the time. What does not arrive is sent again, and what is there already is left as it is. Daemons
are left as they were found, also after an error or an interrupt.

Exit status: 0 sent, and arrived with --local; 1 failed; 2 not understood; 4 something did not arrive.";

/// Send the connections of a checkpoint
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Replay {
    /// The file
    file: PathBuf,
    /// Into the table of this host, and see that they arrive: as `ipvsadm conn restore`
    #[arg(long, conflicts_with_all = [
        "interface", "sync_id", "group", "port", "ttl", "max_len", "sync_version", "tries", "rate",
    ])]
    local: bool,
    /// Send so many times
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
    missing: Option<Vec<&'c Done>>,
}

impl Replay {
    /// Carries it out.
    pub(super) fn run(self, out: &mut dyn Write) -> Outcome {
        let checkpoint = Checkpoint::read(&self.file);
        let checkpoint = checkpoint.map_err(|error| Failure::failed(error).of(&self.file))?;
        let Left { age, connections, expired } = checkpoint.left(SystemTime::now());
        let mut tally = Tally::default();
        match self.group.version() {
            Some(version) if self.dry_run && !self.local => {
                parcels(Mail::unsent(version), &connections, &mut tally);
            }
            _ if self.dry_run || self.local => {
                // No version is known, or it does not matter that there is one which can't say everything.
                connections.iter().for_each(|connection| tally.count(connection, true));
            }
            _ => {}
        }
        (0..expired).for_each(|_| tally.skip("expired since the checkpoint"));
        let local = match (self.dry_run, self.local) {
            (true, _) => None,
            (false, true) => Some(self.locally(connections)?),
            (false, false) => {
                self.to_group(&connections, &mut tally)?;
                None
            }
        };
        let missing = local.as_ref().map(|report| {
            report.done.iter().filter(|done| !done.outcome.is_success()).collect::<Vec<_>>()
        });
        let status = missing.as_ref().map_or(0, |none| if none.is_empty() { 0 } else { MISSING });
        let (schema, event, age_seconds) = (1, "replay", age.as_secs());
        let report = Report { schema, event, dry_run: self.dry_run, age_seconds, tally, missing };
        self.tell(out, &report).map_err(Failure::output)?;
        Ok(status)
    }

    /// Nobody tells what arrives: all is sent each time.
    fn to_group(&self, all: &[Connection<'static>], tally: &mut Tally) -> Result<(), Failure> {
        let place = Place { netns: self.netns.clone(), root: None };
        let route = self.group.route(&place.director()?, place.netns.as_ref())?;
        let mut courier = Courier::new(&route, self.rate)?;
        let parcels = parcels(Mail::new(&route), all, tally);
        for _ in 0..self.tries.get() {
            tally.post(&parcels);
            courier.deliver(&parcels, &mut Progress::of(tally.sendable()))?;
        }
        Ok(())
    }

    /// Returns what became of each.
    fn locally(&self, all: Vec<Connection<'static>>) -> Result<surgery::Report, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(Failure::failed)?;
        }
        let (mut ipvs, place) = match self.netns.clone() {
            Some(netns) => (Ipvs::in_netns(netns.clone())?, surgery::Place::netns(netns)),
            None => (Ipvs::open()?, surgery::Place::here()),
        };
        let survey = Survey::take(&mut ipvs, &place)?;
        let directory = Directory::from(&survey.table);
        let mut session = Session::open(ipvs, place, &survey, stop)?;
        let report = Plan::restore(all).perform(&directory, &mut session);
        // Whatever came of it, the daemon goes first.
        session.close()?;
        Ok(report?)
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
                for Done { step, outcome, .. } in missing.iter().take(SHOWN) {
                    writeln!(out, "  {}: {outcome}", step.sent())?;
                }
                match missing.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => writeln!(out, "  and {more} more (all with --json)"),
                }
            }
        }
    }
}

/// What tells the group of the connections, and what is left out because its version can't say it.
fn parcels(mut mail: Mail, connections: &[Connection<'_>], tally: &mut Tally) -> Vec<Parcel> {
    for connection in connections {
        match mail.push(connection) {
            Ok(()) => tally.count(connection, true),
            Err(reason) => tally.skip(reason),
        }
    }
    mail.close()
}

#[cfg(test)]
mod tests {
    use ipvs_syncd::Version;
    use ipvs_types::Protocol;

    use super::*;

    #[test]
    fn what_the_version_can_not_say_is_not_told_as_sent() {
        let made = |ends: [&str; 3]| {
            let [client, service, dest] = ends.map(|end| end.parse().expect("an address"));
            Connection::new(Protocol::TCP, client, service, dest).expect("one family")
        };
        let v4 = made(["10.0.0.1:9", "192.0.2.1:80", "10.1.0.2:80"]);
        let v6 = made(["[fd00::1]:9", "[2001:db8::1]:80", "[fd01::2]:80"]);
        let all = [v4.clone(), v6.clone(), v4, v6];
        for (version, connections, left_out) in [(Version::V1, 4, 0), (Version::V0, 2, 2)] {
            let mut tally = Tally::default();
            let parcels = parcels(Mail::unsent(version), &all, &mut tally);
            let told: u32 = parcels.iter().map(|parcel| parcel.connections).sum();
            assert_eq!((u64::from(told), tally.sendable()), (connections, connections));
            let tally = serde_json::to_value(&tally).expect("JSON");
            let skipped = tally["skipped"].as_object().expect("an object");
            let skipped = skipped.values().map(|count| count.as_u64().expect("a number"));
            assert_eq!(skipped.sum::<u64>(), left_out);
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd monitor`: who sends what, and what is wrong with it.

mod comparer;
mod ears;
mod live;

use std::fs::File;
use std::io::Write;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use ipvs_syncd::capture;
use ipvs_syncd::tracker::{ServicePattern, Tracker, Watch};

use super::events::Json;
use super::failure::Failure;
use super::moment::{Moment, Origin};
use super::report::Report;
use super::sides::Sides;
use super::{Outcome, Output};
use ears::Ears;
use live::Run;

/// The ports of a master with the greatest `sync_ports`.
const PORTS: RangeInclusive<u16> = 8848..=8911;
/// Exit status if there was an alarm and `--fail-on-alarm` was given.
const ALARM: u8 = 3;

const EXAMPLES: &str = "\
Examples:
  ipvs-syncd monitor                                   where the sync daemons of this host listen
  ipvs-syncd monitor -i eth1 --for 60 --json | jq 'select(.event == \"summary\")'
  ipvs-syncd monitor --coverage --backup-netns blue
  tcpdump -i eth1 -w sync.pcap 'udp portrange 8848-8911'
  ipvs-syncd monitor --read sync.pcap
  ipvs-syncd monitor --read sync.pcap --sync-id 7 --known-sender 10.0.0.1 --service 192.0.2.1:80
  ipvs-syncd monitor --read sync.pcap --json | jq 'select(.event == \"alarm\")'

Alarms: two masters on one sync id, unknown senders, mixed or unknown versions, other sync ids, foreign
virtual addresses, malformed or oversized datagrams, silence. Each is raised once and cleared when it was
not seen for a minute; silence is cleared by the next message.

A master's messages are not heard by other programs on its own host but on the wire, where datagrams in
fragments (longer than the link's MTU) are counted and not read. `lost by this monitor` tells what the
kernel dropped because this program was too slow; nobody can tell what a backup's kernel dropped, but see
`ipvs-syncd coverage --help`.

With --json every line is an object with `schema` (1) and `event`: `message`, `alarm`, `coverage`, and
every --interval and at last `summary`. Times are in seconds since the Unix epoch. SIGINT and SIGTERM end
the program after a last summary.

Exit status: 0 done; 1 failed; 2 not understood; 3 an alarm was raised, with --fail-on-alarm.";

/// Show who sends sync messages, how many, and what is wrong with them
///
/// Listens to the groups of the running sync daemons, or reads a capture. A capture, and a group on an
/// interface that is named, need no privilege and no IPVS.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Monitor {
    /// A capture, pcap or pcapng
    #[arg(long, value_name = "FILE")]
    read: Option<PathBuf>,
    #[command(flatten)]
    run: Run,
    /// Print JSON, one object per line
    #[arg(long)]
    json: bool,
    /// Who may send; raise an alarm for all others (may be repeated)
    #[arg(long = "known-sender", value_name = "ADDR")]
    known_senders: Vec<IpAddr>,
    /// The sync id of this group; raise an alarm for others
    #[arg(long, value_name = "N")]
    sync_id: Option<u8>,
    /// A virtual service; raise an alarm for connections of none (may be repeated)
    #[arg(long = "service", value_name = "ADDR[:PORT]")]
    services: Vec<ServicePattern>,
    /// Raise an alarm when a sync id is silent for so long
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    silence: Option<u32>,
    /// The backups' sync_maxlen; raise an alarm for longer datagrams
    #[arg(long, value_name = "BYTES", default_value_t = ipvs_syncd::DEFAULT_MAX_LEN)]
    max_len: u16,
    /// The first UDP port (may be repeated) [default: the running daemon's, or 8848; of a capture 8848
    /// to 8911]
    #[arg(long = "port", value_name = "PORT")]
    ports: Vec<u16>,
    /// How many ports from each on, the master's sync_ports [default: this host's, or 1]
    #[arg(long = "ports", value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    port_count: Option<u8>,
    /// How many connections and templates to keep in mind, at most 700 bytes each
    #[arg(long, value_name = "N", default_value_t = Watch::default().max_connections)]
    max_connections: usize,
    /// Exit with status 3 if an alarm was raised
    #[arg(long)]
    fail_on_alarm: bool,
    #[command(flatten)]
    ears: Ears,
    #[command(flatten)]
    sides: Sides,
}

impl Monitor {
    /// Carries it out.
    pub(super) fn run(self, out: &mut dyn Write) -> Outcome {
        let raised = match &self.read {
            Some(path) => self.read(path, out)?,
            None => {
                let places = (&self.ears, &self.sides);
                let ports = (&*self.ports, self.port_count);
                self.run.listen(out, places, ports, (self.watch(), self.json))?
            }
        };
        Ok(if raised > 0 && self.fail_on_alarm { ALARM } else { 0 })
    }

    /// Reads a capture. Returns the number of alarms that were raised.
    fn read(&self, path: &Path, out: &mut dyn Write) -> Result<u64, Failure> {
        let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
        let mut tracker = Tracker::new(self.watch());
        let wanted = |port| match self.ports.is_empty() {
            true => PORTS.contains(&port),
            false => {
                let count = u16::from(self.port_count.unwrap_or(1));
                self.ports.iter().any(|first| *first <= port && port - first < count)
            }
        };
        let mut output: Box<dyn Output> = match self.json {
            true => Box::new(Json { messages: self.run.messages() }),
            false => Box::new(Report::default()),
        };
        let contents = capture::read(file, wanted, |udp| {
            let alarms = tracker.receive(udp.time, udp.from.ip(), udp.to, udp.payload);
            output.message(out, &udp)?;
            alarms.iter().try_for_each(|alarm| output.alarm(out, alarm))
        })
        .map_err(|failure: Failure| failure.of(path))?;
        if let Some(last) = contents.last {
            tracker.tick(last).iter().try_for_each(|alarm| output.alarm(out, alarm))?;
        }
        let summary = tracker.summary();
        let origin = Origin::Capture(&contents);
        output.summary(out, &Moment { last: true, summary: &summary, origin })?;
        Ok(summary.alarms_raised)
    }

    fn watch(&self) -> Watch {
        let mut watch = Watch::default();
        watch.known_senders.clone_from(&self.known_senders);
        watch.sync_id = self.sync_id;
        watch.services.clone_from(&self.services);
        watch.silence = self.silence.map(|seconds| Duration::from_secs(seconds.into()));
        watch.max_len = self.max_len;
        watch.max_connections = self.max_connections;
        watch
    }
}

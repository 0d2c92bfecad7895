// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd monitor`: who sends what, and what is wrong with it.

use std::fs::File;
use std::io::Write;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ipvs_syncd::capture;
use ipvs_syncd::tracker::{ServicePattern, Tracker, Watch};

use super::events::Json;
use super::failure::Failure;
use super::report::Report;
use super::{Outcome, Output};

/// The ports of a master with the greatest `sync_ports`.
const PORTS: RangeInclusive<u16> = 8848..=8911;
/// Exit status if there was an alarm and `--fail-on-alarm` was given.
const ALARM: u8 = 3;

const EXAMPLES: &str = "\
Examples:
  tcpdump -i eth1 -w sync.pcap 'udp portrange 8848-8911'
  ipvs-syncd monitor --read sync.pcap
  ipvs-syncd monitor --read sync.pcap --sync-id 7 --known-sender 10.0.0.1 --service 192.0.2.1:80
  ipvs-syncd monitor --read sync.pcap --json | jq 'select(.event == \"alarm\")'

Alarms: two masters on one sync id, unknown senders, mixed or unknown versions, other sync ids, foreign
virtual addresses, malformed or oversized datagrams, silence. Each is raised once and cleared when it was
not seen for a minute; silence is cleared by the next message.

With --json every line is an object with `schema` (1) and `event`: `message`, `alarm`, and at last
`summary`. Times are in seconds since the Unix epoch.

Exit status: 0 done; 1 failed; 2 not understood; 3 an alarm was raised, with --fail-on-alarm.";

/// Show who sends sync messages, how many, and what is wrong with them
///
/// Needs no privilege and no IPVS. Datagrams in fragments, longer than the link's MTU, are counted and
/// not read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Monitor {
    /// A capture, pcap or pcapng
    #[arg(long, value_name = "FILE")]
    read: PathBuf,
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
    /// A UDP port instead of 8848 to 8911 (may be repeated)
    #[arg(long = "port", value_name = "PORT")]
    ports: Vec<u16>,
    /// Exit with status 3 if an alarm was raised
    #[arg(long)]
    fail_on_alarm: bool,
}

impl Monitor {
    /// Carries it out.
    pub(super) fn run(self, out: &mut dyn Write) -> Outcome {
        let path = &self.read;
        let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
        let mut tracker = Tracker::new(self.watch());
        let wanted = |port| match self.ports.is_empty() {
            true => PORTS.contains(&port),
            false => self.ports.contains(&port),
        };
        let mut output: Box<dyn Output> =
            if self.json { Box::new(Json) } else { Box::new(Report::default()) };
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
        output.summary(out, &contents, &summary)?;
        let alarm = summary.alarms_raised > 0 && self.fail_on_alarm;
        Ok(if alarm { ALARM } else { 0 })
    }

    fn watch(&self) -> Watch {
        let mut watch = Watch::default();
        watch.known_senders.clone_from(&self.known_senders);
        watch.sync_id = self.sync_id;
        watch.services.clone_from(&self.services);
        watch.silence = self.silence.map(|seconds| Duration::from_secs(seconds.into()));
        watch.max_len = self.max_len;
        watch
    }
}

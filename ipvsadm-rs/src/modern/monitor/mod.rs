// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm monitor`: changes of the configuration as they happen.

mod record;
mod show;

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use ipvs_netlink::{Error, ErrorKind, Ipvs, Netns, Seen, Watch, WatchedBy};

use super::{Outcome, netns, signals, warn};
use crate::legacy::streams::Io;
use show::Show;

/// How long it waits before it looks whether Ctrl-C was pressed.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the configuration can be read: up to once a day.
const INTERVALS: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);

const EXAMPLES: &str = "\
Examples:
  ipvsadm monitor                           + creates, ~ changes, - removes
  ipvsadm monitor --json | jq -c 'select(.event == \"change\")'
  ipvsadm monitor --netns blue --verbose    says by what means

A kernel with the family ipvs_ext (see kernel-patches) tells of each change, by whomever. On others the
configuration is read at intervals and compared: what changes back in between is not seen, nor who zeroes
counters. Counters and connections are not told.

JSON: one object a line with \"schema\": 1, \"time\" in seconds since 1970 and \"event\":
  snapshot  first, and after an overrun: \"ruleset\" is the whole configuration; \"means\": events or polling
  change    \"operation\", what it was about, its settings now; \"genid\" and, if known, \"port\" of who asked
  overrun   changes were missed (\"missed\", if known); a snapshot follows
  other     a \"command\" that this program does not know

Exit status: 0 ended by Ctrl-C or --count; 1 failed; 2 not understood.";

/// Show changes of services, destinations, sync daemons and timeouts as they happen
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Monitor {
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Enter this network namespace: NAME (see `ip netns`), PID or PATH
    #[arg(long, value_name = "NS", value_parser = netns::parse)]
    netns: Option<Netns>,
    /// How often to read the configuration where the kernel tells nothing, up to a day
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = interval)]
    interval: Duration,
    /// Read it so often even where the kernel tells
    #[arg(long)]
    poll: bool,
    /// End after so many changes
    #[arg(long, value_name = "COUNT")]
    count: Option<u64>,
    /// Say on standard error by what means changes are seen
    #[arg(long)]
    verbose: bool,
}

fn interval(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let interval = seconds.filter(|interval| INTERVALS.contains(interval));
    interval.ok_or("seconds from 0.001 to 86400 (a day)")
}

impl Monitor {
    /// Carries it out.
    pub(super) fn run(
        self,
        io: &mut Io<'_>,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
    ) -> Outcome {
        let mut ipvs = match &self.netns {
            Some(netns) => Ipvs::in_netns(netns.clone())?,
            None => connect()?,
        };
        let stop = signals::stop()?;
        let (tier, interval) = (self.verbose.then(|| ipvs.tier()).transpose()?, self.interval);
        let mut watch = match self.poll {
            true => ipvs.watch_by_polling(interval),
            false => ipvs.watch(interval)?,
        };
        let (name, means) = match watch.by() {
            WatchedBy::Events => ("events", "the kernel's events".to_owned()),
            WatchedBy::Polling(interval) => {
                ("polling", format!("reading every {} s", interval.as_secs_f64()))
            }
        };
        if let Some(tier) = tier {
            warn(io, &format!("{tier}: changes are seen by {means}"));
        }
        self.show(&mut watch, &Show::new(self.json, name), &stop, io)
    }

    fn show(
        &self,
        watch: &mut Watch<'_>,
        show: &Show,
        stop: &AtomicBool,
        io: &mut Io<'_>,
    ) -> Outcome {
        let mut changes = 0;
        while !stop.load(Ordering::Relaxed) {
            let seen = match watch.next_within(PATIENCE) {
                Ok(Some(seen)) => seen,
                Ok(None) => continue,
                Err(error) if passes(&error) => {
                    warn(io, &error.to_string());
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            show.print(&seen, io)?;
            changes += u64::from(matches!(seen, Seen::Change { .. }));
            if self.count.is_some_and(|count| changes >= count) {
                return Ok(0);
            }
        }
        Ok(0)
    }
}

/// Whether it may work the next time.
fn passes(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsettled | ErrorKind::Timeout | ErrorKind::OutcomeUnknown)
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd coverage`: how much of what a master has its backup has.

use std::io::Write;

use clap::Args;
use ipvs_syncd::coverage::{Source, Tables};

use super::coverage_report::report;
use super::failure::Failure;
use super::sides::Sides;
use super::{Outcome, events};

/// Exit status if less is held than was asked for.
const TOO_LITTLE: u8 = 3;

const EXAMPLES: &str = "\
Examples:
  ipvs-syncd coverage --backup-netns blue              this namespace's master, a backup beside it
  ssh lb2 ipvsadm proc conns --json --sync > lb2.json
  ipvs-syncd coverage --backup-file lb2.json --min-coverage 99

Expected is what the master has, in states that masters send (TCP ESTABLISHED, FIN_WAIT, CLOSE,
CLOSE_WAIT and TIME_WAIT, SCTP from ESTABLISHED on, UDP, templates). A connection of fewer packets than
the sysctl sync_threshold says was never sent, but for UDP, and TCP in ESTABLISHED, the table doesn't show
it: such ones count as missing. Read the backup's table after the master's.

Kernels before 7.1 leave connections out of a listing while others come and go: there the tables are read at
least three times.

Missing entries are late since their last packet passed the master. Those of at most three seconds may
still be on their way.

With --json one object: `schema` (1), `coverage`.

Exit status: 0 done; 1 failed; 2 not understood; 3 less than --min-coverage is held.";

/// Compare a backup's connections with its master's
///
/// Reads ip_vs_conn of the master and ip_vs_conn_sync of the backup. Needs no privilege but to enter
/// namespaces; with CAP_NET_ADMIN it also knows persistence and timeouts.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Coverage {
    #[command(flatten)]
    sides: Sides,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Exit with status 3 if less is held
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    min_coverage: Option<f64>,
}

impl Coverage {
    /// Carries it out.
    pub(super) fn run(self, out: &mut dyn Write) -> Outcome {
        let [master, backup] = self.sides.sources(&Source::Here)?;
        let tables = Tables::read(&master, &backup)?;
        let skipped = tables.skipped;
        let coverage = tables.compare(None);
        match self.json {
            true => events::coverage(out, &coverage, skipped)?,
            false => {
                let text = report(&coverage, skipped);
                out.write_all(text.trim_start().as_bytes()).map_err(Failure::output)?;
            }
        }
        let least = self.min_coverage.unwrap_or(0.0);
        Ok(if coverage.total.percent() < least { TOO_LITTLE } else { 0 })
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "a number from 0 to 100 is wanted".to_owned())
}

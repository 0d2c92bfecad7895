// SPDX-License-Identifier: MIT OR Apache-2.0
//! The grammar: `ipvs-syncd WORD …`.
//!
//! Exit statuses: 0 done, 1 failed, 2 not understood, 3 an alarm was raised (`--fail-on-alarm`) or too
//! little is held (`--min-coverage`), 4 something did not arrive (`send replay --local`).

mod coverage;
mod coverage_report;
mod events;
mod failure;
mod live_report;
mod moment;
mod monitor;
mod report;
mod send;
#[cfg(feature = "serve")]
mod serve;
mod sides;
mod stop;
mod table;

use std::io::{self, BufWriter, Write};

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use ipvs_syncd::capture::Udp;
use ipvs_syncd::tracker::AlarmEvent;

use failure::Failure;
use moment::{Covered, Moment};

/// Tools for the synchronisation of IPVS connections
#[derive(Debug, Parser)]
#[command(name = "ipvs-syncd", version, disable_help_subcommand = true)]
#[command(subcommand_required = true, arg_required_else_help = false)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Monitor(Box<monitor::Monitor>),
    Coverage(coverage::Coverage),
    Send(send::Send),
    #[cfg(feature = "serve")]
    Serve(serve::Serve),
    /// conntrackd's word for `send bulk`.
    #[command(hide = true, short_flag = 'B')]
    Bulk(send::bulk::Bulk),
}

impl Command {
    /// Whether it ends quietly when a reader of what it prints goes away. A service outlives whoever
    /// reads its log.
    const fn ends_with_its_reader(&self) -> bool {
        match self {
            #[cfg(feature = "serve")]
            Self::Serve(_) => false,
            Self::Monitor(_) | Self::Coverage(_) | Self::Send(_) | Self::Bulk(_) => true,
        }
    }

    fn run(self, out: &mut dyn Write) -> Outcome {
        match self {
            Self::Monitor(monitor) => monitor.run(out),
            Self::Coverage(coverage) => coverage.run(out),
            Self::Send(send) => send.run(out),
            #[cfg(feature = "serve")]
            Self::Serve(serve) => serve.run(out),
            Self::Bulk(bulk) => bulk.run(out),
        }
    }
}

/// What a command returns: the exit status, unless it failed.
type Outcome = Result<u8, Failure>;

/// How a monitor tells what it finds: to people or to programs.
trait Output {
    /// A datagram; its alarms come after it.
    fn message(&mut self, out: &mut dyn Write, udp: &Udp<'_>) -> Result<(), Failure>;
    /// An alarm begins or ends.
    fn alarm(&mut self, out: &mut dyn Write, event: &AlarmEvent) -> Result<(), Failure>;
    /// Tables were compared.
    fn coverage(&mut self, out: &mut dyn Write, covered: &Covered) -> Result<(), Failure>;
    /// How things stand: now and then, and at the end.
    fn summary(&mut self, out: &mut dyn Write, moment: &Moment<'_>) -> Result<(), Failure>;
}

/// The grammar, for the generators of completions and the manual.
pub fn command() -> clap::Command {
    <Line as clap::CommandFactory>::command()
}

/// Runs the command line of this process; returns the exit status.
pub fn run() -> u8 {
    let mut out = BufWriter::new(io::stdout().lock());
    let line = Line::try_parse();
    if line.as_ref().map_or(true, |line| line.command.ends_with_its_reader()) {
        sigpipe::reset();
    }
    let outcome = match line {
        Ok(line) => line.command.run(&mut out),
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            write!(out, "{error}").map_err(Failure::output).map(|()| 0)
        }
        Err(error) => Err(Failure::usage(&error)),
    };
    let outcome = outcome.and_then(|status| {
        out.flush().map_err(Failure::output)?;
        Ok(status)
    });
    outcome.unwrap_or_else(|failure| {
        // What was found before the failure comes before it.
        let _ = out.flush();
        let _ = writeln!(io::stderr(), "ipvs-syncd: {}", failure.text);
        failure.status
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        command().debug_assert();
    }
}

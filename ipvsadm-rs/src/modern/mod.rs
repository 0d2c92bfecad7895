// SPDX-License-Identifier: MIT OR Apache-2.0
//! The modern grammar: `ipvsadm WORD …`. The C tool refuses bare words, so nothing collides.
//!
//! Exit statuses: 0 done, 1 refused, failed or (`diff`) different, 2 not understood, 4 (`conn`) done in
//! part.

mod conn;
mod failure;
mod monitor;
mod netns;
mod proc;
mod signals;
mod sysctl;

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use ipvs_netlink::{Error, Ipvs};

use crate::legacy::argv::Argv;
use crate::legacy::streams::Io;
use crate::output::escape;
use failure::Failure;

/// The first words of this grammar. All others are for the legacy grammar to refuse.
const WORDS: [&str; 4] = ["conn", "monitor", "proc", "sysctl"];

/// Whether a command line whose first argument this is belongs to this grammar.
pub fn is_word(first: &[u8]) -> bool {
    WORDS.iter().any(|word| word.as_bytes() == first)
}

#[derive(Debug, Parser)]
#[command(name = "ipvsadm", disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// One variant for each of [`WORDS`].
#[derive(Debug, Subcommand)]
enum Command {
    Conn(conn::Conn),
    Monitor(monitor::Monitor),
    Proc(proc::Proc),
    Sysctl(sysctl::Sysctl),
}

/// The grammar, for the generators of completions and the manual.
pub fn command() -> clap::Command {
    <Line as clap::CommandFactory>::command()
}

/// What a command returns: the exit status, unless it failed.
type Outcome = Result<u8, Failure>;

/// Runs a command line that starts with a word; returns the exit status.
///
/// `connect` is called at most once, by words that ask the kernel's IPVS itself.
pub(crate) fn run(
    argv: Argv<'_>,
    io: &mut Io<'_>,
    connect: impl FnOnce() -> Result<Ipvs, Error>,
) -> u8 {
    let words = [OsStr::new("ipvsadm")].into_iter().chain(argv.iter().map(OsStr::from_bytes));
    let outcome = match Line::try_parse_from(words) {
        Ok(Line { command: Command::Conn(conn) }) => conn.run(io, connect),
        Ok(Line { command: Command::Monitor(monitor) }) => monitor.run(io, connect),
        Ok(Line { command: Command::Proc(proc) }) => proc.run(io),
        Ok(Line { command: Command::Sysctl(sysctl) }) => sysctl.run(io),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => print(io, &error.to_string()),
        Err(error) => Err(Failure::usage(in_one_line(&error))),
    };
    outcome.unwrap_or_else(|failure| {
        warn(io, &failure.text);
        failure.status
    })
}

/// What is wrong, without the usage that clap puts after it.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = first.trim_start_matches("error: ").split_whitespace().collect();
    format!("{} (see --help)", words.join(" "))
}

/// Writes a line to standard error. It may quote what came from the network.
fn warn(io: &mut Io<'_>, text: &str) {
    io.warn(format!("ipvsadm: {}", escape::printable(text.as_bytes())).as_bytes());
}

/// Writes to standard output, all of it. Unlike listings of the legacy grammar, a full disk is noticed.
fn print(io: &mut Io<'_>, text: &str) -> Outcome {
    let written = io.stdout.write_all(text.as_bytes()).and_then(|()| io.stdout.flush());
    match written {
        Ok(()) => Ok(0),
        Err(error) => Err(unwritten(&error)),
    }
}

/// Standard output takes no more.
fn unwritten(error: &io::Error) -> Failure {
    Failure::file("standard output", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_the_commands() {
        let command = command();
        let names: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(names, WORDS);
        assert!(
            is_word(b"sysctl")
                && is_word(b"monitor")
                && is_word(b"proc")
                && is_word(b"conn")
                && !is_word(b"sysct")
                && !is_word(b"-sysctl")
                && !is_word(b"")
        );
        command.debug_assert();
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! One run of `ipvsadm`.

use ipvs_netlink::{Error, Ipvs};

use super::argv::Argv;
use super::command::{self, Command, Listing};
use super::help;
use super::options::Verb;
use super::popt::Lexer;
use super::session::Session;
use super::streams::{Io, World};
use super::unprivileged;

/// Runs `ipvsadm`, called `program`, with `argv`; returns the exit status.
pub fn command_line(
    program: &[u8],
    argv: Argv<'_>,
    io: &mut Io<'_>,
    world: &World<'_>,
    connect: impl FnOnce() -> Result<Ipvs, Error>,
) -> u8 {
    let mut lexer = Lexer::new(argv, world.posixly_correct);
    let first = (!argv.is_empty()).then(|| command::verb(&mut lexer, program));
    if let Some(Ok((verb, _))) = first
        && let Some(text) = overview(verb, program)
    {
        io.print(&text);
        return 0;
    }
    let mut early = None;
    if let Some(Ok((Verb::List, _))) = first
        && unprivileged::is_asked(argv)
    {
        // Without privilege nobody can connect, hence the rest of the line comes first.
        match command::parse(Verb::List, None, &mut lexer, program, world.host) {
            Ok(Command::ListUnprivileged(listing)) => {
                return unprivileged::list(&listing, world, io);
            }
            Ok(other) => early = Some(other),
            Err(fault) => return io.complain(&fault),
        }
    }
    let mut session = match Session::open(program, world, io, connect) {
        Ok(session) => session,
        Err(status) => return status,
    };
    let command = match (early, first) {
        (Some(command), _) => Ok(command),
        (None, None) => Ok(Command::List(Listing::DEFAULT)),
        (None, Some(Err(fault))) => Err(fault),
        (None, Some(Ok((verb, value)))) => {
            command::parse(verb, value.as_deref(), &mut lexer, program, world.host)
        }
    };
    match command {
        Ok(Command::Restore { atomic }) => {
            let Io { stdin, stdout, stderr, columns } = io;
            let nothing = &mut std::io::empty();
            let mut output =
                Io { stdin: nothing, stdout: *stdout, stderr: *stderr, columns: *columns };
            match atomic {
                true => session.restore_atomic(*stdin, &mut output),
                false => session.restore(*stdin, &mut output),
            }
        }
        Ok(command) => session.carry_out(command, io),
        Err(fault) => io.complain(&fault),
    }
}

/// The text of commands that need no kernel.
pub(super) fn overview(verb: Verb, program: &[u8]) -> Option<Vec<u8>> {
    match verb {
        Verb::Help => Some(help::text(program)),
        Verb::Version => Some(help::VERSION.into()),
        _ => None,
    }
}

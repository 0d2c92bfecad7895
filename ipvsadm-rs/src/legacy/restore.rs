// SPDX-License-Identifier: MIT OR Apache-2.0
//! Carries the lines of a restore out (`-R`).

use std::io::{self, Read};
use std::ops::ControlFlow;

use ipvs_netlink::{Error, Operation};

use super::argv::Argv;
use super::command::{self, Command};
use super::fault::{Fault, LISTING, REFUSED, USAGE};
use super::lines::Lines;
use super::popt::Lexer;
use super::run::overview;
use super::session::Session;
use super::streams::Io;

/// How many changes of a restore are sent together.
const BATCH: usize = 1024;

/// How far a restore is.
struct Run {
    gathered: Vec<Operation>,
    status: u8,
}

impl Session<'_> {
    /// Restores from standard input.
    pub(super) fn restore_stdin(&mut self, io: &mut Io<'_>) -> u8 {
        let Io { stdin, stdout, stderr } = io;
        let mut output = Io { stdin: &mut io::empty(), stdout: *stdout, stderr: *stderr };
        self.restore(*stdin, &mut output)
    }

    /// Carries out the lines of `input`; the exit status is that of the last.
    ///
    /// Changes are gathered and sent together. Everything that could be told apart from one by one
    /// is preserved: complaints come in the order of lines, and whatever is gathered is sent before
    /// a line that lists, before a fault, and before waiting for more input.
    pub fn restore(&mut self, input: &mut dyn Read, io: &mut Io<'_>) -> u8 {
        let mut lines = Lines::new(input);
        let mut run = Run { gathered: Vec::with_capacity(BATCH), status: 0 };
        loop {
            while let Some(argv) = lines.take() {
                if let ControlFlow::Break(status) = self.line(argv, &mut run, io) {
                    return status;
                }
            }
            if let ControlFlow::Break(status) = self.send(&mut run, io) {
                return status;
            }
            match lines.fill() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    io.warn(format!("cannot read standard input: {error}").as_bytes());
                    return USAGE;
                }
            }
        }
        if let Some(argv) = lines.take_rest()
            && let ControlFlow::Break(status) = self.line(argv, &mut run, io)
        {
            return status;
        }
        match self.send(&mut run, io) {
            ControlFlow::Break(status) => status,
            ControlFlow::Continue(()) => run.status,
        }
    }

    /// One line of a restore; breaks with the exit status if it ends the restore.
    fn line(&mut self, argv: Argv<'_>, run: &mut Run, io: &mut Io<'_>) -> ControlFlow<u8> {
        if argv.is_empty() {
            return ControlFlow::Continue(());
        }
        let mut lexer = Lexer::new(argv, self.world.posixly_correct);
        let (verb, value) = match command::verb(&mut lexer, self.program) {
            Ok(start) => start,
            Err(fault) => return self.fault(&fault, run, io),
        };
        if let Some(overview) = overview(verb, self.program) {
            self.send(run, io)?;
            io.print(&overview);
            return ControlFlow::Break(0);
        }
        match command::parse(verb, value.as_deref(), &mut lexer, self.program, self.world.host) {
            Ok(Command::Change(operation)) => {
                run.gathered.push(operation);
                match run.gathered.len() {
                    BATCH.. => self.send(run, io),
                    _ => ControlFlow::Continue(()),
                }
            }
            Ok(command) => self.look(command, run, io),
            Err(fault) => self.fault(&fault, run, io),
        }
    }

    /// A line that changes nothing.
    fn look(&mut self, command: Command, run: &mut Run, io: &mut Io<'_>) -> ControlFlow<u8> {
        self.send(run, io)?;
        if command == Command::Restore {
            return ControlFlow::Break(io.complain(&Fault::hint(self.program)));
        }
        run.status = self.carry_out(command, io);
        match run.status {
            LISTING => ControlFlow::Break(LISTING),
            _ => ControlFlow::Continue(()),
        }
    }

    /// A line that makes no sense.
    fn fault(&mut self, fault: &Fault, run: &mut Run, io: &mut Io<'_>) -> ControlFlow<u8> {
        self.send(run, io)?;
        run.status = io.complain(fault);
        match fault.ends_restore {
            true => ControlFlow::Break(run.status),
            false => ControlFlow::Continue(()),
        }
    }

    /// Sends what was gathered; breaks if the conversation with the kernel failed.
    fn send(&mut self, run: &mut Run, io: &mut Io<'_>) -> ControlFlow<u8> {
        if run.gathered.is_empty() {
            return ControlFlow::Continue(());
        }
        let sent = self.ipvs.commit(&run.gathered);
        match sent {
            Ok(outcomes) => {
                for outcome in outcomes {
                    run.status = match outcome {
                        Ok(()) => 0,
                        Err(refusal) => self.refused(&refusal.into(), io, REFUSED),
                    };
                }
            }
            // One change can't be expressed and nothing was sent: find it, and do the others.
            Err(Error::Invalid { .. } | Error::Unsupported { .. }) => {
                for &operation in &run.gathered {
                    run.status = self.change(operation, io);
                }
            }
            Err(error) => return ControlFlow::Break(self.refused(&error, io, REFUSED)),
        }
        run.gathered.clear();
        ControlFlow::Continue(())
    }
}

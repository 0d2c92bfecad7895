// SPDX-License-Identifier: MIT OR Apache-2.0
//! Carries the lines of a restore out (`-R`), in the C tool's way: line by line, whatever fails.

use std::io::Read;
use std::ops::ControlFlow;

use ipvs_netlink::{Error, Operation};

use super::command::Command;
use super::fault::{Fault, LISTING, REFUSED, USAGE};
use super::script::{Script, Step};
use super::session::Session;
use super::streams::Io;

/// How many changes are sent before their outcomes are looked at.
const BATCH: usize = 1024;

impl Session<'_> {
    /// Carries out the lines of `input`; the exit status is that of the last.
    ///
    /// All lines are read and checked before the kernel is touched, and changes are sent together.
    /// Everything else that could be told apart from one by one is preserved: complaints come in
    /// the order of lines, and what comes before a listing or a fault is done before it.
    pub fn restore(&mut self, input: &mut dyn Read, io: &mut Io<'_>) -> u8 {
        let script = match Script::read(input, self.program, self.world) {
            Ok(script) => script,
            Err(error) => {
                let text = format!("cannot read standard input: {error}; nothing was changed");
                io.warn(text.as_bytes());
                return USAGE;
            }
        };
        match self.carry_out_script(script, io) {
            ControlFlow::Break(status) | ControlFlow::Continue(status) => status,
        }
    }

    /// Breaks with the exit status where a restore ends early.
    fn carry_out_script(&mut self, script: Script, io: &mut Io<'_>) -> ControlFlow<u8, u8> {
        let (mut done, mut status) = (0, 0);
        for (before, step) in script.steps {
            self.send(&script.changes[done..before], io)?;
            done = before;
            status = self.step(step, io)?;
        }
        match &script.changes[done..] {
            [] => ControlFlow::Continue(status),
            rest => self.send(rest, io),
        }
    }

    /// A line that changes nothing.
    fn step(&mut self, step: Step, io: &mut Io<'_>) -> ControlFlow<u8, u8> {
        match step {
            Step::Overview(text) => {
                io.print(&text);
                ControlFlow::Break(0)
            }
            Step::Complain(fault) => match (io.complain(&fault), fault.ends_restore) {
                (status, true) => ControlFlow::Break(status),
                (status, false) => ControlFlow::Continue(status),
            },
            Step::Look(Command::Restore { .. }) => {
                ControlFlow::Break(io.complain(&Fault::hint(self.program)))
            }
            Step::Look(command) => match self.carry_out(command, io) {
                LISTING => ControlFlow::Break(LISTING),
                status => ControlFlow::Continue(status),
            },
        }
    }

    /// Sends changes; continues with the status of the last of them, and breaks if the conversation
    /// with the kernel failed.
    fn send(&mut self, changes: &[Operation], io: &mut Io<'_>) -> ControlFlow<u8, u8> {
        let mut status = 0;
        for batch in changes.chunks(BATCH) {
            match self.ipvs.commit(batch) {
                Ok(outcomes) => {
                    for outcome in outcomes {
                        status = match outcome {
                            Ok(()) => 0,
                            Err(refusal) => self.refused(&refusal.into(), io, REFUSED),
                        };
                    }
                }
                // One change can't be expressed and nothing was sent: find it, and do the others.
                Err(Error::Invalid { .. } | Error::Unsupported { .. }) => {
                    for &operation in batch {
                        status = self.change(operation, io);
                    }
                }
                Err(error) => return ControlFlow::Break(self.refused(&error, io, REFUSED)),
            }
        }
        ControlFlow::Continue(status)
    }
}

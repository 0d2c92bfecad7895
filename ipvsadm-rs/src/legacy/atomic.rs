// SPDX-License-Identifier: MIT OR Apache-2.0
//! The right ways to save and restore: everything (`-S --full`), and all or nothing
//! (`-R --atomic`).

use std::io::Read;

use ipvs_netlink::{ApplyError, Error, Failure, InvalidRuleset, Request, Ruleset};

use super::desired::{self, Desired, Misfit};
use super::fault::{LISTING, REFUSED, USAGE};
use super::list::names::Names;
use super::list::rules;
use super::session::Session;
use super::streams::Io;

impl Session<'_> {
    /// Writes everything that the kernel holds as rules from which [`Session::restore_atomic`] makes
    /// the same state; returns the exit status. What can't be written so is an error, not a gap.
    pub(super) fn save_full(&mut self, io: &mut Io<'_>) -> u8 {
        match self.full() {
            Ok(Ok(text)) => {
                io.print(&text);
                0
            }
            Ok(Err(lost)) => {
                let text = format!("the state can't be saved, rules can't express: {lost}");
                io.warn(text.as_bytes());
                LISTING
            }
            Err(error) => self.refused(&error, io, LISTING),
        }
    }

    /// The rules, or what they would lose.
    fn full(&mut self) -> Result<Result<Vec<u8>, String>, Error> {
        let mut table = self.ipvs.settled_table()?;
        let (timeouts, daemons) = (self.ipvs.timeouts()?, self.ipvs.daemons()?);
        // Not in the order of listings, which can run in a circle: equal states give equal texts.
        table.services.sort_by_key(|table| table.service.key);
        let mut text = Vec::with_capacity(4096);
        rules::preamble(&mut text, &timeouts, &daemons);
        let mut numbers = Names::new(self.world.host, true);
        for service in &table.services {
            rules::service(&mut text, service, &mut numbers, rules::Form::Full);
        }
        let have = Ruleset::observed(table, timeouts, daemons);
        Ok(self.lost(&have, &text).map_or(Ok(text), Err))
    }

    /// What of `have` the rules in `text` don't say.
    fn lost(&self, have: &Ruleset, text: &[u8]) -> Option<String> {
        let read = match Desired::read(text, self.world) {
            Ok(desired) => desired.ruleset(have.timeouts()),
            Err(Misfit { text, .. }) => return Some(String::from_utf8_lossy(&text).into_owned()),
        };
        match read {
            Ok(read) => have.diff(&read).changes().first().map(ToString::to_string),
            Err(invalid) => Some(invalid.to_string()),
        }
    }

    /// Makes the state equal to the rules of `input`, by changing what differs; returns the exit
    /// status. If a rule makes no sense nothing is changed; if the kernel refuses one, what was
    /// changed is rolled back.
    pub(super) fn restore_atomic(&mut self, input: &mut dyn Read, io: &mut Io<'_>) -> u8 {
        let source = self.world.host.input_name();
        let mut text = Vec::new();
        if let Err(error) = input.read_to_end(&mut text) {
            io.warn(format!("{source}: cannot be read: {error}; nothing was changed").as_bytes());
            return USAGE;
        }
        let desired = match Desired::read(&text, self.world) {
            Ok(desired) => desired,
            Err(misfit) => {
                self.point_out(&source, &misfit, io);
                return USAGE;
            }
        };
        if desired.says_nothing() {
            let text = "holds no rule; to empty the table say -C; nothing was changed";
            io.warn(format!("{source}: {text}").as_bytes());
            return USAGE;
        }
        match self.make(desired) {
            Ok(()) => 0,
            Err(Unmade::Contradiction(invalid)) => {
                let place = match &invalid {
                    InvalidRuleset::MixedWithDaemon { service, dest } => {
                        self.place(&source, &text, Some((*service, Some(*dest))))
                    }
                    _ => source,
                };
                io.warn(format!("{place}: {invalid}; nothing was changed").as_bytes());
                USAGE
            }
            Err(Unmade::NotTried(error)) => {
                io.warn(format!("{source}: {error}; nothing was changed").as_bytes());
                REFUSED
            }
            Err(Unmade::Failed(failure)) => {
                let subject = failure.refused.first().and_then(|refusal| match &refusal.request {
                    Request::Change(operation) => desired::subject(operation),
                    _ => None,
                });
                let place = self.place(&source, &text, subject);
                io.warn(format!("{place}: {failure}").as_bytes());
                REFUSED
            }
        }
    }

    fn make(&mut self, desired: Desired) -> Result<(), Unmade> {
        let present = match desired.needs_timeouts() {
            true => Some(self.ipvs.timeouts()?),
            false => None,
        };
        let want = desired.ruleset(present).map_err(Unmade::Contradiction)?;
        match self.ipvs.plan(&want)?.apply_without_check(&mut self.ipvs) {
            Ok(_) => Ok(()),
            Err(ApplyError::Failed(failure)) => Err(Unmade::Failed(failure)),
            // The others are of plans that are checked, or carried out elsewhere.
            Err(error) => Err(Unmade::NotTried(error.to_string())),
        }
    }

    /// The line about `subject`, as `source:line`, if there is one.
    fn place(&self, source: &str, text: &[u8], subject: Option<desired::Subject>) -> String {
        let line = subject.and_then(|subject| desired::line_about(text, self.world, subject));
        line.map_or_else(|| source.to_owned(), |line| format!("{source}:{line}"))
    }

    /// Reports a line that makes no sense; to people, with the line and a mark under the word.
    fn point_out(&self, source: &str, misfit: &Misfit, io: &mut Io<'_>) {
        let Misfit { line, column, text, reason } = misfit;
        let mut message = format!("{source}:{line}:{column}: ").into_bytes();
        message.extend_from_slice(reason);
        message.extend_from_slice(b"; nothing was changed");
        if self.world.hints {
            message.extend_from_slice(b"\n  ");
            message.extend_from_slice(text);
            message.extend_from_slice(b"\n  ");
            // Tabs stay, so that the mark stands under its word.
            let before = &text[..text.len().min(column - 1)];
            message.extend(before.iter().map(|byte| if *byte == b'\t' { b'\t' } else { b' ' }));
            message.push(b'^');
        }
        io.warn(&message);
    }
}

/// Why a state was not made.
enum Unmade {
    /// Parts of it exclude each other.
    Contradiction(InvalidRuleset),
    /// It could not be tried, in particular because the present state can't be read.
    NotTried(String),
    /// On the way something failed.
    Failed(Box<Failure>),
}

impl From<Error> for Unmade {
    fn from(error: Error) -> Self {
        Self::NotTried(error.to_string())
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rules as one state: what a table holds after their lines, starting from nothing.

use std::collections::BTreeMap;

use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, DestKey, ServiceKey, Timeouts, TimeoutsChange,
};
use ipvs_netlink::{InvalidRuleset, Operation as Op, Ruleset};

use super::argv::Argv;
use super::command::{self, Command};
use super::lines::Lines;
use super::popt::Lexer;
use super::streams::World;

/// The state that rules describe.
#[derive(Debug, Default)]
pub struct Desired {
    rules: Ruleset,
    timeouts: TimeoutsChange,
    daemons: Option<BTreeMap<DaemonRole, DaemonConfig>>,
    lines: usize,
}

/// A line that can't be part of a state, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The number of the line, from 1.
    pub line: usize,
    /// The place of the word that it is about, in bytes from 1.
    pub column: usize,
    /// The whole line.
    pub text: Vec<u8>,
    /// What is wrong.
    pub reason: Vec<u8>,
}

impl Desired {
    /// Reads rules: blank lines and everything from a word on that starts with `#` are skipped.
    ///
    /// # Errors
    /// The first line that makes no sense, or contradicts those before it.
    pub fn read(text: &[u8], world: &World<'_>) -> Result<Self, Misfit> {
        let mut desired = Self::default();
        each_line(text, |number, argv| {
            let wrong = |word, reason| misfit(number, argv, word, reason);
            let operation = operation(argv, world).map_err(|(word, text)| wrong(word, text))?;
            desired.lines += 1;
            desired.take(operation).map_err(|reason| wrong(0, reason.into_bytes()))
        })?;
        Ok(desired)
    }

    /// Whether there was no rule at all.
    pub fn says_nothing(&self) -> bool {
        self.lines == 0
    }

    /// Whether the timeouts are given in part: the rest is to stay as it is.
    pub fn needs_timeouts(&self) -> bool {
        !self.timeouts.is_empty()
    }

    /// The state. Timeouts that the rules don't give are those of `present`.
    ///
    /// # Errors
    /// When parts of it exclude each other.
    pub fn ruleset(mut self, present: Option<Timeouts>) -> Result<Ruleset, InvalidRuleset> {
        if let Some(mut timeouts) = present.filter(|_| self.needs_timeouts()) {
            timeouts.tcp = self.timeouts.tcp.unwrap_or(timeouts.tcp);
            timeouts.tcp_fin = self.timeouts.tcp_fin.unwrap_or(timeouts.tcp_fin);
            timeouts.udp = self.timeouts.udp.unwrap_or(timeouts.udp);
            self.rules.set_timeouts(Some(timeouts))?;
        }
        self.rules.set_daemons(self.daemons.map(BTreeMap::into_values))?;
        self.rules.check()?;
        Ok(self.rules)
    }

    /// Does to the state what the kernel would do; an error says why it would not.
    fn take(&mut self, operation: Op) -> Result<(), String> {
        let invalid = |error: InvalidRuleset| error.to_string();
        match operation {
            Op::CreateService { service, config } => {
                self.rules.add_service(service, config).map_err(invalid)?;
            }
            Op::UpdateService { service, config, .. } => {
                self.rules.set_service(service, config).map_err(invalid)?;
            }
            Op::DeleteService { service } => {
                let missing = InvalidRuleset::NoSuchService { service };
                self.rules.remove_service(service).ok_or(missing).map_err(invalid)?;
            }
            Op::CreateDest { service, dest, config } => {
                self.rules.add_dest(service, dest, config).map_err(invalid)?;
            }
            Op::UpdateDest { service, dest, config } => {
                self.rules.set_dest(service, dest, config).map_err(invalid)?;
            }
            Op::DeleteDest { service, dest } => {
                let missing = InvalidRuleset::NoSuchDest { service, dest };
                self.rules.remove_dest(service, dest).ok_or(missing).map_err(invalid)?;
            }
            Op::Flush => self.rules = Ruleset::new(),
            Op::SetTimeouts { change } => {
                self.timeouts = TimeoutsChange {
                    tcp: change.tcp.or(self.timeouts.tcp),
                    tcp_fin: change.tcp_fin.or(self.timeouts.tcp_fin),
                    udp: change.udp.or(self.timeouts.udp),
                };
            }
            Op::StartDaemon { config } => {
                let daemons = self.daemons.get_or_insert_default();
                if daemons.insert(config.role, config).is_some() {
                    let role = config.role;
                    return Err(InvalidRuleset::DuplicateDaemon { role }.to_string());
                }
            }
            Op::StopDaemon { role } => {
                self.daemons.get_or_insert_default().remove(&role);
            }
            // Zeroing counters, and whatever a later library knows.
            _ => return Err("counters are no part of a state; leave this line out".into()),
        }
        Ok(())
    }
}

/// The number of the last line about a service or destination.
pub fn line_about(text: &[u8], world: &World<'_>, about: Subject) -> Option<usize> {
    let mut found = None;
    let scan = each_line(text, |number, argv| {
        let operation = operation(argv, world).map_err(|_| misfit(number, argv, 0, vec![]))?;
        if subject(&operation) == Some(about) {
            found = Some(number);
        }
        Ok(())
    });
    scan.ok().and(found)
}

/// What an operation on a table is about: a service, or a destination of it.
pub type Subject = (ServiceKey, Option<DestKey>);

/// What an operation is about.
pub fn subject(operation: &Op) -> Option<Subject> {
    match *operation {
        Op::CreateService { service, .. }
        | Op::UpdateService { service, .. }
        | Op::DeleteService { service } => Some((service, None)),
        Op::CreateDest { service, dest, .. }
        | Op::UpdateDest { service, dest, .. }
        | Op::DeleteDest { service, dest } => Some((service, Some(dest))),
        _ => None,
    }
}

fn each_line(
    text: &[u8],
    mut act: impl FnMut(usize, Argv<'_>) -> Result<(), Misfit>,
) -> Result<(), Misfit> {
    let mut text = text;
    let mut lines = Lines::new(&mut text);
    let mut number = 0;
    let mut visit = |argv: Argv<'_>| {
        number += 1;
        match argv.without_comment() {
            argv if argv.is_empty() => Ok(()),
            argv => act(number, argv),
        }
    };
    // Memory is always readable.
    while lines.fill().unwrap_or(false) {
        while let Some(argv) = lines.take() {
            visit(argv)?;
        }
    }
    lines.take_rest().map_or(Ok(()), visit)
}

/// The change that a line asks for, or the index of the word that is wrong, and why.
fn operation(argv: Argv<'_>, world: &World<'_>) -> Result<Op, (usize, Vec<u8>)> {
    const RULES: &str = "expected a rule: -A, -E, -D, -a, -e, -d, -C, --set, --start-daemon or \
        --stop-daemon";
    let no_rule = || (0, RULES.into());
    let mut lexer = Lexer::new(argv, world.posixly_correct);
    let (verb, value) = command::verb(&mut lexer, b"ipvsadm").map_err(|_| no_rule())?;
    if verb.acts_at_once() {
        return Err(no_rule());
    }
    let parsed = command::parse(verb, value.as_deref(), &mut lexer, b"ipvsadm", world.host);
    match parsed {
        Ok(Command::Change(operation)) => Ok(operation),
        Ok(_) => Err(no_rule()),
        Err(fault) => {
            let (word, mut reason) = (fault.word.unwrap_or(0), fault.text().to_vec());
            while reason.ends_with(b"\n") {
                reason.pop();
            }
            let value = fault.word.and_then(|word| argv.get(word)).unwrap_or_default();
            if !value.is_empty() && !reason.windows(value.len()).any(|part| part == value) {
                reason.extend_from_slice(&[b": `", value, b"'"].concat());
            }
            Err((word, reason))
        }
    }
}

fn misfit(line: usize, argv: Argv<'_>, word: usize, reason: Vec<u8>) -> Misfit {
    let (text, offset) = argv.line_of(word);
    Misfit { line, column: offset + 1, text: text.to_vec(), reason }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The lines of a restore (`-R`) as checked commands, all read before the first is carried out.

use std::io::{self, Read};

use ipvs_netlink::Operation;

use super::argv::Argv;
use super::command::{self, Command};
use super::fault::Fault;
use super::lines::Lines;
use super::popt::Lexer;
use super::run::overview;
use super::streams::World;

/// A line that is no change.
#[derive(Debug)]
pub enum Step {
    /// It lists or saves.
    Look(Command),
    /// It makes no sense.
    Complain(Fault),
    /// It asks for help or the version.
    Overview(Vec<u8>),
}

impl Step {
    /// Whether nothing after it counts, whatever the kernel holds.
    fn ends(&self) -> bool {
        match self {
            Self::Look(command) => matches!(command, Command::Restore { .. }),
            Self::Complain(fault) => fault.ends_restore,
            Self::Overview(_) => true,
        }
    }
}

/// What a restore does: changes in a row, and here and there something else.
#[derive(Debug, Default)]
pub struct Script {
    /// The changes, in the order of lines.
    pub changes: Vec<Operation>,
    /// What comes between them, each with the number of changes before it.
    pub steps: Vec<(usize, Step)>,
}

impl Script {
    /// Reads `input` up to its end, or up to a line after which nothing counts.
    ///
    /// # Errors
    /// When reading fails.
    pub fn read(input: &mut dyn Read, program: &[u8], world: &World<'_>) -> io::Result<Self> {
        let mut script = Self::default();
        let mut lines = Lines::new(input);
        loop {
            while let Some(argv) = lines.take() {
                if script.add(argv, program, world) {
                    return Ok(script);
                }
            }
            if !lines.fill()? {
                break;
            }
        }
        if let Some(argv) = lines.take_rest() {
            script.add(argv, program, world);
        }
        Ok(script)
    }

    /// Adds a line; whether nothing after it counts.
    fn add(&mut self, argv: Argv<'_>, program: &[u8], world: &World<'_>) -> bool {
        if argv.is_empty() {
            return false;
        }
        let step = match parse(argv, program, world) {
            Ok(Parsed::Change(operation)) => {
                self.changes.push(operation);
                return false;
            }
            Ok(Parsed::Other(step)) => step,
            Err(fault) => Step::Complain(fault),
        };
        let ends = step.ends();
        self.steps.push((self.changes.len(), step));
        ends
    }
}

enum Parsed {
    Change(Operation),
    Other(Step),
}

// Once per line, with a large result: a call would copy it.
#[inline(always)]
fn parse(argv: Argv<'_>, program: &[u8], world: &World<'_>) -> Result<Parsed, Fault> {
    let mut lexer = Lexer::new(argv, world.posixly_correct);
    let (verb, value) = command::verb(&mut lexer, program)?;
    if let Some(text) = overview(verb, program) {
        return Ok(Parsed::Other(Step::Overview(text)));
    }
    let command = command::parse(verb, value.as_deref(), &mut lexer, program, world.host)?;
    Ok(match command {
        Command::Change(operation) => Parsed::Change(operation),
        command => Parsed::Other(Step::Look(command)),
    })
}

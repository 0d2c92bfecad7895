// SPDX-License-Identifier: MIT OR Apache-2.0
//! The C tool as the judge, without a kernel: `cargo xtask oracle`.
//!
//! Its source is linked to a library of our own (`vm-tests/oracle/`), which writes every request down
//! and answers from a script. Our program runs in process on a backend that does the same. Both get
//! the same random command line, state of the kernel and names; requests, texts and exit status must
//! be equal.

mod backend;
mod compare;
mod differences;
mod programs;
mod record;
mod run;
mod script;
mod shrink;
mod state;
mod states;
mod tables;

use std::fmt;

use proptest::prelude::*;
use proptest::sample::select;

pub use compare::{Mismatch, Verdict};
pub use programs::{Ran, Theirs, ours};
pub use run::{Limit, Report, run};
pub use state::{Question, State};

use crate::words::{self, Line, Tool};

/// One comparison: a command line, and what it meets.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The command line.
    pub line: Line,
    /// What the program is called.
    pub name: Vec<u8>,
    /// The kernel and the list of connections.
    pub state: State,
}

/// Any case, those with a line that is [left out](Line::left_out) included.
pub fn case() -> BoxedStrategy<Case> {
    let odd: [&[u8]; 6] = [b"", b"./lvs", b"/sbin/ipvsadm", b"a b", b"\xff", b"%s"];
    let name = prop_oneof![30 => Just(&b"ipvsadm"[..]), 1 => select(odd.to_vec())];
    (words::line(), name, states::states())
        .prop_map(|(line, name, state)| {
            let name = match line.tool {
                Tool::Ipvsadm => name,
                tool => tool.name().as_bytes(),
            };
            Case { name: name.to_vec(), line, state }
        })
        .boxed()
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.line)?;
        if self.name != self.line.tool.name().as_bytes() {
            write!(f, "\n  called   {}", self.name.escape_ascii())?;
        }
        let usual = script::text(&State::default());
        for line in script::text(&self.state).lines().filter(|line| !usual.contains(line)) {
            write!(f, "\n  kernel   {line}")?;
        }
        match &self.state.connections {
            None => f.write_str("\n  no list of connections"),
            same if *same == State::default().connections => Ok(()),
            Some(text) => write!(f, "\n  connections {text:?}"),
        }
    }
}

#[cfg(test)]
mod tests;

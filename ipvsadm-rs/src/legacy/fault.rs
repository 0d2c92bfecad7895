// SPDX-License-Identifier: MIT OR Apache-2.0
//! What ends the work on a command line before the kernel is asked.

use std::fmt;

/// A complaint about a command line: the line for standard error and the exit status.
///
/// The text is bytes because arguments are echoed as they came, valid UTF-8 or not.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    text: Vec<u8>,
    /// The exit status.
    pub status: u8,
    /// Whether a restore ends at this line; otherwise it goes on with the next.
    pub ends_restore: bool,
    /// The argument that it is about, if it is about one: its index in the command line.
    pub word: Option<usize>,
}

/// Exit status of an error in a command line.
pub const USAGE: u8 = 2;
/// Exit status of libpopt's complaints and of what the kernel refuses (-1 in C).
pub const REFUSED: u8 = 255;
/// Exit status of a listing that failed.
pub const LISTING: u8 = 1;

impl Fault {
    /// An error in the command line.
    pub fn usage(text: impl Into<Vec<u8>>) -> Self {
        Self { text: text.into(), status: USAGE, ends_restore: true, word: None }
    }

    /// An error in the command line that names the offending value.
    pub fn quoting(before: &str, value: &[u8], after: &str) -> Self {
        Self::usage([before.as_bytes(), value, after.as_bytes()].concat())
    }

    /// The reference to the help, for lines without a command.
    pub fn hint(program: &[u8]) -> Self {
        let text = [b"Try `", program, b" -h' or '", program, b" --help' for more information."];
        Self { text: text.concat(), status: REFUSED, ends_restore: true, word: None }
    }

    /// libpopt's complaint about an argument.
    pub fn popt(argument: &[u8], text: &str) -> Self {
        let text = [argument, b": ", text.as_bytes()].concat();
        Self { text, status: REFUSED, ends_restore: false, word: None }
    }

    /// The same, about the argument at `word`.
    pub(super) fn at(mut self, word: usize) -> Self {
        self.word = Some(word);
        self
    }

    /// The line, without its end.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text))
    }
}

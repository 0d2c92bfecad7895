// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random command lines of `ipvsadm`, legal and illegal, for comparisons with the C tool.
//!
//! Most lines add, change, remove and show a few services with a few servers, so that a sequence of
//! them builds up a table and meets what it built. A third has mistakes: wrong values at every
//! boundary, missing ones, unknown, doubled and conflicting options, stray words. Lines on which
//! the programs differ on purpose are [left out](Line::left_out).
//!
//! ```
//! use vm_tests::words::Lines;
//!
//! let one: Vec<_> = Lines::seeded(7).take(100).collect();
//! let other: Vec<_> = Lines::seeded(7).take(100).collect();
//! assert_eq!(one, other);
//! ```

mod address;
mod command;
pub mod fixture;
mod left_out;
mod lines;
mod mistake;
mod names;
mod part;
mod pools;
mod restore;
mod spelling;
mod value;

use std::fmt;

pub use lines::{Lines, line, runner};

/// One of the three programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    /// `ipvsadm`
    Ipvsadm,
    /// `ipvsadm-save`
    Save,
    /// `ipvsadm-restore`
    Restore,
}

impl Tool {
    /// What the program is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ipvsadm => "ipvsadm",
            Self::Save => "ipvsadm-save",
            Self::Restore => "ipvsadm-restore",
        }
    }
}

/// A command line with its input.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Line {
    /// Which program.
    pub tool: Tool,
    /// Its arguments, without the program's name. None contains a NUL.
    pub arguments: Vec<Vec<u8>>,
    /// Its standard input.
    pub input: Vec<u8>,
    /// Whether `POSIXLY_CORRECT` is in the environment.
    pub posixly_correct: bool,
}

impl Line {
    /// A command line in the usual environment.
    pub fn new(tool: Tool, arguments: Vec<Vec<u8>>, input: Vec<u8>) -> Self {
        Self { tool, arguments, input, posixly_correct: false }
    }

    /// Whether the line has names in it that need the [`fixture`]. One that lists without `-n`
    /// looks names up, too, whatever this says.
    pub fn mentions_names(&self) -> bool {
        self.arguments.iter().chain([&self.input]).any(|text| fixture::mentioned(text))
    }

    /// The words of each run: the arguments, and those of the input's lines.
    fn runs(&self) -> impl Iterator<Item = Vec<&[u8]>> {
        let own = self.arguments.iter().map(Vec::as_slice).collect();
        let lines = self.input.split(|byte| *byte == b'\n').map(|line| {
            let words = line.split(|byte| left_out::separates(*byte)).filter(|w| !w.is_empty());
            words.map(|word| word.split(|byte| *byte == 0).next().unwrap_or_default()).collect()
        });
        std::iter::once(own).chain(lines)
    }
}

/// The line as one would type it in bash.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.input.is_empty() {
            write!(f, "printf %b {} | ", quoted(&self.input).replace("$'", "'"))?;
        }
        if self.posixly_correct {
            f.write_str("POSIXLY_CORRECT=1 ")?;
        }
        f.write_str(self.tool.name())?;
        self.arguments.iter().try_for_each(|word| write!(f, " {}", quoted(word)))
    }
}

/// A word in bash's notation.
fn quoted(word: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_=:./,+[]%@".contains(byte);
    match word.iter().all(plain) && !word.is_empty() {
        true => String::from_utf8_lossy(word).into_owned(),
        false => format!("$'{}'", word.escape_ascii().to_string().replace("\\\"", "\"")),
    }
}

#[cfg(test)]
mod tests;

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be wrong with a text.

use std::fmt;
use std::io;

use crate::ProcFile;

/// How many bytes of the offending text an error carries.
const SHOWN: usize = 120;

/// Where in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: ProcFile,
    /// The line, from 1.
    pub line: u64,
    /// The column in bytes, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}, column {}", self.file, self.line, self.column)
    }
}

/// A line that is not of the file's form, or that is not there.
///
/// ```
/// use ipvs_proc::{Apps, Document as _, LineError};
/// let heading = "prot port    usecnt name\n";
/// let bad = Apps::parse(&format!("{heading}TCP  x1\n")).expect_err("a port is a number");
/// assert_eq!(bad.to_string(), "ip_vs_app, line 2, column 6: expected a port, found `x1`");
/// let cut = Apps::parse(&format!("{heading}TCP  2")).expect_err("no end of line");
/// assert!(matches!(cut, LineError::CutOff { .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// A text that should be another.
    #[error("{at}: expected {expected}, found `{text}`")]
    Malformed {
        /// Where the offending text begins.
        at: Place,
        /// What should have been there.
        expected: &'static str,
        /// The line from there, at most 120 bytes of it.
        text: String,
    },
    /// The text ends too early: within a line, or before a line that every such file has. Whoever
    /// copied the file did not copy all of it.
    #[error("{at}: the text ends where {expected} should be; is the copy complete?")]
    CutOff {
        /// Where the text ends.
        at: Place,
        /// What should have followed.
        expected: &'static str,
        /// The line that has no end, at most 120 bytes of it.
        text: String,
    },
}

impl LineError {
    /// Where.
    pub const fn at(&self) -> Place {
        match self {
            Self::Malformed { at, .. } | Self::CutOff { at, .. } => *at,
        }
    }

    /// `line` is bad from `column` (in bytes, from 0) on.
    pub(crate) fn malformed(mut at: Place, expected: &'static str, line: &[u8]) -> Self {
        let text = shown(line.get(at.column - 1..).unwrap_or_default());
        at.column = at.column.min(line.len() + 1);
        Self::Malformed { at, expected, text }
    }

    /// The text ends with `line`, which has no end.
    pub(crate) fn cut_off(mut at: Place, expected: &'static str, line: &[u8]) -> Self {
        at.column = line.len() + 1;
        Self::CutOff { at, expected, text: shown(line) }
    }
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(SHOWN)]).into_owned()
}

/// Why a stream of records ends early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// A line is not of the file's form.
    #[error(transparent)]
    Line(#[from] LineError),
    /// Reading failed.
    #[error("can't read {file}")]
    Read {
        /// The file.
        file: ProcFile,
        /// The reason.
        source: io::Error,
    },
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What ends a command: one line for standard error and the exit status.

use std::io;
use std::path::Path;

use ipvs_syncd::capture::CaptureError;

/// Exit status of what failed.
pub(super) const FAILED: u8 = 1;
/// Exit status of a command line that is not understood.
const USAGE: u8 = 2;

/// Why a command failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// One line, without the program's name.
    pub(super) text: String,
    /// The exit status.
    pub(super) status: u8,
}

impl Failure {
    /// The command line is not understood. What clap says after the first paragraph is left out.
    pub(super) fn usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let first = text.split("\n\n").next().unwrap_or_default();
        let words: Vec<_> = first.trim_start_matches("error: ").split_whitespace().collect();
        Self { text: format!("{} (see --help)", words.join(" ")), status: USAGE }
    }

    /// What is said in the error.
    #[cfg(feature = "serve")]
    pub(super) fn because(error: impl std::fmt::Display) -> Self {
        Self { text: error.to_string(), status: FAILED }
    }

    /// A file can't be opened.
    pub(super) fn file(path: &Path, error: &io::Error) -> Self {
        Self { text: format!("{}: {error}", path.display()), status: FAILED }
    }

    /// Standard output can't be written.
    pub(super) fn output(error: impl Into<io::Error>) -> Self {
        Self { text: format!("standard output: {}", error.into()), status: FAILED }
    }

    /// The same about this file, if it is about one.
    pub(super) fn of(mut self, path: &Path) -> Self {
        if !self.text.starts_with("standard output") {
            self.text = format!("{}: {}", path.display(), self.text);
        }
        self
    }
}

impl From<CaptureError> for Failure {
    fn from(error: CaptureError) -> Self {
        Self { text: error.to_string(), status: FAILED }
    }
}

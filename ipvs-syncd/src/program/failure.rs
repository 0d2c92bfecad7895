// SPDX-License-Identifier: MIT OR Apache-2.0
//! What ends a command: one line for standard error and the exit status.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::path::Path;

use ipvs_proc::{ReadError, RootError, StreamError};
use ipvs_syncd::capture::CaptureError;
use ipvs_syncd::coverage::CoverageError;
use ipvs_syncd::socket::{ReceiveError, SendError};
use ipvs_syncd::surgery::SessionError;

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

    /// A value on the command line is not understood.
    pub(super) fn not_understood(text: impl Display) -> Self {
        Self { text: text.to_string(), status: USAGE }
    }

    /// Something failed that a text tells.
    pub(super) fn failed(text: impl Display) -> Self {
        Self { text: text.to_string(), status: FAILED }
    }

    /// Something failed that an error tells, and what that came from.
    fn because(error: &dyn Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // Some errors tell their cause themselves.
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        Self::failed(text)
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
        Self::failed(error)
    }
}

impl From<ipvs_netlink::Error> for Failure {
    fn from(error: ipvs_netlink::Error) -> Self {
        Self::because(&error)
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        Self::because(&error)
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self::because(&error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::because(&error)
    }
}

impl From<RootError> for Failure {
    fn from(error: RootError) -> Self {
        Self::because(&error)
    }
}

impl From<StreamError> for Failure {
    fn from(error: StreamError) -> Self {
        Self::because(&error)
    }
}

impl From<CoverageError> for Failure {
    fn from(error: CoverageError) -> Self {
        Self::because(&error)
    }
}

impl From<ReceiveError> for Failure {
    fn from(error: ReceiveError) -> Self {
        Self::because(&error)
    }
}

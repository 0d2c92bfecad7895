// SPDX-License-Identifier: MIT OR Apache-2.0
//! What ends a command: one line for standard error and the exit status.

use std::io;

use ipvs_netlink::ListingError;
use ipvs_proc::sysctl::{Error, RestoreError};
use ipvs_proc::{ReadError, RootError, StreamError};
use ipvs_syncd::surgery::SessionError;

/// Exit status of what was refused or failed, and of a difference.
pub(super) const REFUSED: u8 = 1;
/// Exit status of a command line that is not understood.
const USAGE: u8 = 2;

/// Exit status of changes of which some did not come about.
pub(super) const INCOMPLETE: u8 = 4;

/// Why a command failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// One line, without the program's name.
    pub(super) text: String,
    /// The exit status.
    pub(super) status: u8,
}

impl Failure {
    /// Something was refused or failed.
    pub(super) fn refused(text: impl Into<String>) -> Self {
        Self { text: text.into(), status: REFUSED }
    }

    /// The command line is not understood.
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self { text: text.into(), status: USAGE }
    }

    /// A file can't be read or written.
    pub(super) fn file(name: &str, error: &io::Error) -> Self {
        Self::refused(format!("{name}: {error}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::refused(error.to_string())
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        Self::refused(error.to_string())
    }
}

impl From<RootError> for Failure {
    fn from(error: RootError) -> Self {
        with_source(&error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        with_source(&error)
    }
}

impl From<StreamError> for Failure {
    fn from(error: StreamError) -> Self {
        with_source(&error)
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        with_source(&error)
    }
}

impl From<ListingError> for Failure {
    fn from(error: ListingError) -> Self {
        match error {
            ListingError::Kernel(error) => error.into(),
            error => with_source(&error),
        }
    }
}

impl From<ipvs_netlink::Error> for Failure {
    fn from(error: ipvs_netlink::Error) -> Self {
        Self::refused(error.to_string())
    }
}

/// The error, and the reason if it has one of its own.
fn with_source(error: &dyn std::error::Error) -> Failure {
    match error.source() {
        Some(source) => Failure::refused(format!("{error}: {source}")),
        None => Failure::refused(error.to_string()),
    }
}

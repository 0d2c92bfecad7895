// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a checkpoint can't be read.

use std::io;

/// Why a checkpoint can't be read. The texts name the place; whose file it is, the reader knows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It can't be opened.
    #[error(transparent)]
    Open(io::Error),
    /// It can't be read on.
    #[error("line {line}: {source}")]
    Read {
        /// The line, from 1.
        line: u64,
        /// The system's reason.
        source: io::Error,
    },
    /// It ends too early.
    #[error("line {line}: the file ends without its last line; is the copy complete?")]
    CutOff {
        /// The line that is missing, from 1.
        line: u64,
    },
    /// A line is not of the form.
    #[error("line {line}, column {column}: {text}")]
    Form {
        /// The line, from 1.
        line: u64,
        /// The byte in the line, from 1.
        column: usize,
        /// What is wrong.
        text: String,
    },
    /// A line has the form, and a content that can't be.
    #[error("line {line}: {text}")]
    Content {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        text: String,
    },
}

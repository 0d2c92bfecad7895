// SPDX-License-Identifier: MIT OR Apache-2.0
//! The error of every text parser in this crate.

/// A text that is not what its place asks for: names the value and what would have been right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a valid {what}: expected {expected}")]
#[non_exhaustive]
pub struct ParseError {
    /// What was being read, for example `scheduler name`.
    pub what: &'static str,
    /// The offending text.
    pub value: String,
    /// The accepted form.
    pub expected: &'static str,
}

impl ParseError {
    /// An error about `value`, which should have been a `what` of the form `expected`.
    pub fn new(what: &'static str, value: impl Into<String>, expected: &'static str) -> Self {
        Self { what, value: value.into(), expected }
    }
}

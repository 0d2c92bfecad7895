// SPDX-License-Identifier: MIT OR Apache-2.0
//! The error of every reader of kernel bytes in this module.

/// Bytes that don't mean what their place asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {offset}: {found}")]
pub(crate) struct WireError {
    /// What was being read: an attribute's C constant, or a piece of framing.
    pub what: &'static str,
    /// Where, in bytes from the start of the slice that was given to the reader.
    pub offset: usize,
    /// What was there instead.
    pub found: Found,
}

/// What a reader found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Found {
    /// Nothing.
    #[error("missing")]
    Missing,
    /// Too few bytes.
    #[error("{len} bytes where at least {need} are needed")]
    Short {
        /// How many bytes there are.
        len: usize,
        /// How many it takes.
        need: usize,
    },
    /// A length field that does not fit what holds it.
    #[error("length {claimed} with {left} bytes left")]
    Length {
        /// What the length field says.
        claimed: usize,
        /// How many bytes there are.
        left: usize,
    },
    /// A number without a meaning here.
    #[error("{value}, expected {expected}")]
    Number {
        /// The number.
        value: i64,
        /// The accepted ones.
        expected: &'static str,
    },
    /// A name that is too long or empty.
    #[error("{0}")]
    Name(Box<ipvs_types::ParseError>),
}

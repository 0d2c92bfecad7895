// SPDX-License-Identifier: MIT OR Apache-2.0
//! One entry of a datagram.

use super::Options;
use crate::Connection;

/// One entry of a datagram: a connection, and the options as they stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<'d> {
    /// The connection, made of the fixed part and of the options known.
    pub connection: Connection<'d>,
    /// All options, known and unknown; version 0 has none.
    pub options: Options<'d>,
    /// The type of the first option that is unknown and may not be passed over. The options behind it
    /// are not in [`connection`](Self::connection), and a kernel skips the entry.
    pub refused_option: Option<u8>,
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with a datagram, in few words.

use std::fmt;

use serde::Serialize;

use crate::{DatagramFault, DropReason};

/// What is wrong with a datagram: a [`DropReason`] without its numbers, so that it can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trouble {
    /// It has no header.
    NoHeader,
    /// The size in its header is not its length.
    WrongSize,
    /// Its version is not known.
    UnknownVersion,
    /// An entry can't be read; backups drop the rest.
    BrokenEntry,
    /// An entry can be read, but backups skip it.
    RefusedEntry,
    /// Bytes behind the last entry: a master that counted more than 255 entries, or no master.
    Leftover,
    /// It is longer than backups read.
    Oversized,
}

impl Trouble {
    /// The reason without its numbers; `None` for a sync id, with which nothing is wrong.
    pub const fn of(reason: &DropReason) -> Option<Self> {
        match reason {
            DropReason::Datagram(DatagramFault::Short { .. }) => Some(Self::NoHeader),
            DropReason::Datagram(DatagramFault::Size { .. }) => Some(Self::WrongSize),
            DropReason::Version(_) => Some(Self::UnknownVersion),
            DropReason::Rest(_) => Some(Self::BrokenEntry),
            DropReason::Entry(_) => Some(Self::RefusedEntry),
            DropReason::SyncId { .. } => None,
        }
    }

    /// The same in one word, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoHeader => "no_header",
            Self::WrongSize => "wrong_size",
            Self::UnknownVersion => "unknown_version",
            Self::BrokenEntry => "broken_entry",
            Self::RefusedEntry => "refused_entry",
            Self::Leftover => "leftover",
            Self::Oversized => "oversized",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NoHeader => "datagram without a header",
            Self::WrongSize => "datagram of another size than its header says",
            Self::UnknownVersion => "message of an unknown version",
            Self::BrokenEntry => "entry that can't be read",
            Self::RefusedEntry => "entry that backups refuse",
            Self::Leftover => "bytes behind the last entry",
            Self::Oversized => "datagram longer than backups read",
        })
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a backup drops what it gets.

use ipvs_types::Protocol;

use crate::wire::{DatagramFault, Fault};

/// Why a backup drops a datagram, the rest of it, or one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DropReason {
    /// The datagram's header is wrong.
    #[error(transparent)]
    Datagram(#[from] DatagramFault),
    /// The datagram is of another group of directors.
    #[error("sync id {got}, not {wanted}")]
    SyncId {
        /// The id in the datagram.
        got: u8,
        /// The backup's. Above 255 it takes nothing.
        wanted: u32,
    },
    /// The datagram is of a version that is not known: see
    /// [`Header::unknown_version`](crate::Header::unknown_version).
    #[error("unknown version {0}")]
    Version(u8),
    /// An entry can't be read.
    #[error(transparent)]
    Rest(#[from] Fault),
    /// An entry can be read but is refused.
    #[error(transparent)]
    Entry(#[from] SkipReason),
}

/// How much is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropScope {
    /// One entry.
    Entry,
    /// The entry and all behind it; what came before is kept.
    Rest,
    /// The whole datagram.
    Datagram,
}

impl DropReason {
    /// How much is dropped.
    pub const fn scope(&self) -> DropScope {
        match self {
            Self::Datagram(_) | Self::SyncId { .. } | Self::Version(_) => DropScope::Datagram,
            Self::Rest(_) => DropScope::Rest,
            Self::Entry(_) => DropScope::Entry,
        }
    }
}

/// Why a backup skips one entry and goes on with the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// It has an unknown option that may not be passed over.
    #[error("unknown mandatory option {0:#x}")]
    UnknownOption(u8),
    /// A connection of a protocol that the kernel doesn't balance.
    #[error("no such protocol for a connection: {0}")]
    Protocol(Protocol),
    /// A state that the protocol, or a template, doesn't have. For templates only strict kernels care.
    #[error("no such state: {0}")]
    State(u16),
    /// Data of a persistence engine without its name.
    #[error("data of a persistence engine without its name")]
    NamelessEngine,
    /// A persistence engine that the backup has not loaded; a message doesn't make it load one.
    #[error("the persistence engine is not loaded")]
    EngineNotLoaded,
    /// A template whose client port is unknown; only strict kernels care.
    #[error("a template with unknown client port")]
    TemplateWithoutPort,
    /// A one-packet connection. Lax kernels drop the flag in version 1 and take the connection; in
    /// version 0 they keep the flag, and the connection never gets into the table.
    #[error("a one-packet connection")]
    OnePacket,
}

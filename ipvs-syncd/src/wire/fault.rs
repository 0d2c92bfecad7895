// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why bytes can't be read.

/// Why nothing of a datagram can be read. The kernel drops such a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DatagramFault {
    /// There is no header.
    #[error("{len} bytes, fewer than a header's 4")]
    Short {
        /// How many bytes there are.
        len: usize,
    },
    /// The header's size is not that of the datagram.
    #[error("the header says {claimed} bytes, {received} were received")]
    Size {
        /// What the header says.
        claimed: u16,
        /// How many bytes there are.
        received: usize,
    },
}

/// Why the rest of a datagram, from this entry on, can't be read. The kernel keeps the entries before
/// it and drops the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("entry at byte {offset}: {kind}")]
#[non_exhaustive]
pub struct Fault {
    /// Where the entry starts, in bytes from the start of the datagram.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// Too few bytes are left for an entry; perhaps the header counts too many.
    #[error("{left} bytes left where an entry has at least {need}")]
    Short {
        /// How many bytes are left.
        left: usize,
        /// How many an entry has at least.
        need: usize,
    },
    /// The size of the entry goes beyond the end.
    #[error("its size is {size} but {left} bytes are left")]
    Overrun {
        /// The size.
        size: u16,
        /// How many bytes are left.
        left: usize,
    },
    /// The size is too small for the addresses, 36 bytes with IPv4 and 72 with IPv6.
    #[error("its size is {size}, too small for its addresses")]
    TooSmall {
        /// The size.
        size: u16,
    },
    /// The version of the entry is not 0.
    #[error("it has the unknown version {0}")]
    Version(u8),
    /// The type of the entry is neither IPv4 nor IPv6.
    #[error("it has the unknown type {0:#x}")]
    Type(u8),
    /// A single byte is left for an option.
    #[error("an option has no length")]
    OptionShort,
    /// An option without data.
    #[error("option {0:#x} has length 0")]
    OptionEmpty(u8),
    /// An option goes beyond the end of the entry.
    #[error("option {kind:#x} has length {length} but {left} bytes are left")]
    OptionOverrun {
        /// The option's type.
        kind: u8,
        /// Its length.
        length: u8,
        /// How many bytes of the entry are left.
        left: usize,
    },
    /// A known option twice.
    #[error("option {0:#x} comes twice")]
    OptionRepeated(u8),
    /// Sequence numbers that are not 24 bytes.
    #[error("the sequence numbers have {0} bytes, not 24")]
    SequencesLength(u8),
    /// A name of more than 16 bytes.
    #[error("the persistence engine's name has {0} bytes, more than 16")]
    LongEngineName(u8),
}

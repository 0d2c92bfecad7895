// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a message can't say.

use std::time::Duration;

use ipvs_types::Protocol;

use crate::ConnectionFlags;

/// What a message can't say about a connection. For the limits of version 0,
/// [`Connection::reduced_to_v0`](crate::Connection::reduced_to_v0) tells what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A protocol number above 255.
    #[error("protocol {} does not fit into 8 bits", .0.number())]
    Protocol(Protocol),
    /// A timeout with a fraction of a second, or above 2^32 - 1 seconds.
    #[error("a timeout of {0:?} is not whole seconds of 32 bits")]
    Timeout(Duration),
    /// An empty or too long name of a persistence engine; its length in bytes.
    #[error("the name of a persistence engine has 1 to 16 bytes, not {0}")]
    EngineName(usize),
    /// Empty or too long data of a persistence engine; their length in bytes.
    #[error("the data of a persistence engine have 1 to 255 bytes, not {0}")]
    EngineData(usize),
    /// IPv6 addresses in version 0.
    #[error("version 0 has no IPv6")]
    Ipv6,
    /// A firewall mark in version 0, of whatever size.
    #[error("version 0 has no firewall mark, so {0} can't be sent")]
    Mark(u32),
    /// A timeout in version 0: the receiver takes the default of the state.
    #[error("version 0 has no timeout, so {0:?} can't be sent")]
    TimeoutInV0(Duration),
    /// A persistence engine in version 0.
    #[error("version 0 has no persistence engine")]
    Engine,
    /// Flags above 16 bits in version 0.
    #[error("version 0 has 16 bits of flags, so {:#x} can't be sent", .0.bits())]
    HighFlags(ConnectionFlags),
    /// In version 0 the flags decide whether there are sequence numbers, and they say otherwise.
    #[error("in version 0 {}", if *.flagged {
        "a flag announces sequence numbers that are missing"
    } else {
        "sequence numbers need a flag that announces them"
    })]
    Sequences {
        /// Whether a flag is set.
        flagged: bool,
    },
    /// More connections together than the 8 bits of their number in a datagram can say.
    #[error("a datagram has room for 255 connections, not for {0}")]
    TooMany(usize),
}

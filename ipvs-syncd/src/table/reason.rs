// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a connection is not sent.

use ipvs_types::Protocol;

use crate::State;

/// Why a master keeps a connection to itself, although a message could say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Withheld {
    /// The connection is not open yet, or nearly gone: in TCP `NONE`, `SYN_SENT`, `SYN_RECV`,
    /// `LAST_ACK`, `LISTEN` and `SYNACK`; in SCTP all before `ESTABLISHED`, and `REJECTED`.
    #[error("in state {0}, in which a master sends nothing")]
    State(State),
    /// A connection that FTP announced; its client port is not known yet.
    #[error("announced by FTP, its client port not known yet")]
    Announced,
    /// A template whose destination is gone or takes no new clients.
    #[error("a template that no longer counts")]
    InvalidTemplate,
}

/// Why no message can say a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Inexpressible {
    /// The destination is of another family than the client.
    #[error("client and destination are of different families")]
    MixedFamilies,
    /// A connection of a protocol that no kernel takes a message for.
    #[error("of protocol {0}, which no backup takes")]
    Protocol(Protocol),
    /// A state whose number is not known: a word of another kernel, or `ERR!`.
    #[error("in a state without a number")]
    State,
    /// Data of a persistence engine that are empty or too long; their length in bytes.
    #[error("persistence data of {0} bytes, not 1 to 255")]
    EngineData(usize),
}

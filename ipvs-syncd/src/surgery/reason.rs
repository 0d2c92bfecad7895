// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a plan leaves alone.

use std::net::SocketAddr;

use ipvs_proc::Connection as Listed;
use ipvs_types::Protocol;
use serde::{Serialize, Serializer};

use crate::table::Inexpressible;

/// An entry that was chosen and is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LeftAlone {
    /// The entry.
    pub connection: Listed<'static>,
    /// Why; in JSON a text.
    #[serde(serialize_with = "text")]
    pub reason: Reason,
}

/// Why an entry is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// No message can say it.
    #[error("{0}")]
    Inexpressible(#[from] Inexpressible),
    /// It is a template of a destination that is gone or takes no new clients; the kernel finds it no
    /// more.
    #[error("a template that no longer counts, and expires by itself")]
    InvalidTemplate,
    /// A template can't be moved.
    #[error("a template, which can't be moved: free the client with `unpin`")]
    Template,
    /// It has that destination.
    #[error("it is there already")]
    AlreadyThere,
    /// Its service has no such destination.
    #[error("its service has no destination {0}: add it, or see `ipvsadm -Ln`")]
    NoSuchDest(SocketAddr),
    /// The new destination knows nothing of the connection, so that moving it means to reset it.
    #[error("another server would reset this {0} connection: allow that with --force")]
    WouldReset(Protocol),
}

fn text<S: Serializer>(reason: &Reason, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(reason)
}

impl Reason {
    /// Whether the entry is as it was wanted, or will be without help.
    pub const fn is_harmless(&self) -> bool {
        matches!(self, Self::AlreadyThere | Self::InvalidTemplate)
    }
}

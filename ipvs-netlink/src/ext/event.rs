// SPDX-License-Identifier: MIT OR Apache-2.0
//! A change of the configuration that the kernel tells about.

use std::fmt;

use crate::Operation;

/// A change that has happened (`IPVS_EXT_CMD_EVENT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Event {
    /// The number of the configuration since then; each is the one before it and 1, and wraps.
    pub genid: u32,
    /// The netlink port that asked for it; unknown for socket options and sync daemons.
    pub port: Option<u32>,
    /// What happened.
    pub happening: Happening,
}

impl Event {
    /// An event.
    pub const fn new(genid: u32, port: Option<u32>, happening: Happening) -> Self {
        Self { genid, port, happening }
    }
}

/// What happened to the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Happening {
    /// This was carried out. Settings are as the kernel has them now; all timeouts are there.
    Done(Operation),
    /// Something that this library does not know (`IPVS_CMD_*`): read the configuration again.
    Other(u32),
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(operation) => operation.fmt(f),
            Self::Other(command) => {
                write!(f, "command {command}, which this program does not know")
            }
        }
    }
}

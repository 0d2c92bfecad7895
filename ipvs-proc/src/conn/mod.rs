// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files `/proc/net/ip_vs_conn` and `/proc/net/ip_vs_conn_sync`.

mod columns;
mod digits;
mod filter;
mod raw;
mod read;
mod readings;
mod record;
mod state;
mod summary;

pub use filter::{Filter, ServiceFilter};
pub use raw::RawConnection;
pub use read::{BadLines, Connections, Skipped};
pub use readings::Readings;
pub use record::{Connection, Engine, Origin, Virtual};
pub use state::State;
pub use summary::{Count, EXPIRY_BOUNDS, Expiry, Groups, Service, Summary};

use serde::{Deserialize, Serialize};

use crate::ProcFile;

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// `ip_vs_conn`: persistence data at the end.
    Plain,
    /// `ip_vs_conn_sync`: an origin, no persistence data.
    Sync,
}

impl Layout {
    /// The file that has it.
    pub const fn file(self) -> ProcFile {
        match self {
            Self::Plain => ProcFile::Connections,
            Self::Sync => ProcFile::ConnectionsSync,
        }
    }

    const fn heading(self) -> &'static str {
        match self {
            Self::Plain => "Pro FromIP FPrt ToIP TPrt DestIP DPrt State Expires PEName PEData",
            Self::Sync => "Pro FromIP FPrt ToIP TPrt DestIP DPrt State Origin Expires",
        }
    }
}

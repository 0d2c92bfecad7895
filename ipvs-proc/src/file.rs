// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files that are read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A file in `/proc/net`, which IPVS or the module `ip_vs_ca` makes.
///
/// ```
/// use ipvs_proc::ProcFile;
/// assert_eq!(ProcFile::Connections.name(), "ip_vs_conn");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcFile {
    /// `ip_vs`: services and destinations.
    Table,
    /// `ip_vs_app`: application helpers.
    Apps,
    /// `ip_vs_ca_stats`: counters of the module `ip_vs_ca`, on a real server.
    CaStats,
    /// `ip_vs_conn`: connections.
    Connections,
    /// `ip_vs_conn_sync`: connections with their origin.
    ConnectionsSync,
    /// `ip_vs_stats`: totals.
    Stats,
    /// `ip_vs_stats_percpu`: totals by CPU.
    StatsPercpu,
    /// `ip_vs_status`: fill of the tables; kernel 7.1 and later, for root only.
    Status,
}

impl ProcFile {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Table,
        Self::Apps,
        Self::CaStats,
        Self::Connections,
        Self::ConnectionsSync,
        Self::Stats,
        Self::StatsPercpu,
        Self::Status,
    ];

    /// The name below `/proc/net`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "ip_vs",
            Self::Apps => "ip_vs_app",
            Self::CaStats => "ip_vs_ca_stats",
            Self::Connections => "ip_vs_conn",
            Self::ConnectionsSync => "ip_vs_conn_sync",
            Self::Stats => "ip_vs_stats",
            Self::StatsPercpu => "ip_vs_stats_percpu",
            Self::Status => "ip_vs_status",
        }
    }
}

impl fmt::Display for ProcFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

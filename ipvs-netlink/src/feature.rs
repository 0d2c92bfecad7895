// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a way into the kernel can and can't express.

use std::fmt;

/// Something that not every backend or kernel can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// IPv6 services and destinations.
    Ipv6,
    /// Counters of 64 bits that don't wrap.
    Counters64,
    /// GUE and GRE tunnels.
    TunnelOptions,
    /// Persistence engines.
    PersistenceEngine,
    /// Changing some flags of a service and keeping the others, in one step.
    FlagMask,
    /// Message length, group, port and TTL of a sync daemon.
    DaemonOptions,
    /// Services of other protocols than TCP, UDP and SCTP.
    AnyProtocol,
    /// Connections by key and by filter: patched kernels.
    ListConnections,
    /// Counting connections: patched kernels.
    CountConnections,
    /// Deleting a connection: patched kernels, and the module `ip_vs_connctl`.
    DeleteConnection,
    /// Deleting connections by filter, and templates: patched kernels.
    DeleteConnections,
    /// Events when the configuration changes: patched kernels.
    Events,
    /// The whole configuration of one moment: patched kernels.
    Snapshot,
    /// The forwarding method FULLNAT: kernels that announce it.
    Fullnat,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ipv6 => "IPv6",
            Self::Counters64 => "64-bit counters",
            Self::TunnelOptions => "tunnel options (GUE, GRE)",
            Self::PersistenceEngine => "persistence engines",
            Self::FlagMask => "changing single flags of a service",
            Self::DaemonOptions => "sync daemon options",
            Self::AnyProtocol => "protocols other than TCP, UDP and SCTP",
            Self::ListConnections => "list of connections here",
            Self::CountConnections => "count of connections here",
            Self::DeleteConnection => "way to delete a connection here",
            Self::DeleteConnections => "way to delete connections by filter, or templates, here",
            Self::Events => "events here",
            Self::Snapshot => "snapshots here",
            Self::Fullnat => "forwarding method FULLNAT (5) here",
        })
    }
}

/// The answer to a probe.
#[derive(Debug)]
pub enum Support {
    /// It works.
    Supported,
    /// It does not exist here.
    Unsupported,
    /// It could not be found out.
    Unknown(crate::Error),
}

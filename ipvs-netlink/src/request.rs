// SPDX-License-Identifier: MIT OR Apache-2.0
//! Anything that can be asked of the kernel; errors say which of them failed.

use std::fmt;

use ipvs_types::ServiceKey;

use crate::Operation;
use crate::ext::{ConnectionFilter, ConnectionKey, Extent};

/// A change or a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Request {
    /// A change.
    Change(Operation),
    /// All services (`IPVS_CMD_GET_SERVICE`, dump).
    ListServices,
    /// One service (`IPVS_CMD_GET_SERVICE`).
    GetService(ServiceKey),
    /// The destinations of a service (`IPVS_CMD_GET_DEST`, dump).
    ListDests(ServiceKey),
    /// The sync daemons (`IPVS_CMD_GET_DAEMON`, dump).
    ListDaemons,
    /// The timeouts (`IPVS_CMD_GET_CONFIG`).
    GetTimeouts,
    /// Version and table size (`IPVS_CMD_GET_INFO`).
    GetInfo,
    /// The number of the generic netlink family (`CTRL_CMD_GETFAMILY`).
    ResolveFamily,
    /// The families that there are now (`CTRL_CMD_GETFAMILY`, dump).
    ListFamilies,
    /// The number of the family `ipvs_connctl` (`CTRL_CMD_GETFAMILY`).
    ResolveAddOn,
    /// What a patched kernel can do (`IPVS_EXT_CMD_FEATURES`).
    GetFeatures,
    /// Connections (`IPVS_EXT_CMD_CONN_GET`, dump).
    ListConnections(ConnectionFilter),
    /// One connection (`IPVS_EXT_CMD_CONN_GET`).
    GetConnection(ConnectionKey),
    /// A number of connections (`IPVS_EXT_CMD_CONN_COUNT`).
    CountConnections(ConnectionFilter),
    /// One connection less (`IPVS_EXT_CMD_CONN_DEL`).
    DeleteConnection(ConnectionKey),
    /// The same by the module `ip_vs_connctl` (`IPVS_CONNCTL_CMD_DELETE`).
    DeleteConnectionByAddOn(ConnectionKey),
    /// The connections that match less, or all (`IPVS_EXT_CMD_CONN_DEL`).
    DeleteConnections(Option<ConnectionFilter>),
    /// The configuration (`IPVS_EXT_CMD_SNAPSHOT`).
    Snapshot {
        /// Only this service, instead of all.
        service: Option<ServiceKey>,
        /// How much of it.
        extent: Extent,
    },
    /// Events (group `config` of the family `ipvs_ext`).
    Listen,
}

impl Request {
    /// Whether it looks for a netlink family.
    pub(crate) const fn names_family(&self) -> bool {
        matches!(self, Self::ResolveFamily | Self::ResolveAddOn)
    }

    /// Whether it is about one connection.
    pub(crate) const fn names_connection(&self) -> bool {
        matches!(
            self,
            Self::GetConnection(_) | Self::DeleteConnection(_) | Self::DeleteConnectionByAddOn(_)
        )
    }
}

impl From<Operation> for Request {
    fn from(operation: Operation) -> Self {
        Self::Change(operation)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(operation) => operation.fmt(f),
            Self::ListServices => f.pad("list services"),
            Self::GetService(service) => write!(f, "get service {service}"),
            Self::ListDests(service) => write!(f, "list destinations of {service}"),
            Self::ListDaemons => f.pad("list sync daemons"),
            Self::GetTimeouts => f.pad("get timeouts"),
            Self::GetInfo => f.pad("get IPVS version"),
            Self::ResolveFamily => f.pad("find the IPVS netlink family"),
            Self::ListFamilies => f.pad("list netlink families"),
            Self::ResolveAddOn => f.pad("find the netlink family ipvs_connctl"),
            Self::GetFeatures => f.pad("get features of ipvs_ext"),
            Self::ListConnections(filter) => write!(f, "list {filter}"),
            Self::GetConnection(key) => write!(f, "get connection {key}"),
            Self::CountConnections(filter) => write!(f, "count {filter}"),
            Self::DeleteConnection(key) | Self::DeleteConnectionByAddOn(key) => {
                write!(f, "delete connection {key}")
            }
            Self::DeleteConnections(filter) => {
                write!(f, "delete {}", filter.unwrap_or_default())
            }
            Self::Snapshot { service: None, .. } => f.pad("read the whole configuration"),
            Self::Snapshot { service: Some(service), .. } => {
                write!(f, "read the configuration of {service}")
            }
            Self::Listen => f.pad("listen for events"),
        }
    }
}

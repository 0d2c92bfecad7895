// SPDX-License-Identifier: MIT OR Apache-2.0
//! Anything that can be asked of the kernel; errors say which of them failed.

use std::fmt;

use ipvs_types::ServiceKey;

use crate::Operation;

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
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Changes, as values: the common vocabulary of batches, plans, backends and the fake kernel.

use std::fmt;

use ipvs_types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, ServiceConfig, ServiceFlags, ServiceKey,
    TimeoutsChange,
};

/// One change of the kernel's IPVS state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Make a virtual service (`ipvsadm -A`, `IPVS_CMD_NEW_SERVICE`).
    CreateService {
        /// Which service.
        service: ServiceKey,
        /// How it shall balance.
        config: ServiceConfig,
    },
    /// Replace the configuration of a service (`ipvsadm -E`, `IPVS_CMD_SET_SERVICE`).
    UpdateService {
        /// Which service.
        service: ServiceKey,
        /// How it shall balance; of the flags, only the bits in `mask` are changed.
        config: ServiceConfig,
        /// Which flags are changed; usually all.
        mask: ServiceFlags,
    },
    /// Remove a service with its destinations (`ipvsadm -D`, `IPVS_CMD_DEL_SERVICE`).
    DeleteService {
        /// Which service.
        service: ServiceKey,
    },
    /// Add a destination (`ipvsadm -a`, `IPVS_CMD_NEW_DEST`).
    CreateDest {
        /// To which service.
        service: ServiceKey,
        /// Which destination.
        dest: DestKey,
        /// How traffic reaches it.
        config: DestConfig,
    },
    /// Replace the configuration of a destination (`ipvsadm -e`, `IPVS_CMD_SET_DEST`).
    UpdateDest {
        /// Of which service.
        service: ServiceKey,
        /// Which destination.
        dest: DestKey,
        /// How traffic reaches it.
        config: DestConfig,
    },
    /// Remove a destination (`ipvsadm -d`, `IPVS_CMD_DEL_DEST`).
    DeleteDest {
        /// From which service.
        service: ServiceKey,
        /// Which destination.
        dest: DestKey,
    },
    /// Start a sync daemon (`ipvsadm --start-daemon`, `IPVS_CMD_NEW_DAEMON`).
    StartDaemon {
        /// Its role and settings.
        config: DaemonConfig,
    },
    /// Stop a sync daemon (`ipvsadm --stop-daemon`, `IPVS_CMD_DEL_DAEMON`).
    StopDaemon {
        /// Which one.
        role: DaemonRole,
    },
    /// Change connection timeouts (`ipvsadm --set`, `IPVS_CMD_SET_CONFIG`).
    SetTimeouts {
        /// Which to what.
        change: TimeoutsChange,
    },
    /// Reset the counters (`ipvsadm -Z`, `IPVS_CMD_ZERO`).
    Zero {
        /// Of one service and its destinations; `None` for all and the totals.
        service: Option<ServiceKey>,
    },
    /// Remove all services (`ipvsadm -C`, `IPVS_CMD_FLUSH`).
    Flush,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateService { service, .. } => write!(f, "create service {service}"),
            Self::UpdateService { service, .. } => write!(f, "update service {service}"),
            Self::DeleteService { service } => write!(f, "delete service {service}"),
            Self::CreateDest { service, dest, .. } => {
                write!(f, "create destination {dest} of {service}")
            }
            Self::UpdateDest { service, dest, .. } => {
                write!(f, "update destination {dest} of {service}")
            }
            Self::DeleteDest { service, dest } => {
                write!(f, "delete destination {dest} of {service}")
            }
            Self::StartDaemon { config } => {
                write!(f, "start {} daemon on {}", config.role, config.interface)
            }
            Self::StopDaemon { role } => write!(f, "stop {role} daemon"),
            Self::SetTimeouts { .. } => f.pad("set timeouts"),
            Self::Zero { service: Some(service) } => write!(f, "zero counters of {service}"),
            Self::Zero { service: None } => f.pad("zero all counters"),
            Self::Flush => f.pad("flush all services"),
        }
    }
}

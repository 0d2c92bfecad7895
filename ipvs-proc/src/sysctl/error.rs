// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can go wrong with sysctls, and what to do about it.

use std::io;
use std::path::Path;

use super::description::Exists;
use super::name::{AREAS, Name};

/// Why a sysctl could not be read or set. `Display` is one line with the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither this library nor the kernel knows it.
    #[error("`{name}` is no sysctl of IPVS: `ipvsadm sysctl get` lists them")]
    Unknown {
        /// What was given for a name.
        name: String,
    },
    /// The kernel has it, this library doesn't know what it accepts.
    #[error("{name}: not known to this version, which can't check the value: use `sysctl -w`")]
    Unchecked {
        /// Which.
        name: Name,
    },
    /// The kernel has none at all.
    #[error(
        "this network namespace has no sysctls of IPVS: load the module with `modprobe ip_vs`, or \
         run in the namespace of the machine's root (`ip netns exec`)"
    )]
    NoneAtAll,
    /// This kernel does not have it, or not now.
    #[error("{name}: not in this kernel: {remedy}")]
    Absent {
        /// Which.
        name: Name,
        /// Since when or under what condition it exists.
        remedy: String,
    },
    /// The kernel would refuse the value or take it for another. Nothing was written.
    #[error("{name}: `{value}` is not accepted: give {accepted}{remedy}")]
    Value {
        /// Which.
        name: Name,
        /// The value.
        value: String,
        /// The accepted values with their unit.
        accepted: String,
        /// More about this value; empty or starting with `; `.
        remedy: &'static str,
    },
    /// The caller may not write it.
    #[error(
        "{name}: no permission to {doing} it: run as root of the machine; containers often have \
         /proc/sys read-only"
    )]
    PermissionDenied {
        /// Which.
        name: Name,
        /// `read` or `write`.
        doing: &'static str,
    },
    /// The kernel refused a value that most kernels accept.
    #[error("{name}: the kernel refuses `{value}`: {source}: try another of {accepted}")]
    Refused {
        /// Which.
        name: Name,
        /// The value.
        value: String,
        /// The accepted values with their unit.
        accepted: String,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The kernel took the value and holds another.
    #[error(
        "{name}: `{value}` was written, but the kernel holds `{shown}`: another program set it, or \
         (processors) the CPU affinity of this one allows no more"
    )]
    NotKept {
        /// Which.
        name: Name,
        /// What was written.
        value: String,
        /// What was read afterwards.
        shown: String,
    },
    /// The file can't be read.
    #[error("{name}: can't be read: {source}")]
    Io {
        /// Which; a directory when listing.
        name: Name,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// The error for a failure to open or read a file below `root`.
    pub(super) fn reading(name: &Name, root: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::missing(name, root),
            io::ErrorKind::PermissionDenied => {
                Self::PermissionDenied { name: name.clone(), doing: "read" }
            }
            _ => Self::Io { name: name.clone(), source },
        }
    }

    /// The error for a failure to write `value`.
    pub(super) fn writing(name: &Name, value: &str, root: &Path, source: io::Error) -> Self {
        let accepted = || name.description().map_or_else(String::new, |known| known.accepted());
        match source.kind() {
            io::ErrorKind::NotFound => Self::missing(name, root),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::PermissionDenied { name: name.clone(), doing: "write" }
            }
            _ => Self::Refused {
                name: name.clone(),
                value: value.to_owned(),
                accepted: accepted(),
                source,
            },
        }
    }

    fn missing(name: &Name, root: &Path) -> Self {
        let Some(description) = name.description() else {
            return Self::Unknown { name: name.to_string() };
        };
        let shown = |prefix: &str| root.join(prefix.replace('.', "/")).exists();
        if !AREAS.iter().any(|area| shown(area.prefix)) {
            return Self::NoneAtAll;
        }
        let remedy = match (name.area(), description.exists) {
            (Some(area), _) if !shown(area.prefix) => {
                format!("load the module with `modprobe {}`", area.module)
            }
            (_, Exists::Always) => "it was built without it".to_owned(),
            (_, exists) => exists.to_string(),
        };
        Self::Absent { name: name.clone(), remedy }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why tables can't be compared.

use std::io;
use std::path::PathBuf;

use ipvs_proc::{RootError, StreamError};

/// Why a table can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoverageError {
    /// A file of the kernel's can't be opened.
    #[error(transparent)]
    Open(#[from] RootError),
    /// Reading one ends early.
    #[error(transparent)]
    Read(#[from] StreamError),
    /// The network namespace can't be entered.
    #[error(transparent)]
    Namespace(#[from] ipvs_netlink::Error),
    /// A file can't be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file is no list of connections.
    #[error(
        "{}: neither `ipvsadm proc conns --json` nor a copy of ip_vs_conn: {source}",
        path.display()
    )]
    Export {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A file is of another version.
    #[error("{}: schema {found}, where this program knows only {known}", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: u32,
        /// What is known.
        known: u32,
    },
}

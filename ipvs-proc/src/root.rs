// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the files are.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::conn::{Connections, Layout};
use crate::error::Place;
use crate::{Document, LineError, ProcFile};

/// A place with the files of one network namespace.
///
/// ```no_run
/// use ipvs_proc::{Root, Table};
/// let table: Table = Root::system().read()?;
/// let of_a_container: Table = Root::process(4711).read()?;
/// let of_another_machine: Table = Root::at("/tmp/copies").read()?;
/// # Ok::<(), ipvs_proc::ReadError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Holds `net/`.
    dir: PathBuf,
    /// Holds `net/ipv4/vs/`.
    sysctls: Option<PathBuf>,
}

/// Why a file can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// There is no such directory; for [`Root::process`] no such process.
    #[error("there is no {}: does that process, or that directory, exist?", .0.display())]
    NoRoot(PathBuf),
    /// There is no such file.
    #[error("there is no {}: {}", path.display(), remedy(*file))]
    Missing {
        /// The file.
        file: ProcFile,
        /// Its path.
        path: PathBuf,
    },
    /// It is not for this user.
    #[error("no permission to read {}: {}", path.display(), privilege(*file))]
    Denied {
        /// The file.
        file: ProcFile,
        /// Its path.
        path: PathBuf,
    },
    /// Anything else.
    #[error("can't read {}", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

/// Why a file can't be read as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It can't be opened or read.
    #[error(transparent)]
    Root(#[from] RootError),
    /// Its text is bad.
    #[error(transparent)]
    Line(#[from] LineError),
}

/// What to do where a file is missing.
const fn remedy(file: ProcFile) -> &'static str {
    match file {
        ProcFile::CaStats => "load the module with `modprobe ip_vs_ca`",
        ProcFile::Status => "kernels before 7.1 have no such file; on others, `modprobe ip_vs`",
        _ => "load the module with `modprobe ip_vs`",
    }
}

/// Who may read it.
const fn privilege(file: ProcFile) -> &'static str {
    match file {
        ProcFile::Status => "the kernel lets only root read it (mode 0440)",
        _ => "become root, in the namespace of the director",
    }
}

/// Room for a file: more than most tables need.
const ROOM: usize = 64 * 1024;

impl Root {
    /// This process (`/proc`): the network namespace of its main thread.
    pub fn system() -> Self {
        Self { dir: "/proc".into(), sysctls: Some("/proc/sys".into()) }
    }

    /// This thread, which may have entered a namespace of its own.
    pub fn thread() -> Self {
        Self { dir: "/proc/thread-self".into(), sysctls: Some("/proc/sys".into()) }
    }

    /// The network namespace of the process `pid` (`/proc/PID/net`), without entering it.
    ///
    /// It has no sysctls: those under `/proc/sys`, even when reached below `/proc/PID/root`, are those
    /// of the task that opens them. Enter the namespace to read them.
    pub fn process(pid: u32) -> Self {
        Self { dir: format!("/proc/{pid}").into(), sysctls: None }
    }

    /// A directory that is arranged like `/proc`: `net/ip_vs_conn`, `sys/net/ipv4/vs/…`.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        Self { sysctls: Some(dir.join("sys")), dir }
    }

    /// The directory that holds `net/`.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directory of the sysctls, `sys/net/ipv4/vs`; `None` for another process
    /// ([`Root::process`]).
    pub fn sysctls(&self) -> Option<PathBuf> {
        Some(self.sysctls.as_ref()?.join("net/ipv4/vs"))
    }

    /// The path of a file, whether it is there or not.
    pub fn path(&self, file: ProcFile) -> PathBuf {
        self.dir.join("net").join(file.name())
    }

    /// Opens a file.
    ///
    /// # Errors
    /// When it is not there or not readable, with what to do about it.
    pub fn open(&self, file: ProcFile) -> Result<File, RootError> {
        let path = self.path(file);
        File::open(&path).map_err(|error| self.fault(file, path, error))
    }

    /// Reads a file as a whole: `root.read::<Table>()`.
    ///
    /// # Errors
    /// When it can't be read, or at the first bad line.
    pub fn read<D: Document>(&self) -> Result<D, ReadError> {
        Ok(D::parse(&self.text(D::FILE)?)?)
    }

    /// The same, but leaves out bad lines and tells about them.
    ///
    /// # Errors
    /// When it can't be read, or is no UTF-8.
    pub fn read_skipping<D: Document + Default>(&self) -> Result<(D, Vec<LineError>), ReadError> {
        Ok(D::parse_skipping(&self.text(D::FILE)?))
    }

    /// Opens the connections, `ip_vs_conn` or `ip_vs_conn_sync`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn connections(&self, layout: Layout) -> Result<Connections<File>, RootError> {
        self.open(layout.file()).map(|file| Connections::new(file, layout))
    }

    fn text(&self, file: ProcFile) -> Result<String, ReadError> {
        // With room from the start, as few reads as can be: before 7, the kernel loses its place between
        // two when other namespaces have services. Without, the first is of 32 bytes.
        let mut bytes = Vec::with_capacity(ROOM);
        let read = self.open(file)?.read_to_end(&mut bytes);
        read.map_err(|error| self.fault(file, self.path(file), error))?;
        String::from_utf8(bytes).map_err(|error| {
            let (start, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
            let first =
                bytes[..start].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let line = bytes[first..].split(|byte| *byte == b'\n').next().unwrap_or_default();
            let number = 1 + bytes[..first].iter().filter(|byte| **byte == b'\n').count() as u64;
            let at = Place { file, line: number, column: start - first + 1 };
            LineError::malformed(at, "UTF-8", line).into()
        })
    }

    fn fault(&self, file: ProcFile, path: PathBuf, source: io::Error) -> RootError {
        match source.kind() {
            io::ErrorKind::NotFound if !self.dir.exists() => RootError::NoRoot(self.dir.clone()),
            io::ErrorKind::NotFound => RootError::Missing { file, path },
            io::ErrorKind::PermissionDenied => RootError::Denied { file, path },
            _ => RootError::Io { path, source },
        }
    }
}

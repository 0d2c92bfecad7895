// SPDX-License-Identifier: MIT OR Apache-2.0
//! One of the two tools as the distribution installs it, with the programs that use it: seen by one
//! thread of a test and by what that starts, by nobody else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::mount::MountFlags;

use crate::case::Failure;
use crate::netns;

/// Which tool is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Ours.
    Ours,
    /// The distribution's C tool.
    Reference,
}

/// Where the system's programs are looked for: not where the harness puts ours.
pub const PATH: &str = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

/// The directories that get the clients' files beside the host's own.
const OVERLAID: [&str; 4] = ["usr/bin", "usr/sbin", "usr/share", "usr/lib/x86_64-linux-gnu"];

/// An installation, in use by the thread that made it.
#[derive(Debug)]
pub struct Installation {
    tool: Tool,
    directory: PathBuf,
}

impl Tool {
    /// Does the same with both tools installed, side by side, and returns what each gave.
    ///
    /// # Errors
    /// The first failure, with the tool's name.
    pub fn both<T: Send>(
        work: impl Fn(Self) -> Result<T, Failure> + Sync,
    ) -> Result<[T; 2], Failure> {
        let work = &work;
        let [ours, theirs] = thread::scope(|scope| {
            [Self::Ours, Self::Reference].map(|tool| (tool, scope.spawn(move || work(tool)))).map(
                |(tool, worker)| match worker.join() {
                    Ok(result) => result.map_err(|failure| failure.context(&format!("{tool:?}"))),
                    Err(panic) => std::panic::resume_unwind(panic),
                },
            )
        });
        Ok([ours?, theirs?])
    }

    /// Where the tool's programs are.
    fn programs(self) -> Result<PathBuf, Failure> {
        shared(match self {
            Self::Ours => "bin",
            Self::Reference => "reference/sbin",
        })
    }
}

impl Installation {
    /// Installs `tool`, for the calling thread, with the clients and the scripts of Debian's package
    /// `ipvsadm`; what is written to `/etc` is written to a directory below `directory`.
    ///
    /// # Errors
    /// The setup has not fetched the clients, or a mount fails.
    pub fn new(tool: Tool, directory: &Path) -> Result<Self, Failure> {
        netns::private_mounts()?;
        let directory = directory.join(format!("{tool:?}"));
        fs::create_dir_all(&directory)?;
        // The guest's temporary directory is an overlay, which can't be the upper part of another.
        rustix::mount::mount("tmpfs", &directory, "tmpfs", MountFlags::empty(), None)?;
        let installation = Self { tool, directory };
        let programs = installation.directory.join("usr/sbin");
        fs::create_dir_all(&programs)?;
        for name in ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"] {
            symlink(tool.programs()?.join(name), programs.join(name))?;
        }
        let (clients, reference) = (shared("clients")?, shared("reference")?);
        for path in OVERLAID {
            let layers =
                [&installation.directory, &clients, &reference].map(|root| root.join(path));
            overlay(path, layers.iter().filter(|layer| layer.exists()), None)?;
        }
        let upper = installation.directory.join("etc");
        overlay("etc", [reference.join("etc")].iter(), Some(&upper))?;
        Ok(installation)
    }

    /// A directory of this installation's own.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The tool that is installed.
    pub fn tool(&self) -> Tool {
        self.tool
    }
}

/// A file of the directory that host and guest share.
pub fn shared(name: &str) -> Result<PathBuf, Failure> {
    let directory = std::env::var_os("IPVS_VM").unwrap_or_default();
    let path = Path::new(&directory).join(name);
    fs::canonicalize(&path).map_err(|error| {
        Failure::from(error).context(&format!("{}: `cargo xtask vm setup`", path.display()))
    })
}

/// Lays directories over `/path`; changes go to `upper` if there is one.
fn overlay<'a>(
    path: &str,
    layers: impl Iterator<Item = &'a PathBuf>,
    upper: Option<&Path>,
) -> Result<(), Failure> {
    let target = format!("/{path}");
    let mut lower = String::new();
    for layer in layers {
        lower += &format!("{}:", layer.display());
    }
    let mut data = format!("lowerdir={lower}{target}");
    if let Some(upper) = upper {
        let work = upper.with_extension("work");
        fs::create_dir_all(upper)?;
        fs::create_dir_all(&work)?;
        data += &format!(",upperdir={},workdir={}", upper.display(), work.display());
    }
    let data = std::ffi::CString::new(data)?;
    rustix::mount::mount("overlay", &target, "overlay", MountFlags::empty(), data.as_c_str())
        .map_err(|error| Failure::from(error).context(&format!("cannot lay {data:?} over it")))
}

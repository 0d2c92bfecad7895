// SPDX-License-Identifier: MIT OR Apache-2.0
//! Packages that the host itself must have: looked for by what they provide, installed with apt
//! only where that is missing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::cache::Cache;
use super::setup::Outcome;
use super::tools;
use crate::{exec, paths};

/// What tells that a package is not needed any more.
enum Provides {
    /// A program on PATH or in the system's directories.
    Program(&'static str),
    /// A file, needed only until virtiofsd is built.
    Header(&'static str),
    /// A file.
    File(&'static str),
    /// Python's `ensurepip`, needed only until the virtual environment exists.
    Venv,
}

const PACKAGES: &[(&str, Provides)] = &[
    ("qemu-system-x86", Provides::Program("qemu-system-x86_64")),
    ("kmod", Provides::Program("depmod")),
    ("iproute2", Provides::Program("ip")),
    ("xz-utils", Provides::Program("xz")),
    ("python3", Provides::Program("python3")),
    ("debian-archive-keyring", Provides::File(super::apt::KEYRING)),
    ("python3-venv", Provides::Venv),
    ("libcap-ng-dev", Provides::Header("/usr/include/cap-ng.h")),
    ("libseccomp-dev", Provides::Header("/usr/include/seccomp.h")),
    // For the Debian package and its test; the guest's programs are the host's.
    ("dpkg-dev", Provides::Program("dpkg-shlibdeps")),
    ("man-db", Provides::Program("man")),
    ("systemd", Provides::File("/lib/systemd/systemd")),
    // For our kernel modules.
    ("make", Provides::Program("make")),
    ("gcc", Provides::Program("gcc")),
    ("binutils", Provides::Program("strip")),
];

impl Provides {
    fn is_missing(&self, cache: &Path) -> bool {
        match self {
            Self::Program(name) => paths::program(name).is_none(),
            Self::File(path) => !Path::new(path).exists(),
            Self::Header(path) => !tools::has_virtiofsd(cache) && !Path::new(path).exists(),
            Self::Venv => {
                let mut python = Command::new("python3");
                !tools::has_virtme_ng(cache)
                    && exec::capture(python.args(["-c", "import ensurepip, venv"])).is_err()
            }
        }
    }
}

/// The packages that are still to be installed.
pub fn missing(cache: &Path) -> Vec<&'static str> {
    let missing = PACKAGES.iter().filter(|(_, provides)| provides.is_missing(cache));
    missing.map(|(package, _)| *package).collect()
}

/// Installs what is missing.
pub fn setup(cache: &Cache) -> Result<Outcome> {
    let packages = missing(&cache.path(""));
    if packages.is_empty() {
        return Ok(Outcome::Present("all programs found".to_owned()));
    }
    let list = packages.join(" ");
    if paths::program("apt-get").is_none() {
        bail!("this system has no apt: install what Debian calls {list}, then run this again");
    }
    eprintln!("installing with apt: {list}");
    let install = || exec::run_as_progress(apt_get()?.args(INSTALL).args(&packages));
    if install().is_err() {
        eprintln!("the package lists may be old: refreshing them");
        exec::run_as_progress(apt_get()?.args(["-q", "update"]))
            .and_then(|()| install())
            .with_context(|| {
                format!("install them yourself (`apt-get install {list}`), then run this again")
            })?;
    }
    let left = missing(&cache.path(""));
    if !left.is_empty() {
        bail!("apt reported success, but {} is still not found", left.join(", "));
    }
    Ok(Outcome::Made(format!("installed {list}")))
}

const INSTALL: [&str; 4] = ["-q", "-y", "--no-install-recommends", "install"];

fn apt_get() -> Result<Command> {
    let mut command = if rustix::process::geteuid().is_root() {
        Command::new("apt-get")
    } else if paths::program("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    } else {
        bail!("installing packages needs root and there is no sudo: run this as root once");
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}

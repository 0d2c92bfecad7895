// SPDX-License-Identifier: MIT OR Apache-2.0
//! The distribution's C `ipvsadm` with its libraries, unpacked as the reference for differential
//! tests and benchmarks; it is never installed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::apt::Suite;
use super::cache::Cache;
use super::setup::Outcome;

const PACKAGES: [&str; 4] = ["ipvsadm", "libnl-3-200", "libnl-genl-3-200", "libpopt0"];

const PROGRAM: &str = "sbin/ipvsadm";
const SCRIPTS: [&str; 2] = ["sbin/ipvsadm-save", "sbin/ipvsadm-restore"];
const LIBRARIES: [&str; 2] = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"];

/// The root below which the reference was unpacked, scripts and all.
pub fn root(cache: &Path) -> PathBuf {
    cache.join("ipvsadm-c")
}

/// The program, the scripts around it, and its libraries.
///
/// # Errors
/// The setup has not fetched them.
pub fn files(cache: &Path) -> Result<Vec<PathBuf>> {
    let root = root(cache);
    let mut files = vec![root.join(PROGRAM)];
    files.extend(SCRIPTS.map(|script| root.join(script)));
    for directory in LIBRARIES {
        let Ok(entries) = fs::read_dir(root.join(directory)) else {
            continue;
        };
        for entry in entries {
            files.push(entry?.path());
        }
    }
    files.retain(|file| file.is_file());
    if files.len() < PACKAGES.len() + SCRIPTS.len() {
        bail!("{} is incomplete: run `cargo xtask vm clean`, then `vm setup`", root.display());
    }
    Ok(files)
}

/// Whether the reference is in the cache.
pub fn present(cache: &Path) -> bool {
    root(cache).join(PROGRAM).exists()
}

/// Fetches the reference unless it is there.
pub fn setup(cache: &Cache) -> Result<Outcome> {
    let what = "ipvsadm, libnl, libpopt of bookworm".to_owned();
    if present(&cache.path("")) {
        return Ok(Outcome::Present(what));
    }
    cache.create("ipvsadm-c", |partial| {
        let suite = Suite::open("bookworm", partial)?;
        suite.unpack(&PACKAGES, partial)?;
        suite.close()
    })?;
    Ok(Outcome::Made(what))
}

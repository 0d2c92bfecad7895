// SPDX-License-Identifier: MIT OR Apache-2.0
//! What patches and the style check need of a kernel: the sources of IPVS and the kernel's scripts, of
//! exactly the version that is booted, fetched once into the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::headers::{self, Headers};
use crate::vm::apt::Suite;
use crate::vm::cache::Cache;
use crate::vm::kernel::Kernel;
use crate::{exec, paths};

/// What is taken out of the source archive.
const PARTS: [&str; 7] = [
    "net/netfilter/ipvs",
    "include/net/ip_vs.h",
    "include/uapi/linux/ip_vs.h",
    "scripts/checkpatch.pl",
    "scripts/spelling.txt",
    "scripts/const_structs.checkpatch",
    "MAINTAINERS",
];

/// A kernel's sources in the cache, with its headers.
pub struct Source {
    /// What the sources are built against.
    pub headers: Headers,
    root: PathBuf,
}

impl Source {
    /// Finds the sources in the cache, or fetches them (150 MB).
    ///
    /// # Errors
    /// As [`Headers::get`].
    pub fn get(kernel: &'static Kernel) -> Result<Self> {
        let headers = Headers::get(kernel)?;
        let item = format!("source-{}", headers.release);
        let source = Self { root: paths::cache()?.join(&item), headers };
        if !source.root.exists() {
            let cache = Cache::lock()?;
            // Whoever held the lock may have fetched them.
            if !source.root.exists() {
                cache.create(&item, |partial| fetch(&source.headers, partial))?;
            }
        }
        Ok(source)
    }

    /// The unpacked part of the kernel's source tree.
    pub fn tree(&self) -> PathBuf {
        self.root.join("source")
    }
}

fn fetch(headers: &Headers, partial: &Path) -> Result<()> {
    let kernel: &Kernel = headers.kernel;
    let suite = Suite::open(kernel.suite, partial)?;
    let version = headers::version(&suite, kernel, &headers.release)?;
    let package = format!("linux-source-{}={version}", kernel.name);
    eprintln!("downloading {package} (about 150 MB)");
    suite.unpack(&[package], partial)?;
    suite.close()?;

    let archive = partial.join(format!("usr/src/linux-source-{}.tar.xz", kernel.name));
    let tree = partial.join("source");
    fs::create_dir(&tree)?;
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--strip-components=1", "--wildcards", "--directory"]);
    tar.arg(&tree).arg("--file").arg(&archive);
    exec::run(tar.args(PARTS.map(|part| format!("*/{part}"))))?;
    fs::remove_dir_all(partial.join("usr"))?;
    Ok(())
}

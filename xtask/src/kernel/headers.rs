// SPDX-License-Identifier: MIT OR Apache-2.0
//! What building a module needs of a kernel: its headers, of exactly the version that is booted,
//! fetched once into the cache.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::toolchain;
use crate::paths;
use crate::vm::apt::Suite;
use crate::vm::cache::Cache;
use crate::vm::kernel::Kernel;

/// A kernel's headers in the cache.
pub struct Headers {
    /// The kernel that they belong to.
    pub kernel: &'static Kernel,
    /// The kernel's full release.
    pub release: String,
    root: PathBuf,
}

impl Headers {
    /// Finds the headers in the cache, or fetches them (14 MB).
    ///
    /// # Errors
    /// The kernel is not in the cache, its suite has other versions only, or the network is down.
    pub fn get(kernel: &'static Kernel) -> Result<Self> {
        let release = kernel.find(&paths::cache()?)?.release;
        let item = format!("headers-{release}");
        let headers = Self { kernel, root: paths::cache()?.join(&item), release };
        if !headers.root.exists() {
            let cache = Cache::lock()?;
            // Whoever held the lock may have fetched them.
            if !headers.root.exists() {
                cache.create(&item, |partial| fetch(kernel, &headers.release, partial))?;
            }
        }
        Ok(headers)
    }

    /// The directory that modules are built against.
    pub fn directory(&self) -> PathBuf {
        directory(&self.root, &self.release)
    }

    /// The compiler, where the headers' own choice is not to be had.
    pub fn compiler(&self) -> Option<PathBuf> {
        Some(toolchain::compiler(&self.root)).filter(|path| path.exists())
    }
}

/// The version of the package with the headers of a release, which is that of the sources, too.
///
/// # Errors
/// The suite has newer releases only.
pub fn version(suite: &Suite, kernel: &Kernel, release: &str) -> Result<String> {
    suite.version(&package(release)).with_context(|| {
        format!(
            "{} has no headers for kernel {release} any more: remove that kernel from the cache \
             and run `cargo xtask vm setup`, which fetches the newest",
            kernel.suite
        )
    })
}

fn package(release: &str) -> String {
    format!("linux-headers-{release}")
}

fn directory(root: &Path, release: &str) -> PathBuf {
    root.join("usr/src").join(package(release))
}

fn fetch(kernel: &Kernel, release: &str, partial: &Path) -> Result<()> {
    let suite = Suite::open(kernel.suite, partial)?;
    version(&suite, kernel, release)?;
    let package = package(release);
    let parts = suite
        .dependencies(&package)?
        .into_iter()
        .filter(|name| name.starts_with("linux-headers-") || name.starts_with("linux-kbuild-"));
    let packages: Vec<_> = [package.clone()].into_iter().chain(parts).collect();
    eprintln!("downloading {}", packages.join(" "));
    suite.unpack(&packages, partial)?;
    suite.close()?;

    // The package expects to be in /usr/src; relative paths work anywhere.
    let directory = directory(partial, release);
    let makefile = directory.join("Makefile");
    let text = fs::read_to_string(&makefile)
        .with_context(|| format!("cannot read {}", makefile.display()))?;
    fs::write(&makefile, text.replace("/usr/src/", "../"))?;
    toolchain::fit(partial, &directory)
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What building a module needs of a kernel: the sources of IPVS and the headers, of exactly the
//! version that is booted, fetched once into the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::toolchain;
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

/// A kernel's sources and headers in the cache.
pub struct Source {
    /// The kernel that they belong to.
    pub kernel: &'static Kernel,
    root: PathBuf,
    release: String,
}

impl Source {
    /// Finds the sources in the cache, or fetches them.
    ///
    /// # Errors
    /// The kernel is not in the cache, its suite has other versions only, or the network is down.
    pub fn get(kernel: &'static Kernel) -> Result<Self> {
        let release = kernel.find(&paths::cache()?)?.release;
        let item = format!("source-{release}");
        let root = paths::cache()?.join(&item);
        let source = Self { kernel, root, release };
        if !source.root.exists() {
            let cache = Cache::lock()?;
            cache.create(&item, |partial| fetch(kernel, &source.release, partial))?;
        }
        Ok(source)
    }

    /// The unpacked part of the kernel's source tree.
    pub fn tree(&self) -> PathBuf {
        self.root.join("source")
    }

    /// The directory that modules are built against.
    pub fn headers(&self) -> PathBuf {
        headers(&self.root, &self.release)
    }

    /// The compiler, where the headers' own choice is not to be had.
    pub fn compiler(&self) -> Option<PathBuf> {
        Some(toolchain::compiler(&self.root)).filter(|path| path.exists())
    }
}

fn headers(root: &Path, release: &str) -> PathBuf {
    root.join("usr/src").join(format!("linux-headers-{release}"))
}

fn fetch(kernel: &Kernel, release: &str, partial: &Path) -> Result<()> {
    let suite = Suite::open(kernel.suite, partial)?;
    let package = format!("linux-headers-{release}");
    let version = suite.version(&package).with_context(|| {
        format!(
            "{} has no headers for kernel {release} any more: remove that kernel from the cache \
             and run `cargo xtask vm setup`, which fetches the newest",
            kernel.suite
        )
    })?;
    let parts = suite
        .dependencies(&package)?
        .into_iter()
        .filter(|name| name.starts_with("linux-headers-") || name.starts_with("linux-kbuild-"));
    let source = format!("linux-source-{}={version}", kernel.name);
    let packages: Vec<_> = [package.clone(), source].into_iter().chain(parts).collect();
    eprintln!("downloading {} (about 150 MB)", packages.join(" "));
    suite.unpack(&packages, partial)?;
    suite.close()?;

    let archive = partial.join(format!("usr/src/linux-source-{}.tar.xz", kernel.name));
    let tree = partial.join("source");
    fs::create_dir(&tree)?;
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--strip-components=1", "--wildcards", "--directory"]);
    tar.arg(&tree).arg("--file").arg(&archive);
    exec::run(tar.args(PARTS.map(|part| format!("*/{part}"))))?;
    fs::remove_file(&archive)?;

    // The package expects to be in /usr/src; relative paths work anywhere.
    let makefile = headers(partial, release).join("Makefile");
    let text = fs::read_to_string(&makefile)
        .with_context(|| format!("cannot read {}", makefile.display()))?;
    fs::write(&makefile, text.replace("/usr/src/", "../"))?;
    toolchain::fit(partial, &headers(partial, release))
}

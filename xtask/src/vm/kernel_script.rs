// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's own test of IPVS, `ipvs.sh`, out of Debian's package of the kernel's source. Only
//! the script and what it sources are kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::apt::Suite;
use super::cache::Cache;
use super::setup::Outcome;

/// One script serves all kernels: that of 6.1 differs in how it makes namespaces and sends data,
/// that of 7.2 leaves out sysctls that it does not need. What is asked of IPVS is the same.
const SUITE: &str = "bookworm-backports";
const PACKAGE: &str = "linux-source-6.12";

const DIRECTORY: &str = "tools/testing/selftests/net";
const FILES: [&str; 3] = ["netfilter/ipvs.sh", "netfilter/lib.sh", "lib.sh"];

/// The directory `net` of the kernel's tests.
pub fn root(cache: &Path) -> PathBuf {
    cache.join("ipvs-sh").join(DIRECTORY)
}

/// Whether the script is in the cache.
pub fn present(cache: &Path) -> bool {
    FILES.iter().all(|file| root(cache).join(file).exists())
}

/// Fetches the script unless it is there.
pub fn setup(cache: &Cache) -> Result<Outcome> {
    let what = format!("of {PACKAGE}");
    if present(&cache.path("")) {
        return Ok(Outcome::Present(what));
    }
    eprintln!("downloading 150 MB of kernel source for three small files");
    cache.create("ipvs-sh", |partial| {
        let suite = Suite::open(SUITE, partial)?;
        let packages = partial.join("packages");
        for package in suite.download(&[PACKAGE], &packages)? {
            extract(&package, partial)?;
        }
        fs::remove_dir_all(&packages)?;
        suite.close()
    })?;
    Ok(Outcome::Made(what))
}

/// Takes the files out of the compressed archive in the package, without writing the archive.
fn extract(package: &Path, root: &Path) -> Result<()> {
    let mut reader = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start dpkg-deb")?;
    let mut unwrapper = Command::new("tar")
        .args(["-xO", &format!("./usr/src/{PACKAGE}.tar.xz")])
        .stdin(reader.stdout.take().context("no output of dpkg-deb")?)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start tar")?;
    let status = Command::new("tar")
        .args(["-xJ", "--strip-components=1", "--occurrence=1", "-C"])
        .arg(root)
        .args(FILES.map(|file| format!("{PACKAGE}/{DIRECTORY}/{file}")))
        .stdin(unwrapper.stdout.take().context("no output of tar")?)
        .status()
        .context("cannot start tar")?;
    // The last one stops at the last file; that the others then cannot go on writing is no error.
    unwrapper.wait()?;
    reader.wait()?;
    if !status.success() {
        bail!("{} does not have the kernel's ipvs.sh where it is expected", package.display());
    }
    Ok(())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel that watches its own memory (KASAN) and locks (lockdep): none of the distribution's does. It is
//! built from the distribution's source, into the cache.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::vm::apt::Suite;
use crate::vm::cache::Cache;
use crate::vm::kernel::Kernel;
use crate::{exec, paths};

/// Programs and headers that building a kernel takes, beyond those for a module.
const TOOLS: [&str; 6] = ["bison", "flex", "libelf-dev", "libelf1", "libsigsegv2", "m4"];
/// The oldest suite that the project is used on: its programs run on all newer ones.
const TOOLS_SUITE: &str = "bookworm";
/// What the configuration consists of, beside `tinyconfig`.
const FRAGMENT: &str = "kernel-patches/checked.config";

/// The checked kernel, built now unless it is in the cache: a quarter of an hour on two processors, and 2 GB.
/// Returns where it is.
///
/// # Errors
/// The source can't be fetched, an option is not to be had, or the kernel does not build.
pub fn build(kernel: &'static Kernel) -> Result<PathBuf> {
    let cache = Cache::lock()?;
    let kernel = kernel.checked()?;
    if kernel.find(&cache.path("")).is_err() {
        cache.create(&kernel.item(), |partial| fill(kernel, partial))?;
    }
    let image = kernel.find(&cache.path(""))?;
    // What modules are built against, and what patches are applied to, is the same tree.
    for item in ["headers", "source"] {
        let link = cache.path(&format!("{item}-{}", image.release));
        if fs::read_link(&link).is_err() {
            symlink(kernel.item(), &link)
                .with_context(|| format!("cannot make {}", link.display()))?;
        }
    }
    Ok(image.image)
}

fn fill(kernel: &Kernel, partial: &Path) -> Result<()> {
    let (tree, tools) = (partial.join("tree"), partial.join("tools"));
    fetch(kernel, partial, &tree)?;
    let suite = Suite::open(TOOLS_SUITE, &tools)?;
    suite.unpack(&TOOLS, &tools)?;
    suite.close()?;

    let make = |arguments: &[&str]| make(&tree, &tools, arguments);
    make(&["tinyconfig"])?;
    let fragment = paths::repository().join(FRAGMENT);
    let mut merge = Command::new("scripts/kconfig/merge_config.sh");
    exec::run_as_progress(merge.args(["-m", ".config"]).arg(&fragment).current_dir(&tree))?;
    make(&["olddefconfig"])?;
    let (wanted, config) =
        (fs::read_to_string(&fragment)?, fs::read_to_string(tree.join(".config"))?);
    let missing = missing(&wanted, &config);
    if !missing.is_empty() {
        bail!("kernel {} has no {}: see {FRAGMENT}", kernel.name, missing.join(", "));
    }

    eprintln!("building kernel {}: a quarter of an hour …", kernel.name);
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    make(&[&format!("-j{jobs}"), "bzImage", "modules"])?;
    let install = format!("INSTALL_MOD_PATH={}", partial.display());
    make(&[&install, "INSTALL_MOD_STRIP=1", "modules_install"])?;
    let release = fs::read_to_string(tree.join("include/config/kernel.release"))?;
    let release = release.trim();
    let boot = partial.join("boot");
    fs::create_dir_all(&boot)?;
    fs::copy(tree.join("arch/x86/boot/bzImage"), boot.join(format!("vmlinuz-{release}")))?;

    // Paths of this directory, which is going to be moved.
    for link in ["build", "source"] {
        let _ = fs::remove_file(partial.join("lib/modules").join(release).join(link));
    }
    fs::remove_dir_all(&tools)?;
    // Half of the tree, which no module needs.
    let mut thin = Command::new("find");
    thin.arg(&tree).args(["-name", "*.o", "-not", "-path", "*/scripts/*", "-not", "-path"]);
    exec::run(thin.args(["*/tools/*", "-delete"]))?;
    let headers = format!("usr/src/linux-headers-{release}");
    fs::rename(&tree, partial.join(&headers))?;
    symlink(&headers, partial.join("source")).context("cannot link the source")
}

/// Fetches the distribution's source, patches and all, into `tree`.
fn fetch(kernel: &Kernel, partial: &Path, tree: &Path) -> Result<()> {
    let suite = Suite::open(kernel.suite, partial)?;
    let package = format!("linux-source-{}", kernel.series());
    eprintln!("downloading {package} (about 150 MB)");
    suite.unpack(&[&package], partial)?;
    suite.close()?;
    let archive = partial.join("usr/src").join(format!("{package}.tar.xz"));
    fs::create_dir(tree)?;
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--strip-components=1", "--directory"]).arg(tree).arg("--file");
    exec::run(tar.arg(&archive))?;
    fs::remove_file(archive).context("cannot remove the source archive")
}

fn make(tree: &Path, tools: &Path, arguments: &[&str]) -> Result<()> {
    let libraries = tools.join("usr/lib/x86_64-linux-gnu");
    let mut path = tools.join("usr/bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut make = Command::new("make");
    make.arg("-s").args(arguments).current_dir(tree).env("PATH", path);
    make.env("LD_LIBRARY_PATH", &libraries);
    make.env("M4", tools.join("usr/bin/m4"));
    make.env("BISON_PKGDATADIR", tools.join("usr/share/bison"));
    make.env("HOSTCFLAGS", format!("-I{}", tools.join("usr/include").display()));
    make.env("HOSTLDFLAGS", format!("-L{}", libraries.display()));
    exec::run_as_progress(&mut make)
}

/// The lines of a fragment that a configuration does not have: an option is dropped in silence where
/// another one is missing.
fn missing<'f>(fragment: &'f str, config: &str) -> Vec<&'f str> {
    let has = |wanted: &str| config.lines().any(|line| line == wanted);
    let lines = fragment.lines().filter(|line| line.starts_with("CONFIG_"));
    lines.filter(|line| !has(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dropped_is_named() {
        let fragment = "# a remark\nCONFIG_KASAN=y\nCONFIG_IP_VS=m\n# CONFIG_EXPERT is not set\n";
        assert_eq!(missing(fragment, "CONFIG_IP_VS=m\nCONFIG_KASAN=y\n"), [""; 0]);
        assert_eq!(missing(fragment, "CONFIG_IP_VS=y\nCONFIG_KASAN=y\n"), ["CONFIG_IP_VS=m"]);
    }
}

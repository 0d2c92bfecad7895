// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where things are: the repository, the build output, the cache.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The repository's root.
pub fn repository() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Cargo's target directory: `$CARGO_TARGET_DIR`, else `target` in the repository.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => repository().join(directory),
        None => repository().join("target"),
    }
}

/// Where `cargo xtask dist` leaves its results. The package's description in `ipvsadm-rs/Cargo.toml`
/// names the place, so `CARGO_TARGET_DIR` does not move it.
pub fn dist() -> PathBuf {
    repository().join("target/dist")
}

/// Where virtual machines leave their console logs: `$XTASK_VM_DIR`, else `target/vm`.
pub fn vm_logs() -> PathBuf {
    match env::var_os("XTASK_VM_DIR") {
        Some(directory) => repository().join(directory),
        None => target().join("vm"),
    }
}

/// Where our stand-alone modules for a kernel's release are built.
pub fn modules(release: &str) -> PathBuf {
    repository().join("target/kernel/modules").join(release)
}

/// Our folder in the user's cache, shared by all clones: `$XDG_CACHE_HOME/ipvs-toolkit`, else
/// `~/.cache/ipvs-toolkit`.
///
/// # Errors
/// Neither `XDG_CACHE_HOME` (absolute) nor `HOME` is set.
pub fn cache() -> Result<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .context("no cache directory: set XDG_CACHE_HOME to an absolute path, or HOME")?;
    Ok(base.join("ipvs-toolkit"))
}

/// Finds a program on PATH, or in the system directories that an ordinary user's PATH lacks.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}

/// Refuses a path that virtme-ng, which builds shell command lines, could not pass on.
///
/// # Errors
/// The path has blanks or other special characters; the message says which variable moves it.
pub fn require_plain(path: &Path, variable: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
    match path.to_str() {
        Some(text) if text.chars().all(plain) => Ok(()),
        _ => bail!(
            "{}: virtme-ng cannot use a path with blanks or special characters; set {variable} \
             to another directory",
            path.display()
        ),
    }
}

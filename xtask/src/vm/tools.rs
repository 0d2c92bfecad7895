// SPDX-License-Identifier: MIT OR Apache-2.0
//! virtme-ng in a Python environment of its own, virtiofsd built by cargo, and a static busybox
//! for the initramfs: all in the cache, none installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::apt::Suite;
use super::cache::Cache;
use super::setup::Outcome;
use crate::exec;

const VIRTME_NG: &str = "1.42";
const VIRTIOFSD: &str = "1.14";

/// The `vng` program in the cache.
pub fn vng(cache: &Path) -> PathBuf {
    virtme_ng_root(cache).join("bin/vng")
}

/// The directory of `virtiofsd` in the cache.
pub fn virtiofsd_directory(cache: &Path) -> PathBuf {
    cache.join(format!("virtiofsd-{VIRTIOFSD}")).join("bin")
}

/// The static busybox in the cache.
pub fn busybox_program(cache: &Path) -> PathBuf {
    cache.join("busybox/bin/busybox")
}

fn virtme_ng_root(cache: &Path) -> PathBuf {
    cache.join(format!("virtme-ng-{VIRTME_NG}"))
}

/// Whether virtme-ng is in the cache.
pub fn has_virtme_ng(cache: &Path) -> bool {
    virtme_ng_root(cache).join("complete").exists()
}

/// Whether virtiofsd is in the cache.
pub fn has_virtiofsd(cache: &Path) -> bool {
    virtiofsd_directory(cache).join("virtiofsd").exists()
}

/// Whether all tools are in the cache.
pub fn present(cache: &Path) -> bool {
    has_virtme_ng(cache) && has_virtiofsd(cache) && busybox_program(cache).exists()
}

/// Installs virtme-ng in a Python environment. Such an environment has its own path written into
/// its scripts, so it is built in place, and a mark is written last.
pub fn virtme_ng(cache: &Cache) -> Result<Outcome> {
    let root = virtme_ng_root(&cache.path(""));
    if has_virtme_ng(&cache.path("")) {
        return Ok(Outcome::Present(VIRTME_NG.to_owned()));
    }
    eprintln!("installing virtme-ng {VIRTME_NG} with pip");
    exec::run_as_progress(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&root))?;
    exec::run_as_progress(
        Command::new(root.join("bin/python"))
            .args(["-m", "pip", "install", "--disable-pip-version-check"])
            .arg(format!("virtme-ng=={VIRTME_NG}")),
    )
    .context("check the network and pip's configuration, then run this again")?;
    exec::capture(Command::new(root.join("bin/vng")).arg("--version"))?;
    std::fs::write(root.join("complete"), VIRTME_NG)?;
    Ok(Outcome::Made(VIRTME_NG.to_owned()))
}

/// Builds virtiofsd.
pub fn virtiofsd(cache: &Cache) -> Result<Outcome> {
    let directory = virtiofsd_directory(&cache.path(""));
    if has_virtiofsd(&cache.path("")) {
        return Ok(Outcome::Present(VIRTIOFSD.to_owned()));
    }
    cargo_install(cache, "virtiofsd", VIRTIOFSD)
        .context("virtiofsd needs libcap-ng-dev, libseccomp-dev and the network")?;
    let version = exec::capture(Command::new(directory.join("virtiofsd")).arg("--version"))?;
    Ok(Outcome::Made(version.trim().to_owned()))
}

/// Has cargo build a program of another project; it is `NAME-VERSION/bin/NAME` in the cache.
///
/// # Errors
/// The build fails; cargo has said why.
pub fn cargo_install(cache: &Cache, name: &str, version: &str) -> Result<()> {
    eprintln!("building {name} {version} with cargo (one to three minutes)");
    cache.create(&format!("{name}-{version}"), |partial| {
        exec::run_as_progress(
            Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
                .args(["install", name, "--locked", "--version"])
                .arg(format!("~{version}"))
                .arg("--root")
                .arg(partial)
                .env("CARGO_TARGET_DIR", partial.join("target"))
                .current_dir(partial),
        )?;
        std::fs::remove_dir_all(partial.join("target")).context("cannot remove the build output")
    })
}

/// Unpacks a static busybox; virtme-ng puts it in the initramfs.
pub fn busybox(cache: &Cache) -> Result<Outcome> {
    if busybox_program(&cache.path("")).exists() {
        return Ok(Outcome::Present("static".to_owned()));
    }
    cache.create("busybox", |partial| {
        let suite = Suite::open("bookworm", partial)?;
        suite.unpack(&["busybox-static"], partial)?;
        suite.close()
    })?;
    Ok(Outcome::Made("static".to_owned()))
}

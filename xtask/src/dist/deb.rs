// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Debian package.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{contents, fixture, output};
use crate::{build, exec, paths};

/// Makes the package and returns its path. What it contains is said in `ipvsadm-rs/Cargo.toml`.
///
/// # Errors
/// Something does not build.
pub fn package() -> Result<PathBuf> {
    output::texts()?;
    build::tools()?;
    let mut cargo_deb = Command::new(fixture::cargo_deb()?);
    cargo_deb.args(["--quiet", "--package", "ipvsadm-rs", "--no-build", "--no-strip", "--locked"]);
    cargo_deb.arg("--output").arg(paths::dist().join("")).current_dir(paths::repository());
    let path = paths::repository().join(exec::capture(&mut cargo_deb)?.trim());
    ensure!(path.is_file(), "cargo-deb did not say where the package is");
    contents::check(&path).with_context(|| format!("{} is not as it should be", path.display()))?;
    Ok(path)
}

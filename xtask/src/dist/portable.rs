// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program without shared libraries.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::grammar;
use crate::{build, exec, paths};

const MUSL: &str = "x86_64-unknown-linux-musl";

/// Builds the program and says which C library is in it.
///
/// # Errors
/// It does not build, or needs a loader after all.
pub fn program() -> Result<(PathBuf, &'static str)> {
    let package = ["--package", "ipvsadm-rs", "--bin", "ipvsadm"];
    let (programs, library) = if has_musl()? {
        let target = ["--release", "--target", MUSL];
        (build::programs(&[target.as_slice(), &package].concat())?, "musl")
    } else {
        (build::static_programs(&package)?, "glibc")
    };
    let Some(program) = programs.iter().find(|program| program.ends_with("ipvsadm")) else {
        bail!("cargo did not say where it built ipvsadm");
    };
    let directory = paths::dist().join("static");
    fs::create_dir_all(&directory)?;
    let path = directory.join("ipvsadm");
    fs::copy(program, &path).with_context(|| format!("cannot write {}", path.display()))?;
    ensure!(!needs_loader(&fs::read(&path)?)?, "{} is not static", path.display());
    for name in grammar::names().filter(|name| *name != "ipvsadm") {
        link(&directory.join(name))?;
    }
    Ok((path, library))
}

fn link(path: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        fs::remove_file(path)?;
    }
    symlink("ipvsadm", path).with_context(|| format!("cannot write {}", path.display()))
}

/// Whether the toolchain has the standard library for musl.
fn has_musl() -> Result<bool> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let directory = exec::capture(rustc.args(["--print", "target-libdir", "--target", MUSL]))?;
    Ok(Path::new(directory.trim()).is_dir())
}

/// Whether an ELF program for 64 bits names a loader (`PT_INTERP`).
fn needs_loader(elf: &[u8]) -> Result<bool> {
    let number = |at: usize, size: usize| -> Result<usize> {
        let bytes = elf.get(at..at + size).context("the program is cut off")?;
        Ok(bytes.iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte)))
    };
    ensure!(elf.starts_with(b"\x7fELF\x02\x01"), "no ELF program for 64 bits, little-endian");
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    const INTERPRETER: usize = 3;
    for entry in 0..count {
        if number(table + entry * size, 4)? == INTERPRETER {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_a_loader_is_told_from_one_without() {
        let own = fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(needs_loader(&own).unwrap());
        // A header without any program header.
        let mut empty = own[..64].to_vec();
        empty[56..58].fill(0);
        assert!(!needs_loader(&empty).unwrap());
        assert!(needs_loader(b"#!/bin/sh").is_err());
    }
}

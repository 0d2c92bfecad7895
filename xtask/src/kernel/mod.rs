// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask kernel`: our patches against the distribution's kernels, built out of tree.

mod bench;
mod check;
mod checked;
mod commands;
mod headers;
mod make;
mod source;
mod standalone;
mod style;
mod symbols;
mod toolchain;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use check::checks;
pub use commands::main;
pub use standalone::modules;

use crate::paths;
use crate::vm::kernel::{self, Kernel};
use source::Source;
use tree::Tree;

/// The directory of a kernel's patches in the repository.
pub fn patches(kernel: &Kernel) -> PathBuf {
    paths::repository().join("kernel-patches").join(kernel.series())
}

/// Where a kernel's work tree and build output are.
fn work(kernel: &Kernel) -> PathBuf {
    paths::target().join("kernel").join(kernel.name)
}

/// The kernels that have a series of patches.
fn patched_kernels() -> impl Iterator<Item = &'static Kernel> {
    kernel::KERNELS.iter().filter(|kernel| patches(kernel).join(tree::SERIES).exists())
}

/// The patched module of a kernel, built now unless nothing has changed.
///
/// # Errors
/// The kernel has no patches, they do not apply, or the module does not build.
pub fn module(kernel: &'static Kernel) -> Result<PathBuf> {
    build(kernel, make::Flavour::Plain)
}

fn build(kernel: &'static Kernel, flavour: make::Flavour) -> Result<PathBuf> {
    let source = Source::get(kernel)?;
    let tree = Tree::open(kernel, &source)?;
    let output =
        make::build(&source.headers, tree.root(), &work(kernel).join(flavour.name()), flavour)?;
    symbols::compare(&source.headers, &output)?;
    Ok(output.join(make::MODULE))
}

/// Removes a directory if it is there.
fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

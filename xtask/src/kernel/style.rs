// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's own style check.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::source::Source;

/// Runs the kernel's checkpatch.pl, whose every remark is an error.
///
/// # Errors
/// It has remarks, which are in the message, or can't run.
pub fn check(source: &Source, options: &[&str], file: &Path) -> Result<()> {
    let output = Command::new("perl")
        .arg(source.tree().join("scripts/checkpatch.pl"))
        .args(["--strict", "--no-tree", "--show-types", "--terse"])
        .args(options)
        .arg(file)
        .output()
        .context("cannot start perl: install it")?;
    // It is silent and succeeds where it has no remark, even one of the lowest level.
    ensure!(
        output.status.success() && output.stdout.is_empty(),
        "checkpatch complains:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

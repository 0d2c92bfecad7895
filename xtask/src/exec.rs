// SPDX-License-Identifier: MIT OR Apache-2.0
//! Running host programs and saying clearly what went wrong.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs a program with our standard output and error; anything but success is an error.
///
/// # Errors
/// The program is missing or its exit status is not 0; the message names it.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", show(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", show(command));
    }
    Ok(())
}

/// Like [`run`], with standard output going to our standard error: progress, not results.
///
/// # Errors
/// As [`run`].
pub fn run_as_progress(command: &mut Command) -> Result<()> {
    run(command.stdout(std::io::stderr()).stdin(Stdio::null()))
}

/// Runs a program and returns its standard output as text.
///
/// # Errors
/// The program is missing, fails (its standard error is in the message) or prints no UTF-8.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", show(command)))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let reason = stderr.lines().last().unwrap_or("nothing on standard error").trim();
        bail!("{} failed ({}): {reason}", show(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no UTF-8", show(command)))
}

/// The command line as one would type it, for messages.
pub fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}

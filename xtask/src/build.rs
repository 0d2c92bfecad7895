// SPDX-License-Identifier: MIT OR Apache-2.0
//! Building the workspace's programs and finding them, by cargo's own messages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{exec, paths};

/// The cargo that runs us.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(paths::repository());
    command
}

/// Runs `cargo build` with these arguments and returns the programs that it made.
///
/// # Errors
/// The build fails; cargo has said why.
pub fn programs(arguments: &[&str]) -> Result<Vec<PathBuf>> {
    run(cargo(), arguments)
}

/// Code at fixed places needs no relocation when the program starts.
const STATIC: &str = "-C target-feature=+crt-static -C relocation-model=static";

/// Like [`programs`], for release and without shared libraries.
///
/// # Errors
/// As [`programs`].
pub fn static_programs(arguments: &[&str]) -> Result<Vec<PathBuf>> {
    let mut command = cargo();
    // With a target named, build scripts and procedural macros are not affected.
    let target = ["--release", "--target", "x86_64-unknown-linux-gnu"];
    command.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", STATIC);
    run(command, &[&target, arguments].concat())
}

/// Where [`instrumented_programs`] builds.
pub fn instrumented() -> PathBuf {
    paths::target().join("coverage")
}

/// Like [`programs`], with a counter for every branch.
///
/// # Errors
/// As [`programs`].
pub fn instrumented_programs(arguments: &[&str]) -> Result<Vec<PathBuf>> {
    let mut command = cargo();
    command.env("RUSTFLAGS", "-C instrument-coverage").env("CARGO_TARGET_DIR", instrumented());
    // Build scripts and procedural macros would leave their counters wherever they run.
    command.env("LLVM_PROFILE_FILE", instrumented().join("build.profraw"));
    run(command, arguments)
}

/// The compiler that cargo uses.
pub fn rustc() -> Command {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.current_dir(paths::repository());
    command
}

fn run(mut command: Command, arguments: &[&str]) -> Result<Vec<PathBuf>> {
    command.args(["build", "--quiet", "--message-format=json-render-diagnostics"]).args(arguments);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", exec::show(&command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", exec::show(&command), output.status);
    }
    let mut programs = Vec::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message: serde_json::Value =
            serde_json::from_slice(line).context("cargo printed a message that is no JSON")?;
        programs.extend(message["executable"].as_str().map(PathBuf::from));
    }
    Ok(programs)
}

/// That of the programs whose name this is.
///
/// # Errors
/// There is none.
pub fn found(programs: Vec<PathBuf>, name: &str) -> Result<PathBuf> {
    let found = programs.into_iter().find(|program| program.ends_with(name));
    found.with_context(|| format!("cargo did not say where it built {name}"))
}

/// A program that runs in a guest, built for release.
///
/// # Errors
/// As [`programs`].
pub fn guest_program(name: &str) -> Result<PathBuf> {
    found(programs(&["--release", "--package", "vm-tests", "--bin", name])?, name)
}

/// The workspace's own tools, built for release.
///
/// # Errors
/// As [`programs`].
pub fn tools() -> Result<Vec<PathBuf>> {
    eprintln!("building the tools (release) …");
    programs(&["--release", "--workspace", "--bins", "--exclude", "xtask", "--exclude", "vm-tests"])
}

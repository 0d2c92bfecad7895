// SPDX-License-Identifier: MIT OR Apache-2.0
//! The programs that are measured.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use vm_tests::Failure;

use crate::Result;

/// A program and what it needs.
pub struct Program {
    path: PathBuf,
    libraries: Option<PathBuf>,
}

/// The three that are compared.
pub struct Programs {
    /// The C tool.
    pub c: Program,
    /// Ours, with the C library of the system.
    pub dynamic: Program,
    /// Ours, in one piece.
    pub ours: Program,
}

impl Programs {
    /// Where `prepare_root` has put them.
    pub fn new() -> Self {
        let program = |path: &str| Program { path: path.into(), libraries: None };
        let c = Program { libraries: Some("/c".into()), ..program("/c/ipvsadm") };
        Self { c, dynamic: program("/ours"), ours: program("/static") }
    }
}

impl Program {
    fn command(&self, arguments: &[&str], input: Option<&Path>) -> Result<Command> {
        let mut command = Command::new(&self.path);
        command.args(arguments);
        command.stdin(File::open(input.unwrap_or(Path::new("/empty")))?);
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        Ok(command)
    }

    /// Time from start to end; the command must succeed.
    pub fn time(&self, arguments: &[&str], input: Option<&Path>) -> Result<Duration> {
        let mut command = self.command(arguments, input)?;
        command.stdout(File::create("/output")?);
        let start = Instant::now();
        let status = command.status()?;
        let time = start.elapsed();
        if !status.success() {
            let what = format!("{} {arguments:?}: {status}", self.path.display());
            return Err(Failure::new(what));
        }
        Ok(time)
    }

    /// The most memory that the command holds while it prints, in KiB, and the lines printed. The
    /// kernel's own figure for children that have ended counts what they were forked from, too.
    pub fn memory(&self, arguments: &[&str]) -> Result<(u64, usize)> {
        let mut child = self.command(arguments, None)?.stdout(Stdio::piped()).spawn()?;
        let status = format!("/proc/{}/status", child.id());
        let mut output = child.stdout.take().ok_or_else(|| Failure::new("no pipe"))?;
        let (mut most, mut lines, mut buffer) = (0, 0, vec![0; 4096]);
        loop {
            // It can't end before all of its output but the last pipeful is read.
            most = most.max(peak(&status).unwrap_or(0));
            match output.read(&mut buffer)? {
                0 => break,
                length => lines += buffer[..length].iter().filter(|byte| **byte == b'\n').count(),
            }
        }
        let status = child.wait()?;
        match status.success() && most > 0 {
            true => Ok((most, lines)),
            false => Err(Failure::new(format!("{} {arguments:?}: {status}", self.path.display()))),
        }
    }
}

/// The peak of a process's resident memory (`VmHWM`) in KiB; `None` once it has ended.
fn peak(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

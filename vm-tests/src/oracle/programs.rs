// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs the two programs: ours in process, the C tool as one.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ipvs_netlink::{Error, Ipvs, Refusal, Request};
use ipvsadm_rs::legacy::argv::Arguments;
use ipvsadm_rs::legacy::described::Described;
use ipvsadm_rs::legacy::streams::{Io, World};
use ipvsadm_rs::program;

use super::Case;
use super::backend::{Calls, Recorder};
use super::script;
use super::state::Question;
use crate::words::Tool;
use crate::words::fixture::{HOSTS, SERVICES};

/// What a run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// What was asked of the kernel, in order.
    pub calls: Vec<String>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// The exit status; a signal's number plus 128, as shells have it.
    pub status: i32,
}

/// The status of a C tool that its own alarm ended, see `vm-tests/oracle/kernel.c`.
const ALARM: i32 = 128 + 14;

impl Ran {
    /// Whether the C tool did not come to an end.
    pub fn hung(&self) -> bool {
        self.status == ALARM
    }
}

/// Runs our program.
pub fn ours(case: &Case) -> Ran {
    let Case { line, name, state } = case;
    let machine = Described::new(HOSTS, SERVICES, state.connections.clone());
    let world = World { host: &machine, posixly_correct: line.posixly_correct, hints: false };
    let arguments: Arguments = line.arguments.iter().collect();
    let (mut stdin, mut stdout, mut stderr) = (line.input.as_slice(), Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr, columns: None };
    let calls = Calls::default();
    let connect = || match state.failure_of(Question::Init) {
        Some(errno) => Err(Error::Refused(Box::new(Refusal::new(Request::GetInfo, errno)))),
        None => Ok(Ipvs::with_backend(Recorder::new(state.clone(), calls.clone()))),
    };
    let status = program::run(name, arguments.argv(), &mut io, &world, connect).into();
    Ran { calls: settled(calls.taken()), stdout, stderr, status }
}

/// Questions that follow each other count once: ours reads a listing until two reads agree
/// (docs/compatibility.md).
fn settled(mut calls: Vec<String>) -> Vec<String> {
    calls.dedup_by(|next, call| next == call && call.starts_with("read "));
    calls
}

/// The C tool, with a directory of its own for what goes to it and comes from it.
#[derive(Debug)]
pub struct Theirs {
    program: PathBuf,
    scripts: PathBuf,
    work: PathBuf,
}

/// `ipvsadm` of the two scripts, whatever they make of PATH.
const FUNCTION: (&str, &str) =
    ("BASH_FUNC_ipvsadm%%", "() { ( exec -a ipvsadm \"$ORACLE_PROGRAM\" \"$@\" ); }");

impl Theirs {
    /// The tool of this name in `directory`, next to its two scripts.
    ///
    /// # Errors
    /// When `work` can't be written.
    pub fn new(directory: &Path, work: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&work)?;
        fs::write(work.join("hosts"), HOSTS)?;
        fs::write(work.join("services"), SERVICES)?;
        Ok(Self { program: directory.join("ipvsadm"), scripts: directory.into(), work })
    }

    /// Runs it.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn run(&self, case: &Case) -> io::Result<Ran> {
        let Case { line, name, state } = case;
        let calls = self.work.join("calls");
        fs::write(&calls, "")?;
        let mut command = match line.tool {
            Tool::Ipvsadm => {
                let mut command = Command::new(&self.program);
                command.arg0(OsStr::from_bytes(name)).env_clear();
                command
            }
            Tool::Save | Tool::Restore => {
                let mut command = Command::new("bash");
                command.arg(self.scripts.join(line.tool.name())).env_clear();
                command.env(FUNCTION.0, FUNCTION.1).env("ORACLE_PROGRAM", &self.program);
                command.env("LC_ALL", "C.UTF-8");
                command
            }
        };
        command
            .args(line.arguments.iter().map(|argument| OsStr::from_bytes(argument)))
            .env("ORACLE_STATE", script::text(state))
            .env("ORACLE_CALLS", &calls)
            .env("ORACLE_HOSTS", self.work.join("hosts"))
            .env("ORACLE_SERVICES", self.work.join("services"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(connections) = &state.connections {
            command.env("ORACLE_CONNECTIONS", connections);
        }
        if line.posixly_correct {
            command.env("POSIXLY_CORRECT", "1");
        }
        let input = if line.input.is_empty() { Stdio::null() } else { Stdio::piped() };
        let mut child = command.stdin(input).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // Inputs fit into a pipe; a program that has ended does not read them.
            let _ = stdin.write_all(&line.input);
        }
        let output = child.wait_with_output()?;
        let status = output.status;
        let status = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
        let calls = fs::read_to_string(&calls)?.lines().map(str::to_owned).collect();
        Ok(Ran { calls: settled(calls), stdout: output.stdout, stderr: output.stderr, status })
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        // What stays behind is a few small files in a temporary directory.
        let _ = fs::remove_dir_all(&self.work);
    }
}

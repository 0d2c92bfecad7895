// SPDX-License-Identifier: MIT OR Apache-2.0
//! A network namespace in which one tool works.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use ipvs_netlink::Ipvs;

use super::refusal;
use super::root::{OURS, Root};
use crate::case::Failure;
use crate::command;
use crate::ctx::{Kernel, spare_the_estimator};
use crate::model::State;
use crate::netns;
use crate::words::{Line, Tool};

/// Interfaces as the observed scenarios had them.
const INTERFACES: &str = "link set lo up\nlink add dummy0 type dummy\n\
    address add 192.168.99.1/24 dev dummy0\naddress add 2001:db8:99::1/64 dev dummy0 nodad\n\
    link set dummy0 up";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Some scenarios are long loops.
const TIMEOUT: Duration = Duration::from_secs(180);

/// What a namespace is like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings {
    /// Whether generic netlink is refused to the tools.
    pub netlink_refused: bool,
    /// Whether the kernel samples counters.
    pub estimation: bool,
}

/// What a command line printed and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// The exit status.
    pub status: i32,
}

/// As in the observed transcripts: `O|` and `E|` lines, `$` at their ends, and the status.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (mark, bytes) in [("O|", &self.stdout), ("E|", &self.stderr)] {
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                let (text, end) = match line.strip_suffix(b"\n") {
                    Some(text) => (text, "\n"),
                    None => (line, ""),
                };
                write!(f, "{mark}{}${end}", String::from_utf8_lossy(text))?;
            }
        }
        writeln!(f, "rc={}", self.status)
    }
}

/// A thread's namespace and root directory, and the library's view of the kernel.
#[derive(Debug)]
pub struct Station {
    ipvs: Ipvs,
}

impl Station {
    /// Does `work` in a thread with a fresh namespace and this root.
    ///
    /// # Errors
    /// The namespace cannot be made, or what `work` returns.
    pub fn fresh<T: Send>(
        root: &Root,
        surroundings: Surroundings,
        work: impl FnOnce(&mut Self) -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        let inside = || work(&mut Self::here(root, surroundings)?);
        thread::scope(|scope| match scope.spawn(inside).join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    fn here(root: &Root, surroundings: Surroundings) -> Result<Self, Failure> {
        netns::unshare()?;
        root.reset()?;
        // All programs from now on come from memory: the guest's own root is a directory of the host,
        // and each look at it takes a while.
        netns::change_root(root.path())?;
        fs::write("/proc/sys/net/ipv6/conf/default/accept_dad", "0")?;
        command::ip(&[], INTERFACES)?;
        if !surroundings.estimation {
            spare_the_estimator(Kernel::running()?)?;
        }
        // Before netlink is refused: the library shall see what the tools may not.
        let ipvs = Ipvs::options().only_netlink().timeout(Duration::from_secs(60)).open()?;
        if surroundings.netlink_refused {
            refusal::refuse_generic_netlink()?;
        }
        Ok(Self { ipvs })
    }

    /// Runs a shell command line.
    ///
    /// # Errors
    /// It does not end in time.
    pub fn shell(&mut self, line: &str) -> Result<Seen, Failure> {
        run(Command::new("/bin/sh").env_clear().args(["-c", line]), line, &[])
    }

    /// Runs a composed command line.
    ///
    /// # Errors
    /// It does not end in time.
    pub fn line(&mut self, line: &Line) -> Result<Seen, Failure> {
        self.line_by(line, &format!("/sbin/{}", line.tool.name()))
    }

    /// Runs a composed command line of `ipvsadm` through ours, whosever root this is.
    ///
    /// # Errors
    /// It does not end in time.
    pub fn line_by_ours(&mut self, line: &Line) -> Result<Seen, Failure> {
        self.line_by(line, OURS)
    }

    fn line_by(&mut self, line: &Line, program: &str) -> Result<Seen, Failure> {
        let mut command = Command::new(program);
        command.env_clear();
        // A script is found by this name, so it has to be a path.
        if line.tool == Tool::Ipvsadm {
            command.arg0(line.tool.name());
        }
        command.args(line.arguments.iter().map(|word| OsStr::from_bytes(word)));
        if line.posixly_correct {
            command.env("POSIXLY_CORRECT", "1");
        }
        run(&mut command, &line.to_string(), &line.input)
    }

    /// The kernel's state.
    ///
    /// # Errors
    /// The library cannot read it.
    pub fn state(&mut self) -> Result<State, Failure> {
        Ok(State::read(&mut self.ipvs)?)
    }
}

fn run(command: &mut Command, line: &str, input: &[u8]) -> Result<Seen, Failure> {
    command.env("PATH", PATH).current_dir("/tmp/case");
    let output = command::exec(command, line, input, TIMEOUT)?;
    Ok(Seen { stdout: output.stdout, stderr: output.stderr, status: output.status })
}

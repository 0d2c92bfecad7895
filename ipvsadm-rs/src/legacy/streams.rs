// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a run reads and writes, and what else it depends on.

use std::io::{Read, Write};

use ipvs_netlink::Error;

use super::fault::Fault;
use super::host::Host;

/// The standard streams. What is done in another network namespace is done on another thread.
pub struct Io<'a> {
    /// Where a restore reads.
    pub stdin: &'a mut (dyn Read + Send),
    /// Listings.
    pub stdout: &'a mut (dyn Write + Send),
    /// Complaints.
    pub stderr: &'a mut (dyn Write + Send),
    /// How many columns the terminal has that `stdout` is; `None` if it is none.
    pub columns: Option<u16>,
}

impl Io<'_> {
    /// Writes to standard output. A failure passes unnoticed, as in the C tool: its users close
    /// pipes early.
    pub(super) fn print(&mut self, text: &[u8]) {
        let _ = self.stdout.write_all(text);
    }

    /// Writes a line to standard error, in one piece. There is nowhere to report a failure to.
    pub(crate) fn warn(&mut self, text: &[u8]) {
        let _ = self.stderr.write_all(&[text, b"\n"].concat());
    }

    /// Reports a fault and returns its exit status.
    pub fn complain(&mut self, fault: &Fault) -> u8 {
        self.warn(fault.text());
        fault.status
    }
}

/// What a run depends on besides its arguments and the kernel.
pub struct World<'a> {
    /// Names and the list of connections.
    pub host: &'a dyn Host,
    /// Whether options end at the first positional argument.
    pub posixly_correct: bool,
    /// Whether people read the errors: one line with reason and remedy then takes the place of the C
    /// tool's words, which scripts match.
    pub hints: bool,
}

impl World<'_> {
    /// Tells of an error of the kernel: to scripts in the C tool's words, to people with the remedy.
    pub(super) fn tell(&self, error: &Error, to_scripts: &str, io: &mut Io<'_>) {
        match self.hints {
            true => io.warn(format!("ipvsadm: {error}").as_bytes()),
            false => io.warn(to_scripts.as_bytes()),
        }
    }
}

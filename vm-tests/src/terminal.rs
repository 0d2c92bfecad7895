// SPDX-License-Identifier: MIT OR Apache-2.0
//! An interactive shell on a terminal, for what only happens there.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::case::Failure;
use crate::root::Root;

const TIMEOUT: Duration = Duration::from_secs(90);

/// A shell in a [`Root`] that thinks a person is typing.
#[derive(Debug)]
pub struct Terminal {
    script: Child,
    keys: ChildStdin,
    screen: PathBuf,
    lines: u32,
}

impl Terminal {
    /// Starts the shell with this command line.
    ///
    /// # Errors
    /// `script` of util-linux is missing.
    pub fn open(root: &Root, shell: &str) -> Result<Self, Failure> {
        let screen = root.path().join("tmp/screen");
        let mut script = Command::new("chroot")
            .arg(root.path())
            .args(["env", "-i", "PATH=/usr/sbin:/usr/bin", "HOME=/tmp", "TERM=dumb"])
            .args(["script", "-qefc", shell, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(File::create(&screen)?)
            .stderr(Stdio::null())
            .spawn()?;
        let keys = script.stdin.take().ok_or_else(|| Failure::new("no standard input"))?;
        Ok(Self { script, keys, screen, lines: 0 })
    }

    /// Types a line, with a Tab here and there, and waits until the shell has carried it out.
    ///
    /// # Errors
    /// It takes too long; the message has what is on the screen.
    pub fn line(&mut self, keys: &str) -> Result<(), Failure> {
        self.lines += 1;
        let number = self.lines;
        writeln!(self.keys, "{keys}")?;
        // What is typed is shown as well, hence the sum.
        writeln!(self.keys, "echo line-$(({number} + 0))-done")?;
        self.keys.flush()?;
        let deadline = Instant::now() + TIMEOUT;
        while Instant::now() < deadline {
            let screen = String::from_utf8_lossy(&fs::read(&self.screen)?).into_owned();
            if screen.contains(&format!("line-{number}-done")) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
        let screen = String::from_utf8_lossy(&fs::read(&self.screen)?).into_owned();
        Err(Failure::new(format!("`{keys}` did not end; the screen: {screen:?}")))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Both fail only where it is gone already.
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

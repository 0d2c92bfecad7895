// SPDX-License-Identifier: MIT OR Apache-2.0
//! Commands with a bound time, run in the calling thread's namespace.

use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::case::Failure;

/// How long a command may take unless the caller says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(120);

/// What a command printed and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The command line, for messages.
    pub line: String,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// The exit status; 128 + n when signal n killed the command.
    pub status: i32,
}

impl Output {
    /// Standard output as text, when the command succeeded.
    ///
    /// # Errors
    /// The status is not 0; the message has the command line, the status and standard error.
    pub fn success(self) -> Result<String, Failure> {
        if self.status == 0 {
            return Ok(self.text());
        }
        let stderr = String::from_utf8_lossy(&self.stderr);
        Err(Failure::new(format!("`{}`: status {}: {}", self.line, self.status, stderr.trim())))
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// Runs a shell command line with this standard input. When the time is over, it is killed with
/// all that it started.
///
/// # Errors
/// The command cannot be started or does not end in time.
pub fn run(line: &str, input: &[u8], timeout: Duration) -> Result<Output, Failure> {
    match words(line) {
        Some((program, arguments)) => {
            exec(Command::new(program).args(arguments), line, input, timeout)
        }
        None => exec(Command::new("/bin/bash").args(["-c", line]), line, input, timeout),
    }
}

/// The words of a line of our programs or of the C tool's that mean nothing to a shell: without one, such
/// a line takes half the time in an emulated guest.
fn words(line: &str) -> Option<(&str, impl Iterator<Item = &str>)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:,@%+[]".contains(c);
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    let program = words.next().filter(|program| program.starts_with("ipvs"))?;
    line.chars().all(plain).then_some((program, words))
}

/// Runs commands of `ip` (iproute2), one per line, in one process: much cheaper than one each.
///
/// # Errors
/// A command fails; the message has what `ip` said, with the line's number.
pub fn ip(options: &[&str], lines: &str) -> Result<(), Failure> {
    let shown = format!("ip {} -batch: {lines}", options.join(" "));
    let mut command = Command::new("ip");
    let input = format!("{lines}\n");
    exec(command.args(options).args(["-batch", "-"]), &shown, input.as_bytes(), TIMEOUT)?
        .success()
        .map(drop)
}

/// Runs a command with this standard input, as [`run`] does; `line` is its name in messages.
///
/// # Errors
/// As [`run`].
pub fn exec(
    command: &mut Command,
    line: &str,
    input: &[u8],
    timeout: Duration,
) -> Result<Output, Failure> {
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| Failure::from(error).context(line))?;
    let mut group = Group(child);
    let child = &mut group.0;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let input = input.to_vec();
    // A command that does not read its input closes the pipe: that is its right.
    let writer = thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(&input)));
    let stdout = thread::spawn(move || read(stdout));
    let stderr = thread::spawn(move || read(stderr));
    let deadline = Instant::now() + timeout;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            let seconds = timeout.as_secs();
            return Err(Failure::new(format!("`{line}` did not end within {seconds} s")));
        }
        thread::sleep(Duration::from_millis(2));
    };
    // Whatever the command left behind would hold the pipes open.
    group.kill();
    let join = |handle: thread::JoinHandle<_>| {
        handle.join().map_err(|_| Failure::new(format!("`{line}`: a reader thread panicked")))
    };
    let (stdout, stderr) = (join(stdout)?, join(stderr)?);
    drop(writer.join());
    Ok(Output {
        line: line.to_owned(),
        stdout,
        stderr,
        status: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
    })
}

fn read(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // What has been read up to an error is still what the command printed.
        let _ = pipe.read_to_end(&mut bytes);
    }
    bytes
}

/// A child with its process group, killed when dropped.
struct Group(Child);

impl Group {
    fn kill(&mut self) {
        if let Some(group) = Pid::from_raw(self.0.id().cast_signed()) {
            // Fails only when nothing of the group is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_a_shell_would_read_goes_to_one() {
        let plain = |line| words(line).map(|(program, rest)| (program, rest.collect::<Vec<_>>()));
        let line = "ipvsadm -a -t [2001:db8::1]:80  -r 10.0.0.1:80";
        let expected = vec!["-a", "-t", "[2001:db8::1]:80", "-r", "10.0.0.1:80"];
        assert_eq!(plain(line), Some(("ipvsadm", expected)));
        for line in
            ["", "cd ipvs", "ipvsadm -Ln | wc", "ipvsadm -A -t $VIP", "ipvsadm -R <x", "a=b"]
        {
            assert_eq!(plain(line), None, "{line}");
        }
    }
}

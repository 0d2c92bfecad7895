// SPDX-License-Identifier: MIT OR Apache-2.0
//! Commands with a bound time, run in the calling thread's namespace.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

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
        Some((program, arguments)) => exec(start(program).args(arguments), line, input, timeout),
        None => exec(Command::new("/bin/bash").args(["-c", line]), line, input, timeout),
    }
}

/// The C tool's name on the guest's PATH, where it is a script.
const REFERENCE: &str = "ipvsadm-c";

/// A command for a program of ours or the C tool, which is started as its script would start it.
fn start(program: &str) -> Command {
    let root = std::env::var_os("IPVS_VM").map(|share| Path::new(&share).join("c"));
    match root.filter(|_| program == REFERENCE) {
        Some(root) => {
            let mut command = Command::new(root.join("ipvsadm"));
            command.arg0("ipvsadm").env("LD_LIBRARY_PATH", root);
            command
        }
        None => Command::new(program),
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
    let writer = child.stdin.take().and_then(|pipe| give(pipe, input));
    let mut outputs = [
        Captured::new(child.stdout.take().map(OwnedFd::from)),
        Captured::new(child.stderr.take().map(OwnedFd::from)),
    ];
    let ended = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let deadline = Instant::now() + timeout;
    let in_time = |left: bool| match left {
        true => Ok(()),
        false => {
            let seconds = timeout.as_secs();
            Err(Failure::new(format!("`{line}` did not end within {seconds} s")))
        }
    };
    let status = loop {
        in_time(wait(&mut outputs, Some(&ended), deadline)?)?;
        if let Some(status) = child.try_wait()? {
            break status;
        }
    };
    // Whatever the command left behind would hold the pipes open.
    group.kill();
    while outputs.iter().any(|output| output.pipe.is_some()) {
        in_time(wait(&mut outputs, None, deadline)?)?;
    }
    drop(writer.map(JoinHandle::join));
    let [stdout, stderr] = outputs.map(|output| output.bytes);
    Ok(Output {
        line: line.to_owned(),
        stdout,
        stderr,
        status: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
    })
}

/// What every pipe has room for, whether it is read or not (pipe(7)).
const ROOM: usize = 4096;

/// Hands a command its input. A thread is spent only on what may have to wait: starting one takes an
/// emulated guest a good part of a command's time.
fn give(mut pipe: ChildStdin, input: &[u8]) -> Option<JoinHandle<()>> {
    // A command that does not read its input closes the pipe: that is its right.
    if input.len() <= ROOM {
        let _ = pipe.write_all(input);
        return None;
    }
    let input = input.to_vec();
    Some(thread::spawn(move || drop(pipe.write_all(&input))))
}

/// One of a command's outputs, and what came of it.
struct Captured {
    /// `None` when it has ended.
    pipe: Option<File>,
    bytes: Vec<u8>,
}

impl Captured {
    fn new(pipe: Option<OwnedFd>) -> Self {
        Self { pipe: pipe.map(File::from), bytes: Vec::new() }
    }

    /// Takes what is there.
    fn take(&mut self) {
        let mut buffer = [0; 16 * 1024];
        let count = self.pipe.as_mut().and_then(|pipe| pipe.read(&mut buffer).ok());
        match count.filter(|count| *count > 0) {
            Some(count) => self.bytes.extend_from_slice(&buffer[..count]),
            // What has been read up to an error is still what the command printed.
            None => self.pipe = None,
        }
    }
}

/// Waits for output, and takes it, or for the end of the command; false when the time is over.
fn wait(
    outputs: &mut [Captured],
    ended: Option<&OwnedFd>,
    deadline: Instant,
) -> Result<bool, Failure> {
    let Some(left) = deadline.checked_duration_since(Instant::now()) else { return Ok(false) };
    let left = Timespec::try_from(left).map_err(|_| Failure::new("the time limit is too long"))?;
    let (mut open, mut events) = (Vec::new(), Vec::new());
    for (index, output) in outputs.iter().enumerate() {
        if let Some(pipe) = &output.pipe {
            open.push(index);
            events.push(PollFd::new(pipe, PollFlags::IN));
        }
    }
    events.extend(ended.map(|ended| PollFd::new(ended, PollFlags::IN)));
    match poll(&mut events, Some(&left)) {
        Err(Errno::INTR) => return Ok(true),
        result => result?,
    };
    let ready: Vec<_> = events.iter().map(|event| !event.revents().is_empty()).collect();
    for (index, ready) in open.into_iter().zip(ready) {
        if ready {
            outputs[index].take();
        }
    }
    Ok(true)
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

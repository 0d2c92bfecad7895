// SPDX-License-Identifier: MIT OR Apache-2.0
//! A systemd of a test's own: the first process in a process namespace, in a [`Root`].

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::case::Failure;
use crate::command::{self, Output};
use crate::root::Root;

/// How long it may take to boot, and a unit to start or stop.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The running systemd; killed with everything below it when dropped.
#[derive(Debug)]
pub struct Systemd {
    unshare: Child,
    first: u32,
}

impl Systemd {
    /// Boots to `unit`. Services that the host has enabled are not started.
    ///
    /// # Errors
    /// It does not get there in time.
    pub fn boot(root: &Root, unit: &str) -> Result<Self, Failure> {
        // As in a container. Its control groups are its own: of two systemds that share them, one
        // removes a service's group before the other's process has entered it.
        let script = format!(
            "own=/sys/fs/cgroup/systemd-$$; mkdir $own && echo $$ >$own/cgroup.procs || exit 1
            exec unshare --pid --fork --kill-child --mount --uts --cgroup chroot {} /bin/sh -c '
            set -e; mount -t proc proc /proc
            umount /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup
            exec env -i container=ipvs PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --system \
                --show-status=no --log-target=journal --unit={unit}'",
            root.path().display()
        );
        let unshare = Command::new("/bin/bash")
            .args(["-c", &script])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut systemd = Self { unshare, first: 0 };
        let deadline = Instant::now() + TIMEOUT;
        while Instant::now() < deadline {
            thread::sleep(Duration::from_millis(200));
            if systemd.first == 0 {
                systemd.first = systemd.child();
            } else if systemd.cmd(&format!("systemctl is-active {unit}"))?.text() == "active\n" {
                return Ok(systemd);
            }
        }
        Err(Failure::new(format!("systemd did not reach {unit} in time")))
    }

    /// The process that `unshare` has started, once it is systemd itself; otherwise 0.
    fn child(&self) -> u32 {
        let parent = self.unshare.id();
        let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
        let child = children.unwrap_or_default().trim().parse().unwrap_or(0);
        let name = fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
        if name == "systemd\n" { child } else { 0 }
    }

    /// Runs a shell command line beside systemd; any status is a result.
    ///
    /// # Errors
    /// It cannot be started or takes too long.
    pub fn cmd(&self, line: &str) -> Result<Output, Failure> {
        let first = self.first;
        let shell = format!("nsenter -t {first} -p -m -u -C -r -w env -i PATH=$PATH /bin/bash");
        let output = command::run(&shell, line.as_bytes(), TIMEOUT)?;
        Ok(Output { line: line.to_owned(), ..output })
    }

    /// Runs a shell command line that must succeed, and returns its standard output.
    ///
    /// # Errors
    /// As [`Systemd::cmd`], and when the status is not 0; the message has what the journal says.
    pub fn run(&self, line: &str) -> Result<String, Failure> {
        self.cmd(line)?.success().map_err(|failure| {
            let journal = self.cmd("journalctl --no-pager --lines=20");
            let journal = journal.map_or_else(|failure| failure.to_string(), |told| told.text());
            Failure::new(format!("{failure}\n{journal}"))
        })
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        // Both fail only where it is gone already.
        let _ = self.unshare.kill();
        let _ = self.unshare.wait();
    }
}

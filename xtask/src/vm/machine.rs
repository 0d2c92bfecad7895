// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtual machine: virtme-ng's command line, and watching the guest until it ends.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::kernel::Kernel;
use super::share::{GUEST, SCRIPT, SHELL, Share};
use super::{console, tools};
use crate::paths;

/// What a virtual machine is made of.
pub struct Machine {
    /// The kernel that it boots.
    pub kernel: &'static Kernel,
    /// Processors.
    pub cpus: u8,
    /// Memory, in QEMU's spelling.
    pub memory: String,
    /// Hardware virtualisation; see [`super::kvm`].
    pub kvm: bool,
    /// Guest time counts executed instructions: one processor, no KVM.
    pub icount: bool,
    /// Further QEMU options.
    pub qemu: Vec<String>,
    /// How long the guest may live, from power-on to power-off.
    pub timeout: Duration,
}

/// How a guest ended.
pub enum End {
    /// The command ended with this status (128 + n when signal n killed it).
    Status(u8),
    /// The guest panicked, hung, did not boot, or the kernel complained.
    Failed(Failure),
    /// The user interrupted us; the guest is gone.
    Interrupted,
}

/// A guest that did not end well.
pub struct Failure {
    /// What happened, in one line.
    pub reason: String,
    /// The console log, which is kept.
    pub console: PathBuf,
}

/// How long the kernel may take until our script runs.
const BOOT_TIMEOUT: Duration = Duration::from_secs(180);
/// How often we look at what the guest wrote.
const POLL: Duration = Duration::from_millis(30);
/// Kernel options: an oops ends the guest; watchdogs are patient, since under emulation on a busy
/// host a guest processor may wait for a long time.
const KERNEL_OPTIONS: &str = "oops=panic panic=-1 rcupdate.rcu_cpu_stall_timeout=60 \
    watchdog_thresh=60 workqueue.watchdog_thresh=120";

impl Machine {
    /// Boots, runs what `share` holds, and passes its output on while it runs.
    ///
    /// # Errors
    /// Only where the host fails: the kernel is missing, virtme-ng cannot be started, a write
    /// fails. All that happens in the guest is an [`End`].
    pub fn run(&self, share: &mut Share) -> Result<End> {
        let log = share.console();
        let console = File::create(&log)
            .with_context(|| format!("cannot write the console log {}", log.display()))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let handlers = [SIGINT, SIGTERM, SIGHUP]
            .map(|signal| signal_hook::flag::register(signal, Arc::clone(&interrupted)));
        let (mut reader, writer) = std::io::pipe()?;
        let scratch = Scratch::new()?;
        if self.icount {
            // Nothing else may count.
            share.set("pulse", "no")?;
        }
        let mut guest = Guest::start(
            self.command(share, &scratch)?
                .args(["--verbose", "--disable-monitor"])
                .args(["--", "/bin/bash"])
                .arg(format!("{GUEST}/{SCRIPT}"))
                .process_group(0)
                .stdin(Stdio::null())
                .stdout(writer.try_clone()?)
                .stderr(writer),
        )?;
        let logger = thread::spawn(move || {
            let mut console = console;
            std::io::copy(&mut reader, &mut console)
        });
        let verdict = self.watch(&mut guest, share, &interrupted);
        guest.stop();
        logger.join().ok().context("the console logger panicked")??;
        for handler in handlers.into_iter().flatten() {
            signal_hook::low_level::unregister(handler);
        }
        share.forward()?;
        let reason = match verdict? {
            Verdict::Interrupted => return Ok(End::Interrupted),
            Verdict::TimedOut(reason) => Some(reason),
            Verdict::Ended => None,
        };
        let complaint = console::complaint(&log)?;
        let reason = match (reason, complaint, share.status()?) {
            (Some(reason), Some(line), _) => format!("{reason}; the kernel says: {line}"),
            (Some(reason), None, _) => reason,
            (None, Some(line), _) => format!("the kernel complained: {line}"),
            (None, None, Some(status)) => return Ok(End::Status(status)),
            (None, None, None) if share.booted() => {
                "the guest vanished before the command ended".to_owned()
            }
            (None, None, None) => "the guest did not boot".to_owned(),
        };
        Ok(End::Failed(Failure { reason, console: share.keep_console() }))
    }

    /// Boots with the terminal as the guest's console and a shell on it, until the shell ends.
    ///
    /// # Errors
    /// The kernel is missing or virtme-ng cannot be started.
    pub fn interact(&self, share: &Share) -> Result<()> {
        let scratch = Scratch::new()?;
        let mut command = self.command(share, &scratch)?;
        command.arg("--shell").arg(format!("{GUEST}/{SHELL}"));
        // The shell's own status is of no interest, and virtme-ng has printed what went wrong.
        command.status().context("cannot start virtme-ng: run `cargo xtask vm setup`")?;
        Ok(())
    }

    fn watch(
        &self,
        guest: &mut Guest,
        share: &mut Share,
        interrupted: &AtomicBool,
    ) -> Result<Verdict> {
        let start = Instant::now();
        loop {
            share.forward()?;
            if guest.0.try_wait().context("cannot wait for virtme-ng")?.is_some() {
                return Ok(Verdict::Ended);
            }
            if interrupted.load(Ordering::Relaxed) {
                return Ok(Verdict::Interrupted);
            }
            let limit = if share.booted() { self.timeout } else { BOOT_TIMEOUT.min(self.timeout) };
            if start.elapsed() > limit {
                let doing = if share.booted() { "end" } else { "boot" };
                let reason = format!(
                    "the guest did not {doing} within {} s and was stopped",
                    limit.as_secs()
                );
                return Ok(Verdict::TimedOut(reason));
            }
            thread::sleep(POLL);
        }
    }

    fn command(&self, share: &Share, scratch: &Scratch) -> Result<Command> {
        let cache = paths::cache()?;
        paths::require_plain(&cache, "XDG_CACHE_HOME")?;
        paths::require_plain(share.directory(), "XTASK_VM_DIR")?;
        let image = self.kernel.find(&cache)?;
        let mut path = tools::virtiofsd_directory(&cache).into_os_string();
        for directory in [tools::vng(&cache).parent().map(PathBuf::from), Some("/usr/sbin".into())]
        {
            path.push(":");
            path.push(directory.unwrap_or_default());
        }
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());

        let mut command = Command::new(tools::vng(&cache));
        command.arg("--run").arg(&image.image);
        command.args(["--verbose", "--disable-monitor", "--user", "root", "--cwd", "/"]);
        command.arg("--cpus").arg(if self.icount { 1 } else { self.cpus }.to_string());
        command.arg("--memory").arg(&self.memory);
        command.arg("--busybox").arg(tools::busybox_program(&cache));
        command.arg(format!("--rwdir={GUEST}={}", share.directory().display()));
        if HIDDEN.iter().any(|hidden| cache.starts_with(hidden)) {
            command.arg("--rodir").arg(&cache);
        }
        command.arg("--append").arg(KERNEL_OPTIONS);
        if !self.kvm || self.icount {
            // QEMU 7.2 emulates cmpxchg16b wrongly, on which the allocator of 6.12 and 7.2 relies. Of what
            // else a processor may have, two things are fast in hardware and slow here: a fifth level of
            // page tables is one more to go through for each page, and "enhanced" copying goes byte by byte.
            command.args(["--disable-kvm", "--qemu-opts=-cpu max,-cx16,-la57,-erms"]);
            // Two emulating threads can miss that code was patched: the kernel then dies of a break
            // point that is no longer there (`Oops: int3`).
            command.arg("--qemu-opts=-accel tcg,thread=single");
            // One emulating thread leaves out the guest's memory barriers, on which it depends whether the
            // host's file system hears of a request. With event indices, one that it doesn't hear of is
            // the last that it is told of; without, the next one makes up for it (guest.sh).
            command.arg("--qemu-opts=-global virtio-device.event_idx=off");
            // Code at another address is translated anew: with random addresses that is two thirds of
            // the time of a short program.
            command.args(["--append", "norandmaps"]);
        }
        if self.kernel.is_checked() {
            // With five levels of page tables KASAN takes an early access for a wild one, and that turns
            // lockdep off.
            command.args(["--append", "no5lvl"]);
        }
        if self.icount {
            command.arg("--qemu-opts=-icount shift=0,sleep=off");
        }
        command.args(self.qemu.iter().map(|option| format!("--qemu-opts={option}")));
        command.env("PATH", path).env("TMPDIR", &scratch.0).current_dir("/");
        Ok(command)
    }
}

/// Directories of the host that the guest covers with its own.
const HIDDEN: [&str; 4] = ["/run", "/var/tmp", "/var/cache", "/dev/shm"];

enum Verdict {
    Ended,
    TimedOut(String),
    Interrupted,
}

/// virtme-ng with QEMU and virtiofsd: one process group, killed as a whole.
struct Guest(Child);

impl Guest {
    fn start(command: &mut Command) -> Result<Self> {
        let child = command.spawn().with_context(|| {
            let program = command.get_program().display().to_string();
            format!("cannot start {program}: run `cargo xtask vm setup`")
        })?;
        Ok(Self(child))
    }

    fn stop(&mut self) {
        if let Some(group) = Pid::from_raw(self.0.id().cast_signed()) {
            // Fails only when the whole group is gone already, which is what we want.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A short-lived directory for virtme-ng's sockets, whose paths must be short.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ipvs-vm-{}-{number}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

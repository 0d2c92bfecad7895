// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether hardware virtualisation really works here. `/dev/kvm` may exist and hang, so a guest is
//! booted once per boot of the host, with a short limit.

use std::fs;
use std::time::Duration;

use anyhow::Result;

use super::kernel::{self, Kernel};
use super::machine::{End, Machine};
use super::share::{Output, Share};
use crate::paths;

const LIMIT: Duration = Duration::from_secs(20);

/// Whether guests can use KVM.
///
/// # Errors
/// The cache or the run directory cannot be written, or the setup is incomplete.
pub fn works() -> Result<bool> {
    let device = fs::OpenOptions::new().read(true).write(true).open("/dev/kvm");
    if device.is_err() {
        return Ok(false);
    }
    drop(device);
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let memory = paths::cache()?.join("kvm");
    if let Ok(text) = fs::read_to_string(&memory)
        && let Some((known, verdict)) = text.split_once(' ')
        && known == boot.trim()
    {
        return Ok(verdict == "works");
    }
    eprintln!("trying KVM with one short boot (at most {} s) …", LIMIT.as_secs());
    let machine = Machine {
        kernel: Kernel::named(kernel::DEFAULT)?,
        cpus: 1,
        memory: "512M".to_owned(),
        kvm: true,
        icount: false,
        qemu: Vec::new(),
        timeout: LIMIT,
    };
    let mut share = Share::new("kvm-probe", &["true"], &Output::Collect)?;
    let works = match machine.run(&mut share)? {
        End::Status(0) => true,
        End::Status(_) | End::Failed(_) => false,
        End::Interrupted => anyhow::bail!("interrupted"),
    };
    share.discard_console();
    let verdict = if works { "works" } else { "fails" };
    let then = if works { "" } else { "; guests are emulated, which is slower" };
    eprintln!("KVM {verdict} here{then}");
    fs::write(&memory, format!("{} {verdict}", boot.trim()))?;
    Ok(works)
}

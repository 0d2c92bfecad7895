// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a test gets: its namespace, a directory, the kernel's version, commands, topologies.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::case::Failure;
use crate::command::{self, Output};
use crate::topology::Topology;

/// A kernel's version, as far as tests care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kernel {
    /// The 6 of 6.12.
    pub major: u16,
    /// The 12 of 6.12.
    pub minor: u16,
}

impl Kernel {
    /// The running kernel.
    ///
    /// # Errors
    /// `uname` reports a release that does not start with two numbers.
    pub fn running() -> Result<Self, Failure> {
        let uname = rustix::system::uname();
        let release = uname.release().to_string_lossy();
        Self::parse(&release)
            .ok_or_else(|| Failure::new(format!("`{release}` is no kernel release")))
    }

    fn parse(release: &str) -> Option<Self> {
        let mut numbers = release.split(|c: char| !c.is_ascii_digit());
        let (major, minor) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        Some(Self { major, minor })
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The surroundings of one running test.
#[derive(Debug)]
pub struct Ctx {
    kernel: Kernel,
    number: u32,
    directory: PathBuf,
    topologies: u32,
}

impl Ctx {
    /// Surroundings in the calling thread's namespace; brings `lo` up, without which there is no
    /// local routing table, and adding a destination fails with `EINVAL`.
    ///
    /// # Errors
    /// The directory cannot be made, or `lo` not be brought up.
    pub fn new() -> Result<Self, Failure> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory =
            std::env::temp_dir().join(format!("vm-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let ctx = Self { kernel: Kernel::running()?, number, directory, topologies: 0 };
        command::ip(&[], "link set lo up")?;
        spare_the_estimator(ctx.kernel)?;
        Ok(ctx)
    }

    /// The running kernel.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// A directory of this test's own, removed at its end.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Runs a shell command line in the test's namespace; any status is a result.
    ///
    /// # Errors
    /// It cannot be started or takes longer than [`command::TIMEOUT`].
    pub fn cmd(&self, line: &str) -> Result<Output, Failure> {
        command::run(line, &[], command::TIMEOUT)
    }

    /// Like [`Ctx::cmd`], with this standard input.
    ///
    /// # Errors
    /// As [`Ctx::cmd`].
    pub fn cmd_with_input(&self, line: &str, input: &[u8]) -> Result<Output, Failure> {
        command::run(line, input, command::TIMEOUT)
    }

    /// Runs a shell command line that must succeed, and returns its standard output.
    ///
    /// # Errors
    /// As [`Ctx::cmd`], and when the status is not 0.
    pub fn run(&self, line: &str) -> Result<String, Failure> {
        self.cmd(line)?.success()
    }

    /// An empty topology: several hosts, each a namespace, beside the test's own namespace.
    pub fn topology(&mut self) -> Topology {
        self.topologies += 1;
        Topology::new(&format!("t{}x{}", self.number, self.topologies))
    }
}

/// Switches the sampling of counters off in the thread's namespace, where no traffic flows, on kernels
/// from 6.2 to 6.x: that of 6.12.95 dies in `ip_vs_estimation_kthread` now and then when a namespace
/// gets many destinations at once. Hosts of topologies keep it.
///
/// # Errors
/// The sysctl is missing.
pub fn spare_the_estimator(kernel: Kernel) -> Result<(), Failure> {
    let first_with_threads = Kernel { major: 6, minor: 2 };
    if kernel >= first_with_threads && kernel.major < 7 {
        fs::write("/proc/sys/net/ipv4/vs/run_estimation", "0")?;
    }
    Ok(())
}

impl Drop for Ctx {
    fn drop(&mut self) {
        // The guest's root is thrown away anyway.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[cfg(test)]
mod tests {
    use super::Kernel;

    #[test]
    fn releases_of_distributions_are_understood() {
        let parse = |text| Kernel::parse(text).map(|kernel| (kernel.major, kernel.minor));
        assert_eq!(parse("6.12.95+deb12-cloud-amd64"), Some((6, 12)));
        assert_eq!(parse("7.2-rc1"), Some((7, 2)));
        assert_eq!(parse("next"), None);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A root directory of a test's own: the guest's, with a layer on top that takes all changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::case::Failure;
use crate::command::{self, Output};
use crate::ctx::Ctx;

/// Installing a package takes a while without hardware virtualisation.
const TIMEOUT: Duration = Duration::from_secs(300);
/// What a command in the root gets from outside.
const ENVIRONMENT: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LC_ALL=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive";

/// The root; unmounted when dropped.
#[derive(Debug)]
pub struct Root {
    layers: PathBuf,
    root: PathBuf,
}

impl Root {
    /// Makes a root in the test's directory. `files` become visible as `/packages`, and the tree
    /// `above` lies between the guest's root and the changes.
    ///
    /// # Errors
    /// A mount fails.
    pub fn new(ctx: &Ctx, files: &Path, above: &Path) -> Result<Self, Failure> {
        let layers = ctx.directory().join("layers");
        let root = layers.join("root");
        fs::create_dir_all(&layers)?;
        let new = Self { layers, root };
        let (layers, root) = (new.layers.display(), new.root.display());
        let (files, above) = (files.display(), above.display());
        ctx.run(&format!(
            "set -e; mount -t tmpfs tmpfs {layers}; mkdir {layers}/changes {layers}/work {root}
            mount -t overlay -o lowerdir={above}:/,upperdir={layers}/changes,workdir={layers}/work \
                overlay {root}
            mount -t proc proc {root}/proc; mount -t sysfs sysfs {root}/sys
            mount -t cgroup2 cgroup2 {root}/sys/fs/cgroup
            mount --rbind /dev {root}/dev; mount --make-rslave {root}/dev
            mountpoint -q {root}/dev/pts || mount -t devpts devpts {root}/dev/pts
            mount -t tmpfs tmpfs {root}/run; mount -t tmpfs tmpfs {root}/tmp
            mkdir {root}/packages; mount --bind {files} {root}/packages"
        ))?;
        // Nothing here outlives the guest.
        fs::write(new.root.join("etc/dpkg/dpkg.cfg.d/test"), "force-unsafe-io\n")?;
        Ok(new)
    }

    /// The root as the guest sees it.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Runs a shell command line in the root; any status is a result.
    ///
    /// # Errors
    /// It cannot be started or takes too long.
    pub fn cmd(&self, line: &str) -> Result<Output, Failure> {
        let shell = format!("chroot {} env -i {ENVIRONMENT} /bin/bash", self.root.display());
        let output = command::run(&shell, line.as_bytes(), TIMEOUT)?;
        Ok(Output { line: line.to_owned(), ..output })
    }

    /// Runs a shell command line that must succeed, and returns its standard output.
    ///
    /// # Errors
    /// As [`Root::cmd`], and when the status is not 0.
    pub fn run(&self, line: &str) -> Result<String, Failure> {
        self.cmd(line)?.success()
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // The guest does not live long enough to mind if this fails.
        let _ = command::run(
            &format!("umount -R -l {}; umount -l {}", self.root.display(), self.layers.display()),
            &[],
            command::TIMEOUT,
        );
    }
}

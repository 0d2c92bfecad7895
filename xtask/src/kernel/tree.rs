// SPDX-License-Identifier: MIT OR Apache-2.0
//! A git work tree with the distribution's source as the first commit and one commit per patch.
//! It is where people work on patches; the patches in the repository are what counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::source::Source;
use super::{patches, remove, work};
use crate::exec;
use crate::vm::kernel::Kernel;

/// The file that lists a kernel's patches in their order.
pub const SERIES: &str = "series";
/// Who the commits are by.
const AUTHOR: [&str; 2] =
    ["IPVS toolkit authors", "maintainers@users.noreply.h-seed-20f7132a.example"];
/// The tag of the commit with the distribution's source.
const BASE: &str = "distribution";

/// A kernel's work tree.
pub struct Tree {
    kernel: &'static Kernel,
    root: PathBuf,
}

impl Tree {
    /// The work tree with the repository's patches applied. It is made again when they or the
    /// source have changed since.
    ///
    /// # Errors
    /// A patch does not apply, or the tree has work that is not in the patches yet.
    pub fn open(kernel: &'static Kernel, source: &Source) -> Result<Self> {
        let tree = Self { kernel, root: work(kernel).join("tree") };
        let wanted = tree.applied(source)?;
        match fs::read_to_string(tree.mark()) {
            Ok(applied) if applied == wanted => return Ok(tree),
            Ok(_) => tree.require_no_work()?,
            Err(_) => {}
        }
        tree.make(source)?;
        for patch in series(kernel)? {
            tree.am(&patch)?;
        }
        fs::write(tree.mark(), wanted)?;
        fs::write(tree.work_mark(), tree.head()?)?;
        Ok(tree)
    }

    /// The work tree as a person left it; made if there is none.
    ///
    /// # Errors
    /// As [`Tree::open`] where there is none.
    pub fn existing(kernel: &'static Kernel, source: &Source) -> Result<Self> {
        let tree = Self { kernel, root: work(kernel).join("tree") };
        if tree.mark().exists() { Ok(tree) } else { Self::open(kernel, source) }
    }

    /// Where the sources are.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The commits of the patches, in order.
    ///
    /// # Errors
    /// git fails.
    pub fn commits(&self) -> Result<Vec<String>> {
        let range = format!("{BASE}..HEAD");
        let text = exec::capture(self.git().args(["rev-list", "--reverse", &range]))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Writes the sources as of a commit to a directory.
    ///
    /// # Errors
    /// git or a write fails.
    pub fn export(&self, commit: &str, directory: &Path) -> Result<()> {
        remove(directory)?;
        fs::create_dir_all(directory)?;
        let archive = directory.with_extension("tar");
        exec::run(self.git().args(["archive", commit, "--output"]).arg(&archive))?;
        exec::run(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(directory))?;
        fs::remove_file(&archive).context("cannot remove the archive")
    }

    /// Writes the commits as patches, and their series, into the repository.
    ///
    /// # Errors
    /// Something is not committed, or git fails.
    pub fn refresh(&self) -> Result<usize> {
        let dirty = exec::capture(self.git().args(["status", "--porcelain"]))?;
        ensure!(dirty.is_empty(), "commit the changes in {} first", self.root.display());
        let directory = patches(self.kernel);
        for patch in series(self.kernel)? {
            fs::remove_file(&patch)
                .with_context(|| format!("cannot remove {}", patch.display()))?;
        }
        let written = exec::capture(
            self.git()
                .args(["format-patch", "--zero-commit", "--no-signature", "--no-numbered"])
                .args(["--subject-prefix=PATCH", "--output-directory"])
                .arg(&directory)
                .arg(BASE),
        )?;
        let names: Vec<_> = written.lines().filter_map(|path| path.rsplit('/').next()).collect();
        fs::write(directory.join(SERIES), names.join("\n") + "\n")?;
        fs::write(self.mark(), self.applied(&Source::get(self.kernel)?)?)?;
        fs::write(self.work_mark(), self.head()?)?;
        Ok(names.len())
    }

    fn make(&self, source: &Source) -> Result<()> {
        remove(&self.root)?;
        fs::create_dir_all(&self.root)?;
        for part in ["net", "include"] {
            exec::run(Command::new("cp").arg("-r").arg(source.tree().join(part)).arg(&self.root))?;
        }
        exec::run(self.git().args(["init", "--quiet", "--initial-branch=patches"]))?;
        // For the person who works here; our own commands say it themselves.
        for (name, value) in [("user.name", AUTHOR[0]), ("user.email", AUTHOR[1])] {
            exec::run(self.git().args(["config", name, value]))?;
        }
        exec::run(self.git().args(["add", "--all"]))?;
        let version =
            source.headers.directory().file_name().unwrap_or_default().display().to_string();
        exec::run(self.git().args(["commit", "--quiet", "--message", &version]))?;
        exec::run(self.git().args(["tag", BASE]))
    }

    fn am(&self, patch: &Path) -> Result<()> {
        exec::run(self.git().args(["am", "--quiet", "--committer-date-is-author-date"]).arg(patch))
            .with_context(|| format!("{} does not apply to {}", patch.display(), self.kernel.name))
    }

    /// Refuses to throw away what a person has done in the tree.
    fn require_no_work(&self) -> Result<()> {
        let dirty = exec::capture(self.git().args(["status", "--porcelain"]))?;
        let known = fs::read_to_string(self.work_mark()).unwrap_or_default();
        if dirty.is_empty() && self.head()? == known {
            return Ok(());
        }
        bail!(
            "the patches have changed, and so has the work tree {}: `cargo xtask kernel refresh` \
             takes the work over into the patches; removing the tree takes the patches",
            self.root.display()
        )
    }

    fn head(&self) -> Result<String> {
        exec::capture(self.git().args(["rev-parse", "HEAD"]))
    }

    /// What the tree is made of: the source and the patches' text.
    fn applied(&self, source: &Source) -> Result<String> {
        let mut text = format!("{}\n", source.headers.directory().display());
        for patch in series(self.kernel)? {
            text += &fs::read_to_string(&patch)
                .with_context(|| format!("cannot read {}", patch.display()))?;
        }
        Ok(text)
    }

    fn mark(&self) -> PathBuf {
        self.root.with_extension("applied")
    }

    fn work_mark(&self) -> PathBuf {
        self.root.with_extension("head")
    }

    fn git(&self) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.root).args(["-c", "commit.gpgSign=false"]);
        // A person's own settings must not change what is written.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }
}

/// The patches of a kernel, in order.
///
/// # Errors
/// The kernel has no series.
pub fn series(kernel: &Kernel) -> Result<Vec<PathBuf>> {
    let directory = patches(kernel);
    let text = fs::read_to_string(directory.join(SERIES)).with_context(|| {
        format!("kernel {} has no patches ({})", kernel.name, directory.display())
    })?;
    Ok(text.lines().filter(|line| !line.is_empty()).map(|name| directory.join(name)).collect())
}

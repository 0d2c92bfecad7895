// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cache directory, shared by all clones of one user and guarded by a lock file.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::paths;

/// The cache, locked for as long as this value lives.
pub struct Cache {
    root: PathBuf,
    _lock: File,
}

impl Cache {
    /// Opens the cache for changing, waiting for another setup to end.
    ///
    /// # Errors
    /// The directory cannot be made or locked.
    pub fn lock() -> Result<Self> {
        let root = paths::cache()?;
        let context = || format!("cannot use the cache directory {}", root.display());
        fs::create_dir_all(&root).with_context(context)?;
        let lock = File::create(root.join("lock")).with_context(context)?;
        if lock.try_lock().is_err() {
            eprintln!("waiting for another `cargo xtask vm setup` to end …");
            lock.lock().with_context(context)?;
        }
        Ok(Self { root, _lock: lock })
    }

    /// The path of an item.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Makes the item `name` in one step: `fill` works in a temporary directory, which becomes
    /// the item only when everything has succeeded. What an interrupted run left is removed, and
    /// so is an item of this name that is not good any more.
    ///
    /// # Errors
    /// Those of `fill`, and failures to write in the cache.
    pub fn create(&self, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let target = self.path(name);
        let partial = self.path(&format!("{name}.partial"));
        remove(&partial)?;
        fs::create_dir_all(&partial)
            .with_context(|| format!("cannot create {}", partial.display()))?;
        fill(&partial)?;
        remove(&target)?;
        fs::rename(&partial, &target)
            .with_context(|| format!("cannot move {} into place", target.display()))
    }
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// `cargo xtask vm clean`.
pub fn clean(arguments: &[OsString]) -> Result<ExitCode> {
    if let Some(argument) = arguments.first() {
        bail!("`vm clean` takes no argument, so `{}` is one too many", argument.display());
    }
    let cache = Cache::lock()?;
    remove(&cache.root)?;
    println!("removed {}", cache.root.display());
    Ok(ExitCode::SUCCESS)
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Our stand-alone kernel modules. They act on all namespaces, so tests that need one share it, and a
//! test that removes one has it for itself.

use std::fs;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::case::Failure;
use crate::command;

/// A test that removes modules waits for those that use them, and holds off others.
static USE: RwLock<()> = RwLock::new(());

/// All that tests remove.
const ALL: [&str; 2] = ["ip_vs_toa", "ip_vs_ca"];

/// Some modules are loaded, or one is not, as long as this value lives.
#[derive(Debug)]
pub struct Shared {
    _use: RwLockReadGuard<'static, ()>,
}

/// Nobody else uses the modules as long as this value lives; at its end those for full NAT are loaded
/// again.
#[derive(Debug)]
pub struct Alone {
    _use: RwLockWriteGuard<'static, ()>,
}

/// Loads these modules, unless they are loaded.
///
/// # Errors
/// A module has not been built for this kernel, or the kernel refuses it.
pub fn shared(names: &[&str]) -> Result<Shared, Failure> {
    loop {
        let guard = USE.read().unwrap_or_else(PoisonError::into_inner);
        if names.iter().map(|name| loaded(name)).collect::<Result<Vec<_>, _>>()?.contains(&false) {
            drop(guard);
            let _alone = USE.write().unwrap_or_else(PoisonError::into_inner);
            names.iter().try_for_each(|name| load(name))?;
        } else {
            return Ok(Shared { _use: guard });
        }
    }
}

/// Removes a module if it is loaded; until this value is dropped, no test loads it.
///
/// # Errors
/// The kernel refuses.
pub fn without(name: &str) -> Result<Shared, Failure> {
    loop {
        let guard = USE.read().unwrap_or_else(PoisonError::into_inner);
        if !loaded(name)? {
            return Ok(Shared { _use: guard });
        }
        drop(guard);
        let _alone = USE.write().unwrap_or_else(PoisonError::into_inner);
        if loaded(name)? {
            remove(name)?;
        }
    }
}

/// Waits until no other test uses the modules, and loads those for full NAT.
///
/// # Errors
/// As [`shared`].
pub fn alone() -> Result<Alone, Failure> {
    let alone = Alone { _use: USE.write().unwrap_or_else(PoisonError::into_inner) };
    for name in ALL {
        alone.load(name)?;
    }
    Ok(alone)
}

impl Alone {
    /// Loads a module, unless it is loaded.
    ///
    /// # Errors
    /// As [`shared`].
    pub fn load(&self, name: &str) -> Result<(), Failure> {
        load(name)
    }

    /// Removes a module.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn remove(&self, name: &str) -> Result<(), Failure> {
        remove(name)
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        for name in ALL {
            // The next test that needs it says what is wrong.
            let _ = self.load(name);
        }
    }
}

/// The lines with which the kernel complains of itself since it was started.
///
/// # Errors
/// The kernel's log can't be read.
pub fn complaints() -> Result<Vec<String>, Failure> {
    const SIGNS: [&str; 8] = [
        "WARNING:",
        "BUG:",
        "Oops",
        "Call Trace",
        "refcount_t",
        "general protection",
        "hung_task",
        "rcu_sched self-detected",
    ];
    let log = command::run("dmesg", &[], command::TIMEOUT)?.success()?;
    let bad = |line: &&str| SIGNS.iter().any(|sign| line.contains(sign));
    Ok(log.lines().filter(bad).map(str::to_owned).collect())
}

fn run(line: &str) -> Result<(), Failure> {
    command::run(line, &[], command::TIMEOUT)?.success().map(drop)
}

fn remove(name: &str) -> Result<(), Failure> {
    run(&format!("rmmod {name}"))
}

fn load(name: &str) -> Result<(), Failure> {
    if loaded(name)? {
        return Ok(());
    }
    run(&format!("insmod {}", file(name)?.display()))
}

fn loaded(name: &str) -> Result<bool, Failure> {
    let modules = fs::read_to_string("/proc/modules")?;
    Ok(modules.lines().any(|line| line.split(' ').next() == Some(name)))
}

fn file(name: &str) -> Result<PathBuf, Failure> {
    let directory = std::env::var_os("IPVS_VM").unwrap_or_default();
    let path = PathBuf::from(directory).join("addons").join(format!("{name}.ko"));
    match path.exists() {
        true => Ok(path),
        false => Err(Failure::new(format!("{}: `cargo xtask kernel modules`", path.display()))),
    }
}

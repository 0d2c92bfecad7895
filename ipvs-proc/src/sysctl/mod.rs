// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sysctls of IPVS: what they mean, what they hold, and a way to set them that refuses what the
//! kernel would refuse or take for something else.
//!
//! They live in `/proc/sys/net/ipv4/vs` (and `/proc/sys/net/ca` on real servers with the module
//! `ip_vs_ca`), and each network namespace has its own. `/proc/sys/net` shows those of the **task
//! that reads**: what lies below another process's `/proc/PID/root` still shows the reader's. For another
//! namespace's sysctls, run in it (`ip netns exec NAME ipvsadm sysctl get`). Linux 6.1 shows none to
//! namespaces whose owner is an unprivileged user.
//!
//! A value is written as decimal numbers; the kernel stops reading at the second number of a
//! single-valued sysctl, reads `010` as 8, and takes a blank list of processors for "nowhere". All
//! that is refused here before it is written.
//!
//! ```
//! use ipvs_proc::sysctl::{Sysctls, Value};
//! # let directory = tempfile::tempdir()?;
//! # std::fs::create_dir_all(directory.path().join("net/ipv4/vs"))?;
//! # std::fs::write(directory.path().join("net/ipv4/vs/sync_threshold"), "3\t50\n")?;
//! // `Sysctls::default()` are those of `/proc/sys`.
//! let sysctls = Sysctls::at(directory.path());
//! let name = "sync_threshold".parse()?;
//! assert_eq!(sysctls.get(&name)?, Value::Pair(3, 50));
//! let before = sysctls.snapshot()?;
//! sysctls.set(&name, &Value::Pair(1, 100))?;
//! assert!(sysctls.set(&name, &Value::Pair(100, 1)).is_err());
//! sysctls.restore(&before)?;
//! assert_eq!(sysctls.get(&name)?, Value::Pair(3, 50));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ca;
mod cpus;
mod description;
mod error;
mod kind;
mod name;
mod related;
mod restore;
mod snapshot;
mod value;
mod vs;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::PathBuf;

pub use cpus::Cpus;
pub use description::{Description, Exists, Preset};
pub use error::Error;
pub use kind::Kind;
pub use name::Name;
pub use related::Related;
pub use restore::{Change, RestoreError};
pub use snapshot::{Difference, Snapshot};
pub use value::Value;

use name::AREAS;

/// Longer than any value.
const ROOM: usize = 8192;

/// Everything known, by directory and name. Not every kernel has all of them.
pub fn known() -> impl Iterator<Item = &'static Description> {
    AREAS.iter().flat_map(|area| area.known)
}

/// What is known about this name, in any form that [`Name`] takes.
pub fn describe(name: &str) -> Option<&'static Description> {
    name.parse::<Name>().ok()?.description()
}

/// The sysctls below a directory: `/proc/sys` by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sysctls {
    root: PathBuf,
}

impl Default for Sysctls {
    fn default() -> Self {
        Self::at("/proc/sys")
    }
}

impl Sysctls {
    /// Those below another directory, which has `net/ipv4/vs`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The names that are here, known or not.
    ///
    /// # Errors
    /// There are none, or the directory can't be read.
    pub fn list(&self) -> Result<Vec<Name>, Error> {
        let mut names = Vec::new();
        let mut found = false;
        for area in &AREAS {
            let directory = Name::full(area.prefix.trim_end_matches('.').to_owned());
            let entries = match fs::read_dir(self.root.join(directory.path())) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => {
                    entries.map_err(|error| Error::reading(&directory, &self.root, error))?
                }
            };
            found = true;
            for entry in entries {
                let entry = entry.map_err(|error| Error::reading(&directory, &self.root, error))?;
                let name = [area.prefix, &entry.file_name().to_string_lossy()].concat();
                names.extend(name.parse::<Name>());
            }
        }
        names.sort_unstable();
        if found { Ok(names) } else { Err(Error::NoneAtAll) }
    }

    /// The value of one.
    ///
    /// # Errors
    /// This kernel does not have it, or it can't be read.
    pub fn get(&self, name: &Name) -> Result<Value, Error> {
        // With room from the start: `est_cpulist` is told in the first read or not at all, and without it
        // that would be of 32 bytes.
        let mut bytes = Vec::with_capacity(ROOM);
        File::open(self.root.join(name.path()))
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(|error| Error::reading(name, &self.root, error))?;
        Ok(snapshot::kind(name).read(&String::from_utf8_lossy(&bytes)))
    }

    /// Whether this value may be set here, without setting it.
    ///
    /// # Errors
    /// The value is not accepted ([`Error::Value`]), the sysctl is missing or not known.
    pub fn check(&self, name: &Name, value: &Value) -> Result<(), Error> {
        if let Some(description) = name.description() {
            description.check(value)?;
        }
        self.get(name)?;
        match name.description() {
            Some(_) => Ok(()),
            None => Err(Error::Unchecked { name: name.clone() }),
        }
    }

    /// Sets one and reads it back. That the kernel itself changes an automatic mode is no error.
    ///
    /// # Errors
    /// As [`Sysctls::check`], before anything is written; or the sysctl may not be written, the
    /// kernel refuses the value or holds something else afterwards.
    pub fn set(&self, name: &Name, value: &Value) -> Result<(), Error> {
        self.check(name, value)?;
        self.put(name, value)
    }

    /// Writes what need not be checked, and reads it back.
    fn put(&self, name: &Name, value: &Value) -> Result<(), Error> {
        let text = value.to_string();
        // Never creates a file. The line end makes an empty text a write, too.
        let write = || {
            let mut file =
                OpenOptions::new().write(true).truncate(true).open(self.root.join(name.path()))?;
            file.write_all(format!("{text}\n").as_bytes())
        };
        write().map_err(|error| Error::writing(name, &text, &self.root, error))?;
        let shown = self.get(name)?;
        match snapshot::same(name, value, &shown) {
            true => Ok(()),
            false => {
                let (name, shown) = (name.clone(), shown.to_string());
                Err(Error::NotKept { name, value: text, shown })
            }
        }
    }

    /// All that are here.
    ///
    /// # Errors
    /// As [`Sysctls::list`] and [`Sysctls::get`]. What goes away in between (with a module) is left
    /// out.
    pub fn snapshot(&self) -> Result<Snapshot, Error> {
        let mut all = Snapshot::default();
        for name in self.list()? {
            match self.get(&name) {
                Ok(value) => drop(all.insert(name, value)),
                Err(Error::Absent { .. } | Error::Unknown { .. } | Error::NoneAtAll) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// Settings of other parts of the kernel that a load balancer depends on. Missing ones are
    /// listed without a value.
    pub fn related(&self) -> Vec<Related> {
        related::read(&self.root)
    }
}

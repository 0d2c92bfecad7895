// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bringing back a snapshot, all of it or nothing.

use std::fmt;

use serde::Serialize;

use super::Sysctls;
use super::error::Error;
use super::name::Name;
use super::snapshot::{Snapshot, same};
use super::value::Value;

/// A write that a restore makes. `Display` is a line for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which sysctl.
    pub name: Name,
    /// What it held before.
    pub from: Value,
    /// What it shall hold.
    pub to: Value,
}

/// Why a snapshot was not restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// Values that can't be set here; all of them. Nothing was written.
    #[error("{}; nothing was changed", lines(.0))]
    Invalid(Vec<Error>),
    /// A write failed; those before it were undone.
    #[error("{cause}; {}", outcome(.undone, .stuck))]
    Failed {
        /// What failed.
        cause: Box<Error>,
        /// The changes that were undone.
        undone: Vec<Change>,
        /// Why the others could not be.
        stuck: Vec<Error>,
    },
}

fn lines(errors: &[Error]) -> String {
    errors.iter().map(Error::to_string).collect::<Vec<_>>().join("; ")
}

fn outcome(undone: &[Change], stuck: &[Error]) -> String {
    match (undone, stuck) {
        ([], []) => "nothing was changed".to_owned(),
        (_, []) => "everything was rolled back".to_owned(),
        (_, stuck) => format!("not everything could be rolled back: {}", lines(stuck)),
    }
}

impl Sysctls {
    /// What [`Sysctls::restore`] would write, by name. Everything is checked, nothing written.
    ///
    /// What this kernel does not have is no error when the snapshot holds its default, or when that
    /// depends on the machine ([`Sysctls::left_out`]). Neither is a value that could not be set (other
    /// programs can set it) while the kernel holds it. `all` processors are always written: which these
    /// are now can't be told from a list.
    ///
    /// # Errors
    /// [`RestoreError::Invalid`] with every value that can't be set.
    pub fn plan(&self, wanted: &Snapshot) -> Result<Vec<Change>, RestoreError> {
        let (mut changes, mut errors) = (Vec::new(), Vec::new());
        for (name, value) in wanted.iter() {
            match self.step(name, value) {
                Ok(change) => changes.extend(change),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(changes) } else { Err(RestoreError::Invalid(errors)) }
    }

    fn step(&self, name: &Name, value: &Value) -> Result<Option<Change>, Error> {
        let Some(description) = name.description() else {
            return match self.get(name)? {
                now if now == *value => Ok(None),
                _ => Err(Error::Unchecked { name: name.clone() }),
            };
        };
        let now = match self.get(name) {
            Err(Error::Absent { .. }) if description.may_be_default(value) => return Ok(None),
            now => now?,
        };
        let all = matches!(value, Value::Cpus(cpus) if cpus.is_all());
        if description.kind.same(value, &now) && !all {
            return Ok(None);
        }
        description.check(value)?;
        Ok(Some(Change { name: name.clone(), from: now, to: value.clone() }))
    }

    /// What a snapshot holds that this kernel does not have and that is not known to be its default: a
    /// restore leaves it out.
    pub fn left_out(&self, wanted: &Snapshot) -> Vec<Error> {
        let unknown = |(name, value): (&Name, &Value)| {
            let description = name.description()?;
            let absent = self.get(name).err().filter(|e| matches!(e, Error::Absent { .. }))?;
            description.is_default(value).is_none().then_some(absent)
        };
        wanted.iter().filter_map(unknown).collect()
    }

    /// Writes what differs from the snapshot, reads each back, and returns what was written. What the
    /// snapshot does not name stays.
    ///
    /// # Errors
    /// [`RestoreError::Invalid`] before anything is written; [`RestoreError::Failed`] when a write is
    /// refused or does not last: those before it are undone then.
    pub fn restore(&self, wanted: &Snapshot) -> Result<Vec<Change>, RestoreError> {
        let changes = self.plan(wanted)?;
        for (index, change) in changes.iter().enumerate() {
            if let Err(cause) = self.put(&change.name, &change.to) {
                // It may have been written, and then not read back as it should.
                let is_other = |now| !same(&change.name, &change.from, &now);
                let written = index + usize::from(self.get(&change.name).is_ok_and(is_other));
                return Err(self.undo(cause, &changes[..written]));
            }
        }
        Ok(changes)
    }

    /// The latest first.
    fn undo(&self, cause: Error, changes: &[Change]) -> RestoreError {
        let (mut undone, mut stuck) = (Vec::new(), Vec::new());
        for change in changes.iter().rev() {
            match self.put(&change.name, &change.from) {
                Ok(()) => undone.push(change.clone()),
                Err(error) => stuck.push(error),
            }
        }
        RestoreError::Failed { cause: Box::new(cause), undone, stuck }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.name, self.from, self.to)
    }
}

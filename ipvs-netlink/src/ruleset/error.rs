// SPDX-License-Identifier: MIT OR Apache-2.0
//! How applying a plan can fail, and what is then the case.

use std::fmt;

use super::Change;
use crate::{Error, Refusal};

/// What differs between two states, as the changes that would make the first into the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differences(pub(super) Vec<Change>);

impl Differences {
    /// How many of them a message names; the rest is counted.
    const SHOWN: usize = 3;

    /// The changes.
    pub fn changes(&self) -> &[Change] {
        &self.0
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, change) in self.0.iter().take(Self::SHOWN).enumerate() {
            write!(f, "{}{change}", if i == 0 { "" } else { "; " })?;
        }
        match self.0.len().saturating_sub(Self::SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// Why a plan was not applied. `Display` is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The state is no longer the one that the plan was made from. Nothing was changed.
    #[error("the rules were changed by others since the plan was made ({differences}): plan again")]
    Stale {
        /// What the others did.
        differences: Differences,
    },
    /// The state could not be read before the start. Nothing was changed.
    #[error("nothing was changed: {0}")]
    Read(#[source] Error),
    /// The conversation was lost with whoever had it (for example the thread of an asynchronous
    /// client), so what was done is not known.
    #[error("{0}; what was done is not known, read the state again")]
    Lost(#[from] Error),
    /// Something failed on the way.
    #[error(transparent)]
    Failed(Box<Failure>),
}

/// A failure on the way: what failed, and whether everything is as before.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// What the kernel refused, in the order of the plan. Later ones may only follow from the first.
    pub refused: Vec<Refusal>,
    /// Why the conversation failed, if it did.
    pub error: Option<Error>,
    /// What became of the operations that had been carried out.
    pub rollback: Rollback,
}

/// What became of the operations of a failed plan.
#[derive(Debug)]
#[non_exhaustive]
pub enum Rollback {
    /// All were undone: the rules are what they were. (Counters and connections of what was removed
    /// and made again may be lost.)
    Complete,
    /// Not all could be undone.
    Incomplete {
        /// What would still have to be done to get back.
        remaining: Differences,
    },
    /// The state can't be read, so what was done is not known.
    Unknown {
        /// Why it can't be read.
        error: Error,
    },
}

impl fmt::Display for Rollback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("everything was rolled back"),
            Self::Incomplete { remaining } => {
                write!(f, "rolling back failed, to get back remains: {remaining}")
            }
            Self::Unknown { error } => {
                write!(f, "whether everything was rolled back is not known: {error}")
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(first) = self.refused.first() {
            first.fmt(f)?;
            match self.refused.len() {
                1 => {}
                2 => f.write_str("; and 1 more was refused")?,
                n => write!(f, "; and {} more were refused", n - 1)?,
            }
        }
        match &self.error {
            Some(error) if self.refused.is_empty() => error.fmt(f)?,
            Some(error) => write!(f, "; then {error}")?,
            None => {}
        }
        write!(f, "; {}", self.rollback)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match (self.refused.first(), &self.error) {
            (Some(refusal), _) => Some(refusal),
            (None, Some(error)) => Some(error),
            (None, None) => None,
        }
    }
}

/// Why a verification did not succeed. `Display` is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The state is not what was wanted.
    #[error("the rules are not what was wanted, there remains: {differences}; plan again")]
    Differs {
        /// What would have to be done.
        differences: Differences,
    },
    /// The state could not be read.
    #[error(transparent)]
    Read(#[from] Error),
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What became of a plan.

use std::fmt;
use std::net::SocketAddr;

use serde::Serialize;

use super::plan::{Plan, Step};
use super::reason::LeftAlone;

/// What became of each entry of a [`Plan`](super::Plan).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The entries that were to be changed.
    pub done: Vec<Done>,
    /// The entries that were left alone.
    pub left_alone: Vec<LeftAlone>,
}

/// An entry and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Done {
    /// What was to be done to which entry.
    #[serde(flatten)]
    pub step: Step,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of an entry, as it was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It is gone.
    Ended,
    /// It ended, and its client's next packet made it anew.
    Renewed {
        /// The destination that it has now, which may be the same.
        dest: SocketAddr,
    },
    /// It is at the new destination.
    Moved,
    /// It ended by itself before it could be moved.
    EndedBefore,
    /// The template is gone.
    Unpinned {
        /// How many connections belonged to it and were ended.
        connections: usize,
    },
    /// It is there again.
    Restored,
    /// It was there, and is as it was.
    Present,
    /// The client has a newer one, which stays.
    Newer {
        /// Its destination.
        dest: SocketAddr,
    },
    /// The kernel has not taken it.
    Absent,
    /// It is still there, in spite of all.
    Stayed,
    /// The user wanted an end before that was known.
    Interrupted,
}

impl Outcome {
    /// Whether that is what was wanted.
    pub const fn is_success(&self) -> bool {
        !matches!(self, Self::Stayed | Self::Newer { .. } | Self::Absent | Self::Interrupted)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => f.write_str("ended"),
            Self::Renewed { dest } => write!(f, "ended, and made anew by its client at {dest}"),
            Self::Moved => f.write_str("moved"),
            Self::EndedBefore => f.write_str("ended by itself"),
            Self::Unpinned { connections: 0 } => f.write_str("freed"),
            Self::Unpinned { connections } => write!(f, "freed, connections ended: {connections}"),
            Self::Restored => f.write_str("restored"),
            Self::Present => f.write_str("there already"),
            Self::Newer { dest } => write!(f, "not restored: a newer one is at {dest}"),
            Self::Absent => f.write_str("did not arrive"),
            Self::Stayed => f.write_str("still there"),
            Self::Interrupted => f.write_str("interrupted, not known"),
        }
    }
}

/// That of a plan that was not carried out.
impl From<Plan> for Report {
    fn from(plan: Plan) -> Self {
        let (steps, left_alone) = plan.into_parts();
        let outcome = Outcome::Interrupted;
        Self { done: steps.into_iter().map(|step| Done { step, outcome }).collect(), left_alone }
    }
}

impl Report {
    /// How many entries became what was wanted.
    pub fn succeeded(&self) -> usize {
        self.done.iter().filter(|done| done.outcome.is_success()).count()
    }

    /// Whether all chosen entries became what was wanted. One that needed nothing was no failure.
    pub fn is_complete(&self) -> bool {
        self.succeeded() == self.done.len()
            && self.left_alone.iter().all(|left| left.reason.is_harmless())
    }
}

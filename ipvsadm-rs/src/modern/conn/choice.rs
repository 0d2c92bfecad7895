// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which connections are changed.

use clap::Args;
use ipvs_proc::{Connection, Filter};

use super::surgery::Site;
use crate::modern::failure::Failure;
use crate::modern::proc::conns::selection::Selection;

/// How many entries are changed at most, unless more are allowed.
pub(super) const LIMIT: usize = 10_000;

/// A selection that can't be everything by mistake.
#[derive(Debug, Args)]
pub(super) struct Choice {
    #[command(flatten)]
    selection: Selection,
    /// All that there are: needed without any condition
    #[arg(long)]
    all: bool,
    /// Refuse if more than so many match
    #[arg(long, value_name = "COUNT", default_value_t = LIMIT)]
    limit: usize,
}

impl Choice {
    /// The same as a filter.
    pub(super) fn filter(&self) -> Result<Filter, Failure> {
        let filter = self.selection.filter()?;
        match (filter == Filter::new(), self.all) {
            (true, false) => {
                Err(Failure::usage("which connections? Give conditions, or --all (see --help)"))
            }
            (false, true) => Err(Failure::usage("--all goes without conditions (see --help)")),
            _ => Ok(filter),
        }
    }

    /// How many are changed at most.
    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    /// More than that match.
    pub(super) fn too_many(&self) -> Failure {
        too_many(self.limit)
    }

    /// What matches.
    pub(super) fn read(
        &self,
        filter: Filter,
        site: &mut Site,
    ) -> Result<Vec<Connection<'static>>, Failure> {
        site.read(|listed| filter.matches(listed), self.limit)
    }
}

/// More than `limit` match.
pub(super) fn too_many(limit: usize) -> Failure {
    Failure::refused(format!("more than {limit} entries match: narrow it, or raise --limit"))
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was sent, and what was not and why.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::fs::File;
use std::ops::ControlFlow;

use ipvs_proc::Connections;
use ipvs_syncd::table::Conversion;
use ipvs_syncd::{Connection, EncodeError};
use serde::Serialize;

use super::mail::Parcel;
use crate::program::failure::Failure;

/// What becomes of a connection.
pub(super) enum Taken {
    /// It is taken.
    New,
    /// It was taken before.
    Known,
    /// It can't be said.
    Not(EncodeError),
}

impl From<Result<(), EncodeError>> for Taken {
    fn from(pushed: Result<(), EncodeError>) -> Self {
        pushed.map_or_else(Self::Not, |()| Self::New)
    }
}

/// Numbers of one pass.
#[derive(Debug, Default, Serialize)]
pub(super) struct Tally {
    templates: u64,
    connections: u64,
    /// Of these, those whose service or destination is gone, so that their method is a guess.
    unbound: u64,
    datagrams: usize,
    bytes: usize,
    /// What was left out, by reason.
    skipped: BTreeMap<String, u64>,
    /// Lines of the table that are none.
    bad_lines: u64,
}

impl Tally {
    /// Goes through the connections, and hands those that a master would send to `take`, which may find
    /// that it can't, or that it has the connection already.
    pub(super) fn gather(
        &mut self,
        connections: &mut Connections<File>,
        conversion: &Conversion<'_>,
        mut take: impl FnMut(&Connection<'_>) -> Result<Taken, Failure>,
    ) -> Result<(), Failure> {
        let ended = connections.visit(|listed| {
            let converted = match conversion.convert(listed) {
                Ok(converted) => converted,
                Err(reason) => {
                    self.skip(reason);
                    return ControlFlow::Continue(());
                }
            };
            if let Some(reason) = converted.withheld {
                self.skip(reason);
                return ControlFlow::Continue(());
            }
            match take(&converted.connection) {
                Ok(Taken::New) => self.count(&converted.connection, converted.binding.is_some()),
                Ok(Taken::Known) => {}
                Ok(Taken::Not(reason)) => self.skip(reason),
                Err(failure) => return ControlFlow::Break(failure),
            }
            ControlFlow::Continue(())
        })?;
        let skipped = connections.skipped();
        self.bad_lines = skipped.count;
        match (ended, &skipped.cut_off) {
            (ControlFlow::Break(failure), _) => Err(failure),
            (ControlFlow::Continue(()), Some(cut_off)) => Err(Failure::failed(cut_off)),
            (ControlFlow::Continue(()), None) => Ok(()),
        }
    }

    /// Adds what another reading found besides; what it left out is known.
    pub(super) fn add(&mut self, more: &Self) {
        self.templates += more.templates;
        self.connections += more.connections;
        self.unbound += more.unbound;
    }

    /// One more will be sent.
    pub(super) fn count(&mut self, connection: &Connection<'_>, bound: bool) {
        match connection.is_template() {
            true => self.templates += 1,
            false => self.connections += 1,
        }
        self.unbound += u64::from(!bound);
    }

    /// One is left out.
    pub(super) fn skip(&mut self, reason: impl Display) {
        *self.skipped.entry(reason.to_string()).or_default() += 1;
    }

    /// It takes these datagrams.
    pub(super) fn post(&mut self, parcels: &[Parcel]) {
        self.datagrams += parcels.len();
        self.bytes += parcels.iter().map(|parcel| parcel.bytes.len()).sum::<usize>();
    }

    /// Connections and templates.
    pub(super) const fn sendable(&self) -> u64 {
        self.templates + self.connections
    }
}

/// A line, and one more for each reason.
impl Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { templates, connections, datagrams, bytes, .. } = self;
        write!(f, "{connections} connections, {templates} templates")?;
        if *datagrams > 0 {
            write!(f, "; {datagrams} datagrams, {bytes} bytes")?;
        }
        if self.unbound > 0 {
            write!(
                f,
                "\n  of these {} whose service or destination is gone: masquerading is assumed",
                self.unbound
            )?;
        }
        for (reason, count) in &self.skipped {
            write!(f, "\n  left out {count}: {reason}")?;
        }
        if self.bad_lines > 0 {
            write!(f, "\n  left out {} lines that are no connections", self.bad_lines)?;
        }
        Ok(())
    }
}

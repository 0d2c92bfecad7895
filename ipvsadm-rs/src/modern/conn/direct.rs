// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entries that the kernel itself deletes, one by one, and what became of each.

use std::sync::atomic::{AtomicBool, Ordering};

use ipvs_netlink::Error;
use ipvs_netlink::ext::{Connection as Known, ConnectionFilter, ConnectionKey};
use ipvs_proc::Connection;
use ipvs_syncd::surgery::Caution;
use serde_json::json;

use super::delete::filter_of;
use super::rows::Row;
use super::show;
use super::surgery::Surgery;
use crate::legacy::streams::Io;
use crate::modern::failure::INCOMPLETE;
use crate::modern::{Outcome, print, warn};
use crate::output::json;

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Ended,
    EndedBefore,
    Stayed,
}

impl Fate {
    /// As in the other ways to delete: for programs, and for people.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Ended => ("ended", "ended"),
            Self::EndedBefore => ("ended_before", "ended by itself"),
            Self::Stayed => ("stayed", "still there: in use, or others belong to it"),
        }
    }
}

/// An entry that was chosen.
pub(super) struct Entry {
    connection: Connection<'static>,
    key: ConnectionKey,
    filter: Option<ConnectionFilter>,
    fate: Option<Fate>,
}

impl Entry {
    pub(super) fn new(connection: Connection<'static>, key: ConnectionKey) -> Self {
        Self { connection, key, filter: None, fate: None }
    }

    pub(super) fn known(connection: Connection<'static>, known: &Known) -> Self {
        Self { filter: filter_of(known), ..Self::new(connection, known.key) }
    }

    pub(super) fn key(&self) -> ConnectionKey {
        self.key
    }

    pub(super) fn filter(&self) -> Option<&ConnectionFilter> {
        self.filter.as_ref()
    }

    fn result(&self, dry_run: bool) -> String {
        match self.fate {
            Some(fate) => fate.names().1.to_owned(),
            None if dry_run => "would end".to_owned(),
            None => "interrupted".to_owned(),
        }
    }
}

/// Deletes them in their order, until Ctrl-C.
pub(super) fn delete(
    entries: &mut [Entry],
    stop: &AtomicBool,
    mut delete: impl FnMut(&Entry) -> Result<Fate, Error>,
) -> Result<(), Error> {
    for entry in entries {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        entry.fate = Some(delete(entry)?);
    }
    Ok(())
}

/// Prints what became of them, or would.
pub(super) fn report(
    entries: &[Entry],
    cautions: &[Caution],
    means: &str,
    surgery: &Surgery,
    io: &mut Io<'_>,
) -> Outcome {
    let dry_run = surgery.dry_run();
    if entries.is_empty() {
        warn(io, "no such connection");
    } else {
        cautions.iter().for_each(|caution| warn(io, &caution.to_string()));
    }
    match surgery.json() {
        true => print(io, &document(entries, cautions, means, dry_run))?,
        false => print(io, &text(entries, dry_run, io.columns))?,
    };
    let done = |entry: &Entry| matches!(entry.fate, Some(Fate::Ended | Fate::EndedBefore));
    Ok(if dry_run || entries.iter().all(done) { 0 } else { INCOMPLETE })
}

fn document(entries: &[Entry], cautions: &[Caution], means: &str, dry_run: bool) -> String {
    let cautions: Vec<_> = cautions.iter().map(ToString::to_string).collect();
    let entry = |entry: &Entry| {
        let mut value = json!({"connection": entry.connection, "change": "end"});
        if !dry_run {
            let outcome = entry.fate.map_or("interrupted", |fate| fate.names().0);
            value["outcome"] = json!(outcome);
        }
        value
    };
    let entries: Vec<_> = entries.iter().map(entry).collect();
    let body = json!({
        "dry_run": dry_run,
        "means": means,
        "cautions": cautions,
        "entries": entries,
        "left_alone": [],
    });
    json::document("surgery", body)
}

/// Of many entries only those are listed that did not become what was wanted.
fn text(entries: &[Entry], dry_run: bool, columns: Option<u16>) -> String {
    let few = dry_run || entries.len() <= show::ROWS;
    let ended = |entry: &Entry| entry.fate == Some(Fate::Ended);
    let shown = entries.iter().filter(|entry| few || !ended(entry));
    let rows = shown.map(|entry| Row::new(&entry.connection, entry.result(dry_run))).collect();
    let count = entries.len();
    let summary = match dry_run {
        true => format!("would change {count} of {count}; nothing was done"),
        false => summary(entries),
    };
    format!("{}{summary}\n", show::table(rows, columns))
}

fn summary(entries: &[Entry]) -> String {
    let count = |fate| entries.iter().filter(|entry| entry.fate == fate).count();
    let kinds = [
        (Some(Fate::Ended), "ended"),
        (Some(Fate::EndedBefore), "ended by themselves"),
        (Some(Fate::Stayed), "still there"),
        (None, "interrupted"),
    ];
    let parts = kinds.into_iter().map(|(fate, name)| (name, count(fate)));
    let parts: Vec<_> =
        parts.filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} {n}")).collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
}

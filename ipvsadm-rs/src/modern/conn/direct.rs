// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entries that the kernel itself deletes, one by one, and what became of each.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use ipvs_netlink::Error;
use ipvs_netlink::ext::{Connection as Known, ConnectionKey, Engine};
use ipvs_proc::Connection;
use ipvs_syncd::surgery::Caution;
use serde_json::json;

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
    /// It stayed, because the kernel can't tell it from others that were not chosen.
    Inseparable,
}

impl Fate {
    /// As in the other ways to delete: for programs, and for people.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Ended => ("ended", "ended"),
            Self::EndedBefore => ("ended_before", "ended by itself"),
            Self::Stayed => ("stayed", "still there: in use, or others belong to it"),
            Self::Inseparable => ("stayed", "still there: others, not chosen, have the same key"),
        }
    }
}

/// An entry that was chosen.
pub(super) struct Entry {
    connection: Connection<'static>,
    key: ConnectionKey,
    engine: Option<Engine>,
    controller: Option<ConnectionKey>,
    fate: Option<Fate>,
}

impl Entry {
    pub(super) fn new(connection: Connection<'static>, key: ConnectionKey) -> Self {
        Self { connection, key, engine: None, controller: None, fate: None }
    }

    pub(super) fn known(connection: Connection<'static>, known: Known) -> Self {
        let Known { key, engine, controller, .. } = known;
        Self { engine, controller, ..Self::new(connection, key) }
    }

    pub(super) fn key(&self) -> ConnectionKey {
        self.key
    }

    pub(super) fn dest(&self) -> SocketAddr {
        self.connection.dest
    }

    pub(super) fn engine(&self) -> Option<&Engine> {
        self.engine.as_ref()
    }

    pub(super) fn controller(&self) -> Option<ConnectionKey> {
        self.controller
    }

    fn result(&self, dry_run: bool) -> String {
        match self.fate {
            Some(fate) => fate.names().1.to_owned(),
            None if dry_run => "would end".to_owned(),
            None => "not tried".to_owned(),
        }
    }
}

/// Deletes them in their order, until Ctrl-C, and again what stayed, as long as something else ended:
/// others may not belong to it any more. An error ends it, too; what was done before is known.
pub(super) fn delete(
    entries: &mut [Entry],
    stop: &AtomicBool,
    mut delete: impl FnMut(&Entry) -> Result<Fate, Error>,
) -> Result<(), Error> {
    let stayed = |entry: &Entry| matches!(entry.fate, None | Some(Fate::Stayed));
    let mut before = usize::MAX;
    loop {
        let open = entries.iter().filter(|entry| stayed(entry)).count();
        if open == 0 || open == before {
            return Ok(());
        }
        before = open;
        for entry in entries.iter_mut().filter(|entry| stayed(entry)) {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            entry.fate = Some(delete(entry)?);
        }
    }
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
        (Some(Fate::Inseparable), "not to be told from others"),
        (None, "not tried"),
    ];
    let parts = kinds.into_iter().map(|(fate, name)| (name, count(fate)));
    let parts: Vec<_> =
        parts.filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} {n}")).collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use ipvs_netlink::types::Protocol;
    use ipvs_proc::{Layout, State};

    use super::*;

    fn entries(count: u16) -> Vec<Entry> {
        let entry = |port: u16| {
            let client = ([10, 0, 0, 1], port).into();
            let key = ConnectionKey::new(Protocol::TCP, client, ([192, 0, 2, 1], 80).into());
            let known =
                Known::new(key, ([10, 1, 0, 2], 80).into(), ipvs_netlink::types::Method::MASQ);
            let listed = known.listed(Layout::Plain);
            assert!(matches!(listed.state, State::Tcp(_)));
            Entry::known(listed, known)
        };
        (1..=count).map(entry).collect()
    }

    fn fates(entries: &[Entry]) -> Vec<Option<Fate>> {
        entries.iter().map(|entry| entry.fate).collect()
    }

    #[test]
    fn what_stays_is_tried_again_while_others_end() {
        let (mut chosen, stop) = (entries(3), AtomicBool::new(false));
        let calls = Cell::new(0);
        // Each belongs to the one behind it; the last to something else.
        delete(&mut chosen, &stop, |entry| {
            calls.set(calls.get() + 1);
            Ok(if calls.get() == 2 || entry.key().client.port() == 1 && calls.get() > 3 {
                Fate::Ended
            } else {
                Fate::Stayed
            })
        })
        .expect("no failure");
        assert_eq!(fates(&chosen), [Some(Fate::Ended), Some(Fate::Ended), Some(Fate::Stayed)]);
        assert_eq!(calls.get(), 3 + 2 + 1);
    }

    #[test]
    fn a_failure_keeps_what_was_done() {
        let (mut chosen, stop) = (entries(3), AtomicBool::new(false));
        let failed = delete(&mut chosen, &stop, |entry| match entry.key().client.port() {
            2 => Err(Error::ModuleMissing),
            _ => Ok(Fate::Ended),
        });
        assert!(failed.is_err());
        assert_eq!(fates(&chosen), [Some(Fate::Ended), None, None]);
        stop.store(true, Ordering::Relaxed);
        let mut chosen = entries(1);
        delete(&mut chosen, &stop, |_| Ok(Fate::Ended)).expect("stopped");
        assert_eq!(fates(&chosen), [None]);
    }
}

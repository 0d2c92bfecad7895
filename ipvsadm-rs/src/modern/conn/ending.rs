// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entries that the kernel itself deletes, one after the other.

use std::collections::{HashMap, HashSet};

use ipvs_netlink::ext::{Connection, ConnectionFilter, ConnectionKey, Engine};
use ipvs_netlink::{Error, ErrorKind, Ipvs};

use super::direct::{Entry, Fate};

/// Deletes entries, and finds out what became of each.
pub(super) struct Ending<'e> {
    ipvs: &'e mut Ipvs,
    chosen: HashSet<(ConnectionKey, Option<Engine>)>,
    /// What controls a chosen entry.
    controllers: HashMap<ConnectionKey, ConnectionKey>,
    /// What the kernel may have deleted together with an entry that it controlled.
    along: HashSet<ConnectionKey>,
    /// Keys of engines' templates that were deleted together.
    swept: HashSet<ConnectionKey>,
}

impl<'e> Ending<'e> {
    /// For these entries.
    pub(super) fn new(ipvs: &'e mut Ipvs, entries: &[Entry]) -> Self {
        let chosen = entries.iter().map(|entry| (entry.key(), entry.engine().cloned())).collect();
        let controllers =
            entries.iter().filter_map(|entry| Some((entry.key(), entry.controller()?))).collect();
        Self { ipvs, chosen, controllers, along: HashSet::new(), swept: HashSet::new() }
    }

    /// Deletes an entry. That it is in use, or gone before, is no failure.
    pub(super) fn end(&mut self, entry: &Entry) -> Result<Fate, Error> {
        let outcome = match entry.engine() {
            Some(_) => self.end_twins(entry),
            None => self.ipvs.delete_connection(entry.key()).map(|()| Fate::Ended),
        };
        match outcome {
            Ok(Fate::Ended) => {
                let mut along = entry.controller();
                while let Some(key) = along.filter(|key| self.along.insert(*key)) {
                    along = self.controllers.get(&key).copied();
                }
                Ok(Fate::Ended)
            }
            Err(error) if error.kind() == ErrorKind::NoSuchConnection => {
                Ok(self.gone(&self.along, entry))
            }
            Err(error) if error.kind() == ErrorKind::Busy => Ok(Fate::Stayed),
            outcome => outcome,
        }
    }

    /// Several templates of a persistence engine can have one key and one destination, which is all that
    /// the kernel's filter tells them by: they end together, and only if all of them were chosen.
    fn end_twins(&mut self, entry: &Entry) -> Result<Fate, Error> {
        let filter = alike(entry);
        let twins = self.ipvs.connections(&filter)?;
        if !has(&twins, entry) {
            return Ok(self.gone(&self.swept, entry));
        }
        if twins.into_iter().any(|twin| !self.chosen.contains(&(twin.key, twin.engine))) {
            return Ok(Fate::Inseparable);
        }
        self.ipvs.delete_connections(&filter)?;
        self.swept.insert(entry.key());
        match has(&self.ipvs.connections(&filter)?, entry) {
            true => Ok(Fate::Stayed),
            false => Ok(Fate::Ended),
        }
    }

    fn gone(&self, by_us: &HashSet<ConnectionKey>, entry: &Entry) -> Fate {
        match by_us.contains(&entry.key()) {
            true => Fate::Ended,
            false => Fate::EndedBefore,
        }
    }
}

fn has(twins: &[Connection], entry: &Entry) -> bool {
    twins.iter().any(|twin| twin.key == entry.key() && twin.engine.as_ref() == entry.engine())
}

/// The filter that tells as much as it can of an entry.
fn alike(entry: &Entry) -> ConnectionFilter {
    let ConnectionKey { protocol, client, service, template } = entry.key();
    let mut filter = ConnectionFilter::new().protocol(protocol).templates(template);
    (filter.client, filter.service) = (client.into(), service.into());
    filter.dest = entry.dest().into();
    filter
}

/// Sorts connections so that each comes before what controls it, as data before its control connection
/// and that before its template.
pub(super) fn sort<T>(found: &mut [T], of: impl Fn(&T) -> &Connection) {
    let controllers: HashMap<_, _> =
        found.iter().filter_map(|one| Some((of(one).key, of(one).controller?))).collect();
    // No chain is longer; one that bites its tail ends here, too.
    const LONGEST: usize = 4;
    let depth = |key: ConnectionKey| {
        let chain = std::iter::successors(Some(key), |key| controllers.get(key).copied());
        chain.take(LONGEST).count()
    };
    found.sort_by_cached_key(|one| std::cmp::Reverse(depth(of(one).key)));
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A copy of the connection table that a backup would have.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ipvs_types::{Family, ServiceKey};
use serde::Serialize;

use crate::{Connection, ConnectionKey};

/// Groups of directors don't share connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    sync_id: u8,
    connection: ConnectionKey,
}

/// When it expires, and a number that tells apart those that expire together.
type Expiry = (Duration, u64);

#[derive(Debug, Clone, Copy)]
struct Entry {
    expiry: Expiry,
    heard: Duration,
}

/// What became of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It is new.
    New,
    /// It was there, and was heard so long ago.
    Refreshed(Duration),
    /// It is new, and there is no room.
    Unkept,
}

/// Connections and templates until they expire. Never more than its capacity: while it is full, new
/// ones are counted and not kept.
#[derive(Debug)]
pub(super) struct Mirror {
    capacity: usize,
    table: HashMap<Arc<Key>, Entry>,
    by_expiry: BTreeMap<Expiry, (Arc<Key>, ServiceKey)>,
    /// All that were ever heard.
    sync_ids: BTreeSet<u8>,
    serial: u64,
    expired: u64,
    unkept: u64,
}

impl Mirror {
    pub(super) fn new(capacity: usize) -> Self {
        let (table, by_expiry) = (HashMap::new(), BTreeMap::new());
        let sync_ids = BTreeSet::new();
        Self { capacity, table, by_expiry, sync_ids, serial: 0, expired: 0, unkept: 0 }
    }

    /// Takes a connection over.
    pub(super) fn put(&mut self, now: Duration, sync_id: u8, connection: &Connection<'_>) -> Put {
        let key = Key { sync_id, connection: ConnectionKey::of(connection) };
        self.sync_ids.insert(sync_id);
        self.serial += 1;
        let expiry = (now.saturating_add(lifetime(connection)), self.serial);
        let entry = Entry { expiry, heard: now };
        if let Some(old) = self.table.get_mut(&key) {
            if let Some(kept) = self.by_expiry.remove(&old.expiry) {
                self.by_expiry.insert(expiry, kept);
            }
            return Put::Refreshed(now.saturating_sub(std::mem::replace(old, entry).heard));
        }
        if self.table.len() < self.capacity {
            let key = Arc::new(key);
            self.table.insert(Arc::clone(&key), entry);
            self.by_expiry.insert(expiry, (key, service(connection)));
            Put::New
        } else {
            self.unkept += 1;
            Put::Unkept
        }
    }

    pub(super) fn sync_ids(&self) -> impl Iterator<Item = u8> {
        self.sync_ids.iter().copied()
    }

    /// When a connection that has not expired was heard last.
    pub(super) fn heard(&self, sync_id: u8, connection: &ConnectionKey) -> Option<Duration> {
        let key = Key { sync_id, connection: connection.clone() };
        self.table.get(&key).map(|entry| entry.heard)
    }

    /// Forgets what has expired.
    pub(super) fn expire(&mut self, now: Duration) {
        while let Some(first) = self.by_expiry.first_entry() {
            if first.key().0 > now {
                break;
            }
            let (key, _) = first.remove();
            self.table.remove(&key);
            self.expired += 1;
        }
    }

    pub(super) fn summary(&self) -> MirrorSummary {
        let mut services: BTreeMap<ServiceKey, Held> = BTreeMap::new();
        let mut all = Held::default();
        for (key, service) in self.by_expiry.values() {
            for held in [services.entry(*service).or_default(), &mut all] {
                *if key.connection.template {
                    &mut held.templates
                } else {
                    &mut held.connections
                } += 1;
            }
        }
        let (expired, unkept) = (self.expired, self.unkept);
        let services = services.into_iter();
        let services = services.map(|(service, held)| ServiceHeld { service, held }).collect();
        MirrorSummary { held: all, expired, unkept, services }
    }
}

/// The lifetime as a backup sets it: the timeout in the message, or else the default.
fn lifetime(connection: &Connection<'_>) -> Duration {
    if connection.timeout.is_zero() {
        connection.named_state().default_timeout()
    } else {
        connection.timeout
    }
}

fn service(connection: &Connection<'_>) -> ServiceKey {
    match connection.service_mark().and_then(NonZeroU32::new) {
        Some(mark) => ServiceKey::fwmark(mark, Family::of(connection.addresses.service())),
        None => ServiceKey::new(connection.protocol, connection.service()),
    }
}

/// How many connections and templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Held {
    /// Connections.
    pub connections: u64,
    /// Templates.
    pub templates: u64,
}

/// What of one service is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServiceHeld {
    /// The virtual address and port of the connections (a data connection of FTP has one of its own),
    /// or the mark of the templates.
    pub service: ServiceKey,
    /// How much.
    #[serde(flatten)]
    pub held: Held,
}

/// The table that a backup would have, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MirrorSummary {
    /// How much there is now.
    #[serde(flatten)]
    pub held: Held,
    /// How many have expired.
    pub expired: u64,
    /// How many new ones there was no room for.
    pub unkept: u64,
    /// By service.
    pub services: Vec<ServiceHeld>,
}

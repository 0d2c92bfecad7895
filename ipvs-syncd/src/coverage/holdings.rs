// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a backup has.

use std::collections::HashMap;
use std::net::SocketAddr;

use ipvs_proc::{Connection as Listed, Origin};
use ipvs_types::ServiceKey;

use super::once::Shown;
use super::{key_of, service_of};
use crate::ConnectionKey;
use crate::table::Directory;

/// An entry that the backup has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) dest: SocketAddr,
    pub(super) origin: Option<Origin>,
    pub(super) service: ServiceKey,
    /// `None` where it is not known, or there is none.
    pub(super) engine_data: Option<Box<[u8]>>,
    /// An expected entry was found to be this one.
    pub(super) matched: bool,
}

/// The table of a backup.
///
/// Origins are in `ip_vs_conn_sync` and data of persistence engines in `ip_vs_conn`: give
/// [`engine`](Self::engine) the second first, if templates have such data.
#[derive(Debug, Default)]
pub struct Holdings {
    /// By key without data of an engine: several templates of one client differ in nothing else.
    pub(super) table: HashMap<ConnectionKey, Vec<Holding>>,
    engines: HashMap<Shown, Vec<Box<[u8]>>>,
}

impl Holdings {
    /// Notes the data of the engine for when the same entry is [added](Self::add).
    pub fn engine(&mut self, listed: &Listed<'_>) {
        if let Some(engine) = &listed.engine {
            let entry = self.engines.entry((bare_key(listed), listed.dest)).or_default();
            entry.push((*engine.data).into());
        }
    }

    /// How many entries look the same where the data of the engine is not shown.
    pub(super) fn alike(&self) -> HashMap<Shown, usize> {
        self.engines.iter().map(|(shown, engines)| (shown.clone(), engines.len())).collect()
    }

    /// Adds a connection of `ip_vs_conn_sync`, or of `ip_vs_conn`, where nothing tells its origin.
    pub fn add(&mut self, listed: &Listed<'_>, directory: &Directory) {
        let key = bare_key(listed);
        let engine_data = match &listed.engine {
            Some(engine) => Some((*engine.data).into()),
            None if self.engines.is_empty() => None,
            None => self.engines.get_mut(&(key.clone(), listed.dest)).and_then(Vec::pop),
        };
        self.table.entry(key).or_default().push(Holding {
            dest: listed.dest,
            origin: listed.origin,
            service: service_of(listed, directory),
            engine_data,
            matched: false,
        });
    }
}

fn bare_key(listed: &Listed<'_>) -> ConnectionKey {
    ConnectionKey { engine_data: None, ..key_of(listed) }
}

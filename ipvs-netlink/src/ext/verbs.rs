// SPDX-License-Identifier: MIT OR Apache-2.0
//! The verbs of connections and snapshots.

use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use ipvs_types::ServiceKey;

use super::{Connection, ConnectionFilter, ConnectionKey, Extent, Snapshot};
use crate::{Error, Feature, Ipvs, Request};

/// What became of the connections that were to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Deleted {
    /// How many are gone.
    pub deleted: u32,
    /// How many matched and stayed, because they control others or a packet was using them.
    pub busy: u32,
}

/// However long they took, so many attempts at a snapshot are made before it is given up.
const FEWEST_ATTEMPTS: usize = 16;
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

impl Ipvs {
    /// Shows the connections and templates that match, each as it comes, in constant memory, until
    /// `visit` breaks.
    ///
    /// One that lives throughout is shown once, unless others of its hash row come or go at that moment.
    ///
    /// # Errors
    /// [`Error::Unsupported`] without [`Feature::ListConnections`]; when the conversation fails.
    pub fn visit_connections<B>(
        &mut self,
        filter: &ConnectionFilter,
        mut visit: impl FnMut(Connection) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, Error> {
        let request = Request::ListConnections(*filter);
        let mut ended = ControlFlow::Continue(());
        let mut show = |connection| match visit(connection) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(value) => {
                ended = ControlFlow::Break(value);
                ControlFlow::Break(())
            }
        };
        self.extended_with(Feature::ListConnections, request)?
            .visit_connections(filter, &mut show)?;
        Ok(ended)
    }

    /// The connections and templates that match.
    ///
    /// # Errors
    /// As [`visit_connections`](Self::visit_connections), which needs less memory.
    pub fn connections(&mut self, filter: &ConnectionFilter) -> Result<Vec<Connection>, Error> {
        let mut all = Vec::new();
        let _ = self.visit_connections(filter, |connection| {
            all.push(connection);
            ControlFlow::<()>::Continue(())
        })?;
        Ok(all)
    }

    /// One connection or template.
    ///
    /// # Errors
    /// `ENOENT` when there is none; [`Error::Unsupported`] without [`Feature::ListConnections`];
    /// [`Error::ModuleUnloaded`].
    pub fn connection(&mut self, key: ConnectionKey) -> Result<Connection, Error> {
        let request = Request::GetConnection(key);
        self.extended_with(Feature::ListConnections, request)?.connection(key)
    }

    /// How many connections and templates match. Without conditions the kernel need not look.
    ///
    /// # Errors
    /// [`Error::Unsupported`] without [`Feature::CountConnections`]; when the conversation fails.
    pub fn count_connections(&mut self, filter: &ConnectionFilter) -> Result<u32, Error> {
        let request = Request::CountConnections(*filter);
        self.extended_with(Feature::CountConnections, request)?.count_connections(filter)
    }

    /// Deletes one connection or template, through `ipvs_ext` or else through `ipvs_connctl`, which knows
    /// no templates. Neither end nor any backup is told.
    ///
    /// What controls it goes with it on a patched kernel, unless it controls others or is an assured
    /// template.
    ///
    /// # Errors
    /// `ENOENT` when there is none; `EBUSY` or `EAGAIN` when it controls others or packets keep it in use;
    /// [`Error::Unsupported`] without [`Feature::DeleteConnection`], also when the module
    /// `ip_vs_connctl` was unloaded meanwhile; [`Error::ModuleUnloaded`] when `ip_vs` was.
    pub fn delete_connection(&mut self, key: ConnectionKey) -> Result<(), Error> {
        let request = Request::DeleteConnection(key);
        let patched = self.has_beyond_stock(Feature::DeleteConnections)? == Some(true);
        // The module names no template; only the patches do.
        let feature = match key.template {
            true => Feature::DeleteConnections,
            false => Feature::DeleteConnection,
        };
        let extended = self.extended_with(feature, request)?;
        if patched {
            return extended.delete_connection(key);
        }
        let deleted = extended.delete_connection_by_add_on(key);
        if matches!(deleted, Err(Error::Unsupported { .. })) {
            self.forget_add_on();
        }
        deleted
    }

    /// Deletes the connections and templates that match; those that control others after those. Neither
    /// their ends nor any backup is told.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a filter without conditions: see
    /// [`delete_all_connections`](Self::delete_all_connections); [`Error::Unsupported`] without
    /// [`Feature::DeleteConnections`].
    pub fn delete_connections(&mut self, filter: &ConnectionFilter) -> Result<Deleted, Error> {
        let request = Request::DeleteConnections(Some(*filter));
        self.extended_with(Feature::DeleteConnections, request)?.delete_connections(Some(filter))
    }

    /// Deletes all connections and templates of this namespace.
    ///
    /// # Errors
    /// [`Error::Unsupported`] without [`Feature::DeleteConnections`]; when the conversation fails.
    pub fn delete_all_connections(&mut self) -> Result<Deleted, Error> {
        let request = Request::DeleteConnections(None);
        self.extended_with(Feature::DeleteConnections, request)?.delete_connections(None)
    }

    /// The whole configuration as it was at one moment, for which the kernel vouches.
    ///
    /// # Errors
    /// [`Error::Unsettled`] when others change it all the time; [`Error::Unsupported`] without
    /// [`Feature::Snapshot`].
    pub fn snapshot(&mut self, extent: Extent) -> Result<Snapshot, Error> {
        self.settled_snapshot(None, extent)
    }

    /// The same of one service only, if one is given: the table is empty if it does not exist.
    pub(crate) fn settled_snapshot(
        &mut self,
        service: Option<ServiceKey>,
        extent: Extent,
    ) -> Result<Snapshot, Error> {
        let limit = self.settle_within;
        let extended =
            self.extended_with(Feature::Snapshot, Request::Snapshot { service, extent })?;
        settle(limit, || extended.snapshot(service, extent))
    }
}

/// Asks until the configuration did not change meanwhile.
fn settle(
    limit: Duration,
    mut ask: impl FnMut() -> Result<Option<Snapshot>, Error>,
) -> Result<Snapshot, Error> {
    let begin = Instant::now();
    let mut reads = 0;
    loop {
        if let Some(snapshot) = ask()? {
            return Ok(snapshot);
        }
        reads += 1;
        let waited = begin.elapsed();
        if waited >= limit && reads >= FEWEST_ATTEMPTS {
            return Err(Error::Unsettled { reads });
        }
        thread::sleep((waited / 8).min(LONGEST_PAUSE));
    }
}

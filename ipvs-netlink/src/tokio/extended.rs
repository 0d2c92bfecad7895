// SPDX-License-Identifier: MIT OR Apache-2.0
//! The verbs of patched kernels, one for one, and connections on all. Events come with
//! [`AsyncIpvs::watch`].

use ipvs_proc::{Connection as Listed, Count, Filter};

use super::AsyncIpvs;
use crate::ext::{Connection, ConnectionFilter, ConnectionKey, Deleted, Extent, Snapshot, Tier};
use crate::{Error, ListingError};

#[cfg(doc)]
use crate::{ConnectionListing, Ipvs};

impl AsyncIpvs {
    /// Which means this kernel has; see [`Ipvs::tier`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn tier(&self) -> Result<Tier, Error> {
        self.run(move |ipvs| ipvs.tier()).await
    }

    /// The connections that match, all in memory; see [`Ipvs::connections`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn connections(&self, filter: ConnectionFilter) -> Result<Vec<Connection>, Error> {
        self.run(move |ipvs| ipvs.connections(&filter)).await
    }

    /// One connection; see [`Ipvs::connection`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn connection(&self, key: ConnectionKey) -> Result<Connection, Error> {
        self.run(move |ipvs| ipvs.connection(key)).await
    }

    /// How many match; see [`Ipvs::count_connections`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn count_connections(&self, filter: ConnectionFilter) -> Result<u32, Error> {
        self.run(move |ipvs| ipvs.count_connections(&filter)).await
    }

    /// What every kernel shows of the connections that match, all in memory; see
    /// [`Ipvs::list_connections`].
    ///
    /// # Errors
    /// As the blocking method, and [`ConnectionListing::connections`].
    pub async fn list_connections(
        &self,
        wanted: Filter,
    ) -> Result<Vec<Listed<'static>>, ListingError> {
        self.run(move |ipvs| ipvs.list_connections(wanted)?.connections()).await
    }

    /// How many match, on every kernel; see [`ConnectionListing::count`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn count_listed(&self, wanted: Filter) -> Result<Count, ListingError> {
        self.run(move |ipvs| ipvs.list_connections(wanted)?.count()).await
    }

    /// Deletes one connection; see [`Ipvs::delete_connection`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn delete_connection(&self, key: ConnectionKey) -> Result<(), Error> {
        self.run(move |ipvs| ipvs.delete_connection(key)).await
    }

    /// Deletes the connections that match; see [`Ipvs::delete_connections`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn delete_connections(&self, filter: ConnectionFilter) -> Result<Deleted, Error> {
        self.run(move |ipvs| ipvs.delete_connections(&filter)).await
    }

    /// Deletes all connections; see [`Ipvs::delete_all_connections`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn delete_all_connections(&self) -> Result<Deleted, Error> {
        self.run(move |ipvs| ipvs.delete_all_connections()).await
    }

    /// The configuration of one moment; see [`Ipvs::snapshot`].
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn snapshot(&self, extent: Extent) -> Result<Snapshot, Error> {
        self.run(move |ipvs| ipvs.snapshot(extent)).await
    }
}

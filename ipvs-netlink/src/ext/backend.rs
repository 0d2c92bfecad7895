// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seam between the client and kernels that can do more.

use std::ops::ControlFlow;
use std::time::Duration;

use ipvs_types::ServiceKey;

use super::{
    Announced, Connection, ConnectionFilter, ConnectionKey, Deleted, Event, Extent, Snapshot,
};
use crate::Error;

/// What a [`Backend`](crate::Backend) can beyond the stock interface.
///
/// The client asks [`announced`](Self::announced) and [`has_add_on`](Self::has_add_on) once, and nothing
/// that they exclude.
pub trait Extended {
    /// What the family `ipvs_ext` says of itself; `None` on a kernel without it.
    ///
    /// # Errors
    /// When the conversation fails.
    fn announced(&mut self) -> Result<Option<Announced>, Error>;

    /// Whether the family `ipvs_connctl` is there. The kernel may load its module for this.
    ///
    /// # Errors
    /// When the conversation fails.
    fn has_add_on(&mut self) -> Result<bool, Error>;

    /// Shows the connections that match, as they come, until `visit` breaks.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn visit_connections(
        &mut self,
        filter: &ConnectionFilter,
        visit: &mut dyn FnMut(Connection) -> ControlFlow<()>,
    ) -> Result<(), Error>;

    /// One connection.
    ///
    /// # Errors
    /// [`Error::Refused`] with `ENOENT` when there is none; [`Error::ModuleUnloaded`] when the family is
    /// gone.
    fn connection(&mut self, key: ConnectionKey) -> Result<Connection, Error>;

    /// How many match.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn count_connections(&mut self, filter: &ConnectionFilter) -> Result<u32, Error>;

    /// Deletes one connection through `ipvs_ext`.
    ///
    /// # Errors
    /// [`Error::Refused`] with `ENOENT` or `EBUSY`; [`Error::ModuleUnloaded`] when the family is gone.
    fn delete_connection(&mut self, key: ConnectionKey) -> Result<(), Error>;

    /// Deletes one connection through `ipvs_connctl`.
    ///
    /// # Errors
    /// [`Error::Refused`] with `ENOENT` or `EAGAIN`; [`Error::Unsupported`] when the family is gone, which
    /// generic netlink, too, calls `ENOENT`.
    fn delete_connection_by_add_on(&mut self, key: ConnectionKey) -> Result<(), Error>;

    /// Deletes the connections that match; `None` stands for all.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn delete_connections(&mut self, filter: Option<&ConnectionFilter>) -> Result<Deleted, Error>;

    /// The configuration, all of it or that of one service; `Ok(None)` when it changed meanwhile.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn snapshot(
        &mut self,
        service: Option<ServiceKey>,
        extent: Extent,
    ) -> Result<Option<Snapshot>, Error>;

    /// Begins to listen for events, in the calling thread's network namespace.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    fn listen(&mut self) -> Result<Box<dyn Listener>, Error>;
}

/// Hears events as they come.
pub trait Listener: Send {
    /// The next event. Waits for it so long, or for ever.
    ///
    /// # Errors
    /// When the conversation fails.
    fn hear(&mut self, wait: Option<Duration>) -> Result<Heard, Error>;
}

/// What a [`Listener`] heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// An event.
    Event(Event),
    /// Events were lost here (`ENOBUFS`); those that follow may be older.
    Lost,
    /// Nothing in time, or a signal came.
    Nothing,
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many connections there are of each kind.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipvs_types::Protocol;
use serde::{Deserialize, Serialize};

use super::{Connection, State, Virtual};

/// A number of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Count {
    /// Connections.
    pub connections: u64,
    /// Templates of persistence.
    pub templates: u64,
}

impl Count {
    /// Counts `connection`.
    pub fn add(&mut self, connection: &Connection<'_>) {
        match connection.is_template() {
            true => self.templates += 1,
            false => self.connections += 1,
        }
    }

    /// Both together.
    pub const fn entries(self) -> u64 {
        self.connections + self.templates
    }
}

/// Numbers of entries by something that they have in common. Takes memory for each group, but not for
/// each connection.
///
/// ```
/// use ipvs_proc::{Connections, Groups, Layout};
/// use std::ops::ControlFlow;
/// let text = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires
/// TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT   LOCAL      106
/// ";
/// let mut ports = Groups::default();
/// let mut connections = Connections::new(text.as_bytes(), Layout::Sync);
/// let _ = connections.visit(|connection| {
///     ports.add(connection.dest.port(), connection);
///     ControlFlow::<()>::Continue(())
/// })?;
/// assert_eq!(*ports.largest()[0].0, 80);
/// # Ok::<(), ipvs_proc::StreamError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups<K: Eq + Hash>(HashMap<K, Count>);

impl<K: Eq + Hash> Default for Groups<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash + Ord> Groups<K> {
    /// Counts `connection` as one of `group`.
    pub fn add(&mut self, group: K, connection: &Connection<'_>) {
        self.0.entry(group).or_default().add(connection);
    }

    /// The number of groups.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All groups, the largest first; those of one size by their keys.
    pub fn largest(&self) -> Vec<(&K, Count)> {
        let mut rows: Vec<_> = self.0.iter().map(|(group, count)| (group, *count)).collect();
        rows.sort_by(|(a, counted_a), (b, counted_b)| {
            counted_b.entries().cmp(&counted_a.entries()).then_with(|| a.cmp(b))
        });
        rows
    }
}

/// What connections are grouped by when they are grouped by service: of connections that a firewall
/// mark brought, the files show only the packet's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Service {
    /// The transport protocol.
    pub protocol: Protocol,
    /// The virtual address.
    pub address: Virtual,
}

/// The upper bounds of the histogram of expiry times, in seconds; a last step has none. Most are
/// timeouts of some state.
pub const EXPIRY_BOUNDS: [u64; 8] = [1, 10, 60, 120, 300, 900, 3600, 86400];

/// How many entries expire when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Expiry([Count; EXPIRY_BOUNDS.len() + 1]);

impl Expiry {
    /// Counts `connection`.
    pub fn add(&mut self, connection: &Connection<'_>) {
        let seconds = connection.expires.as_secs();
        self.0[EXPIRY_BOUNDS.partition_point(|bound| *bound <= seconds)].add(connection);
    }

    /// Each step: the entries that expire before that time, but not before the previous one; those of
    /// the last step later than all bounds.
    pub fn steps(&self) -> impl Iterator<Item = (Option<Duration>, Count)> + '_ {
        let bounds = EXPIRY_BOUNDS.into_iter().map(|bound| Some(Duration::from_secs(bound)));
        bounds.chain([None]).zip(self.0)
    }
}

/// Everything at once.
///
/// [`clients`](Self::clients) takes memory for each client address, which on a busy director are
/// millions; [`Summary::without_clients`] does not.
///
/// ```
/// use ipvs_proc::{Connections, Layout, Summary};
/// let text = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires
/// TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT   LOCAL      106
/// TCP 0A010000 0000 0A010064 0051 0A020002 0050 ASSURED     LOCAL      286
/// ";
/// let mut summary = Summary::new();
/// for connection in Connections::new(text.as_bytes(), Layout::Sync) {
///     summary.add(&connection?);
/// }
/// assert_eq!((summary.total.connections, summary.total.templates), (1, 1));
/// let (service, count) = summary.services.largest()[0];
/// assert_eq!((service.address.to_string(), count.entries()), ("10.1.0.100:81".into(), 2));
/// # Ok::<(), ipvs_proc::StreamError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// All entries.
    pub total: Count,
    /// By service.
    pub services: Groups<Service>,
    /// By destination.
    pub dests: Groups<SocketAddr>,
    /// By client address, if wanted.
    pub clients: Option<Groups<IpAddr>>,
    /// By state.
    pub states: Groups<State<'static>>,
    /// By the time left.
    pub expiry: Expiry,
}

impl Summary {
    /// An empty summary.
    pub fn new() -> Self {
        Self { clients: Some(Groups::default()), ..Self::default() }
    }

    /// An empty summary that does not look at clients.
    pub fn without_clients() -> Self {
        Self::default()
    }

    /// Counts `connection`.
    pub fn add(&mut self, connection: &Connection<'_>) {
        let Connection { protocol, client, service, dest, state, .. } = connection;
        self.total.add(connection);
        self.services.add(Service { protocol: *protocol, address: *service }, connection);
        self.dests.add(*dest, connection);
        if let Some(clients) = &mut self.clients {
            clients.add(client.ip(), connection);
        }
        self.states.add(state.clone().into_owned(), connection);
        self.expiry.add(connection);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was heard of one sender on one sync id.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

use super::{Histogram, MAX_DESTINATIONS, REFRESH_BOUNDS, SIZE_BOUNDS, Trouble, seconds};

/// A sender and a sync id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct StreamKey {
    /// The sender's address. Its port says nothing: every thread of a master has its own.
    pub sender: IpAddr,
    /// The sync id; none for datagrams whose header can't be read.
    pub sync_id: Option<u8>,
}

/// What was heard of one sender on one sync id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stream {
    /// When first; in JSON in seconds.
    #[serde(serialize_with = "seconds::serialize")]
    pub first_heard: Duration,
    /// When last; in JSON in seconds.
    #[serde(serialize_with = "seconds::serialize")]
    pub last_heard: Duration,
    /// Datagrams, readable or not.
    pub messages: u64,
    /// Messages of version 0 and of version 1.
    pub versions: [u64; 2],
    /// Entries that could be read, templates among them.
    pub connections: u64,
    /// Entries that the mirror had already.
    pub refreshes: u64,
    /// Bytes of UDP payload.
    pub bytes: u64,
    /// The shortest datagram, in bytes.
    pub min_bytes: usize,
    /// The longest datagram, in bytes.
    pub max_bytes: usize,
    /// How many datagrams were how long, in bytes.
    pub sizes: Histogram,
    /// The longest time between two datagrams; in JSON in seconds.
    #[serde(rename = "longest_gap_seconds", serialize_with = "seconds::serialize")]
    pub longest_gap: Duration,
    /// After how many seconds connections were sent again that the mirror had. Of a master's sysctls
    /// `sync_threshold`, `sync_refresh_period` and `sync_retries` decide that.
    pub refresh_seconds: Histogram,
    /// What was wrong, and how often.
    pub troubles: BTreeMap<Trouble, u64>,
    /// Groups and ports that it sent to, up to [`MAX_DESTINATIONS`].
    pub destinations: BTreeSet<SocketAddr>,
}

impl Stream {
    pub(super) const fn new(now: Duration) -> Self {
        Self {
            first_heard: now,
            last_heard: now,
            messages: 0,
            versions: [0; 2],
            connections: 0,
            refreshes: 0,
            bytes: 0,
            min_bytes: usize::MAX,
            max_bytes: 0,
            sizes: Histogram::new(&SIZE_BOUNDS),
            longest_gap: Duration::ZERO,
            refresh_seconds: Histogram::new(&REFRESH_BOUNDS),
            troubles: BTreeMap::new(),
            destinations: BTreeSet::new(),
        }
    }

    /// A connection came again after so long.
    pub(super) fn refresh(&mut self, after: Duration) {
        self.refreshes += 1;
        // Up to a bound means not a moment longer.
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        self.refresh_seconds.add(seconds);
    }

    /// One more datagram of `bytes` bytes.
    pub(super) fn hear(&mut self, now: Duration, to: SocketAddr, bytes: usize) {
        self.longest_gap = self.longest_gap.max(now.saturating_sub(self.last_heard));
        self.last_heard = now;
        self.sizes.add(bytes as u64);
        self.messages += 1;
        self.bytes += bytes as u64;
        self.min_bytes = self.min_bytes.min(bytes);
        self.max_bytes = self.max_bytes.max(bytes);
        if self.destinations.len() < MAX_DESTINATIONS {
            self.destinations.insert(to);
        }
    }

    /// The mean length of a datagram, in bytes.
    pub fn mean_bytes(&self) -> f64 {
        self.bytes as f64 / self.messages.max(1) as f64
    }

    /// Means per second from the first to the last datagram; `None` if that is no time.
    pub fn rates(&self) -> Option<StreamRates> {
        let time = self.last_heard.saturating_sub(self.first_heard).as_secs_f64();
        (time > 0.0).then(|| StreamRates {
            messages: self.messages as f64 / time,
            connections: self.connections as f64 / time,
            bytes: self.bytes as f64 / time,
        })
    }
}

/// Means per second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StreamRates {
    /// Datagrams.
    pub messages: f64,
    /// Entries.
    pub connections: f64,
    /// Bytes of UDP payload.
    pub bytes: f64,
}

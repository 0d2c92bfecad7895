// SPDX-License-Identifier: MIT OR Apache-2.0
//! All that a tracker knows, at one moment.

use std::time::Duration;

use serde::Serialize;

use super::{Alarm, MirrorSummary, RecentRates, Stream, StreamKey, StreamRates, seconds};

/// All that a [`Tracker`](super::Tracker) knows at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The latest time that the tracker was told; in JSON in seconds.
    #[serde(rename = "time", serialize_with = "seconds::serialize")]
    pub now: Duration,
    /// Datagrams, tracked or not.
    pub messages: u64,
    /// Bytes of UDP payload in them.
    pub bytes: u64,
    /// Datagrams of senders for which there was no room.
    pub untracked: u64,
    /// Means per second over the last seconds, of all streams.
    pub recent: RecentRates,
    /// The streams, by sender and sync id.
    pub streams: Vec<StreamSummary>,
    /// What a backup would have.
    pub mirror: MirrorSummary,
    /// The alarms that last.
    pub alarms: Vec<ActiveAlarm>,
    /// How many alarms were raised.
    pub alarms_raised: u64,
    /// How often an alarm was not raised because too many lasted.
    pub alarms_untold: u64,
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StreamSummary {
    /// Of whom.
    #[serde(flatten)]
    pub key: StreamKey,
    /// What was heard.
    #[serde(flatten)]
    pub stream: Stream,
    /// The mean length of a datagram in bytes.
    pub mean_bytes: f64,
    /// Means per second from the first datagram to the last.
    pub per_second: Option<StreamRates>,
    /// Means per second over the last seconds.
    pub recent: RecentRates,
}

impl StreamSummary {
    pub(super) fn new(key: StreamKey, stream: &Stream, recent: RecentRates) -> Self {
        let (mean_bytes, per_second) = (stream.mean_bytes(), stream.rates());
        Self { key, stream: stream.clone(), mean_bytes, per_second, recent }
    }
}

/// An alarm that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ActiveAlarm {
    /// Since when; in JSON in seconds.
    #[serde(serialize_with = "seconds::serialize")]
    pub since: Duration,
    /// The condition.
    #[serde(flatten)]
    pub alarm: Alarm,
}

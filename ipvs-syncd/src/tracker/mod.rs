// SPDX-License-Identifier: MIT OR Apache-2.0
//! Watching what is on the wire: who sends, how much, and what is wrong with it.
//!
//! Messages carry neither a number nor a proof of who sent them. Whoever can send to the group can make,
//! redirect and end connections on every backup, and a fault in the setup shows nowhere. A [`Tracker`]
//! hears what the backups hear, keeps count, and raises an [`Alarm`] when something is wrong. It does
//! no input or output: times, addresses and bytes are passed in, from a socket or from a capture.
//!
//! # Memory
//!
//! It is bounded whatever is sent: [`MAX_STREAMS`] streams (and 257 for each sender known by name) of
//! at most [`MAX_DESTINATIONS`] destinations, [`MAX_ALARMS`] alarms of each kind, and
//! [`Watch::max_connections`] connections. What goes beyond is counted.

mod alarm;
mod alarms;
mod groups;
mod histogram;
mod mirror;
mod recent;
mod seconds;
mod stream;
mod streams;
mod summary;
mod trouble;
mod watch;

pub use alarm::{Alarm, AlarmEvent, Change};
pub use histogram::{Histogram, REFRESH_BOUNDS, SIZE_BOUNDS};
pub use mirror::{Held, MirrorSummary, ServiceHeld};
pub use recent::RecentRates;
pub use stream::{Stream, StreamKey, StreamRates};
pub use summary::{ActiveAlarm, StreamSummary, Summary};
pub use trouble::Trouble;
pub use watch::{ServicePattern, Watch};

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::{Backup, ConnectionKey, Datagram, Rules, Verdict};
use alarms::Alarms;
use groups::Groups;
use mirror::{Mirror, Put};
use recent::Recent;
use streams::Streams;

/// How many streams are kept, besides those of senders known by name.
pub const MAX_STREAMS: usize = 1024;
/// How many alarms of each kind last at a time. Whoever can send to the group can raise any number of some
/// kinds; they leave the room of the others alone.
pub const MAX_ALARMS: usize = 1024;
/// How many destinations of a stream are kept: as many as a master has ports at most.
pub const MAX_DESTINATIONS: usize = 64;

/// Hears messages, keeps count, and raises alarms.
///
/// ```
/// use std::time::Duration;
/// use ipvs_syncd::tracker::{Alarm, Tracker, Watch};
/// let mut watch = Watch::default();
/// watch.known_senders.push("10.0.0.1".parse()?);
/// let mut tracker = Tracker::new(watch);
/// let empty = [0, 7, 0, 8, 0, 1, 0, 0];
/// let group = "224.0.0.81:8848".parse()?;
/// let heard = tracker.receive(Duration::from_secs(1), "10.0.0.1".parse()?, group, &empty);
/// assert_eq!(heard, []);
/// let heard = tracker.receive(Duration::from_secs(2), "10.0.0.66".parse()?, group, &empty);
/// assert_eq!(heard[0].alarm, Alarm::UnknownSender { sender: "10.0.0.66".parse()? });
/// assert_eq!(tracker.summary().messages, 2);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug)]
pub struct Tracker {
    watch: Watch,
    backup: Backup,
    started: Option<Duration>,
    now: Duration,
    messages: u64,
    bytes: u64,
    recent: Recent,
    streams: Streams,
    groups: Groups,
    mirror: Mirror,
    alarms: Alarms,
}

impl Tracker {
    /// A tracker that has heard nothing yet. It judges entries as a strict kernel with the engine `sip`.
    pub fn new(watch: Watch) -> Self {
        Self {
            mirror: Mirror::new(watch.max_connections),
            watch,
            backup: Backup::new(Rules::Strict),
            started: None,
            now: Duration::ZERO,
            messages: 0,
            bytes: 0,
            recent: Recent::default(),
            streams: Streams::default(),
            groups: Groups::default(),
            alarms: Alarms::default(),
        }
    }

    /// Expects something else from now on. Counts, streams and the mirror stay, and so does the
    /// mirror's capacity: [`Watch::max_connections`] counts for a new tracker only. Conditions that are
    /// none any more end when they were not seen for the hold; silence is counted from now.
    ///
    /// Alarms that end by this are told with the next message or tick.
    pub fn rewatch(&mut self, watch: Watch) {
        self.watch = watch;
        self.streams.reserve(|sender| self.watch.names(sender));
        self.groups = Groups::default();
        self.started = Some(self.now);
        self.alarms.end_silence(self.now);
    }

    /// Hears a datagram, the payload of one UDP packet, that was sent to this group and port at `time`,
    /// counted from any one moment; times that go back count as the latest one.
    ///
    /// Returns the alarms that begin or end.
    pub fn receive(
        &mut self,
        time: Duration,
        sender: IpAddr,
        to: SocketAddr,
        datagram: &[u8],
    ) -> Vec<AlarmEvent> {
        self.advance(time);
        let (now, hold, known) = (self.now, self.watch.hold, self.watch.knows(sender));
        self.messages += 1;
        self.bytes += datagram.len() as u64;
        if !known {
            self.alarms.see(now, Alarm::UnknownSender { sender });
        }
        let heard = self.judge(sender, known, datagram);
        for trouble in heard.troubles.iter().filter(|trouble| **trouble != Trouble::UnknownVersion)
        {
            self.alarms.see(now, Alarm::Malformed { sender, trouble: *trouble });
        }
        let key = StreamKey { sender, sync_id: heard.sync_id };
        let reserved = self.watch.names(sender);
        self.recent.hear(now, heard.connections, datagram.len());
        if let Some(slot) = self.streams.get(key, now, hold, reserved) {
            slot.recent.hear(now, heard.connections, datagram.len());
            let stream = &mut slot.stream;
            stream.hear(now, to, datagram.len());
            stream.connections += heard.connections;
            heard.refreshes.into_iter().for_each(|after| stream.refresh(after));
            if let Some(version) = heard.version {
                stream.versions[usize::from(version)] += 1;
            }
            for trouble in heard.troubles {
                *stream.troubles.entry(trouble).or_default() += 1;
            }
        }
        self.alarms.take_news()
    }

    /// Lets time pass without a message. Returns the alarms that begin or end.
    pub fn tick(&mut self, time: Duration) -> Vec<AlarmEvent> {
        self.advance(time);
        self.alarms.take_news()
    }

    /// What is known by now.
    pub fn summary(&self) -> Summary {
        let (now, started) = (self.now, self.started.unwrap_or(self.now));
        let streams = self.streams.iter().map(|(key, slot)| {
            StreamSummary::new(*key, &slot.stream, slot.recent.rates(now, started))
        });
        let active = self.alarms.active();
        Summary {
            now,
            messages: self.messages,
            bytes: self.bytes,
            untracked: self.streams.untracked,
            recent: self.recent.rates(now, started),
            streams: streams.collect(),
            mirror: self.mirror.summary(),
            alarms: active.map(|(since, alarm)| ActiveAlarm { since, alarm }).collect(),
            alarms_raised: self.alarms.raised,
            alarms_untold: self.alarms.untold,
        }
    }

    /// The latest time that it was told.
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// When a connection was heard last, on this sync id or on any, unless it has expired since then or
    /// the mirror had no room for it.
    pub fn heard(&self, sync_id: Option<u8>, connection: &ConnectionKey) -> Option<Duration> {
        match sync_id {
            Some(sync_id) => self.mirror.heard(sync_id, connection),
            None => {
                let sync_ids = self.mirror.sync_ids();
                sync_ids.filter_map(|id| self.mirror.heard(id, connection)).max()
            }
        }
    }

    fn advance(&mut self, time: Duration) {
        self.now = self.now.max(time);
        let started = *self.started.get_or_insert(self.now);
        self.mirror.expire(self.now);
        self.alarms.expire(self.now, self.watch.hold);
        if let Some(limit) = self.watch.silence {
            self.groups.listen(&mut self.alarms, self.now, limit, started);
        }
    }

    /// Reads a datagram as a backup does, and notices what is wrong with it.
    fn judge(&mut self, sender: IpAddr, known: bool, bytes: &[u8]) -> Heard {
        let mut heard = Heard::default();
        if bytes.len() > usize::from(self.watch.max_len) {
            heard.troubles.push(Trouble::Oversized);
        }
        let datagram = match Datagram::parse(bytes) {
            Ok(datagram) => datagram,
            Err(fault) => {
                heard.troubles.extend(Trouble::of(&fault.into()));
                return heard;
            }
        };
        let (now, header) = (self.now, datagram.header());
        let sync_id = header.sync_id;
        heard.sync_id = Some(sync_id);
        let expected = self.watch.sync_id.unwrap_or(sync_id);
        let ours = expected == sync_id;
        if !ours {
            self.alarms.see(now, Alarm::SyncIdMismatch { sender, sync_id, expected });
        }
        if let Some(version) = header.unknown_version {
            self.alarms.see(now, Alarm::UnknownVersion { sender, version });
        } else {
            heard.version = Some(header.version.number());
            if known && ours {
                let times = (now, self.watch.hold);
                self.groups.hear(&mut self.alarms, times, (sync_id, header.version), sender);
            }
            let mut entries = datagram.entries();
            if entries.by_ref().all(|entry| entry.is_ok()) && !entries.leftover().is_empty() {
                heard.troubles.push(Trouble::Leftover);
            }
        }
        for verdict in self.backup.receive(bytes) {
            match verdict {
                Verdict::Accepted(connection) => {
                    heard.connections += 1;
                    if self.watch.is_foreign(&connection) {
                        let service = connection.service();
                        self.alarms.see(now, Alarm::ForeignService { sender, service });
                    }
                    // Unknown ones could fill it with entries that never expire.
                    if ours
                        && known
                        && let Put::Refreshed(after) = self.mirror.put(now, sync_id, &connection)
                    {
                        heard.refreshes.push(after);
                    }
                }
                Verdict::Dropped { reason, connection } => {
                    heard.connections += u64::from(connection.is_some());
                    heard.troubles.extend(Trouble::of(&reason));
                }
            }
        }
        heard
    }
}

/// What one datagram adds to its stream.
#[derive(Debug, Default)]
struct Heard {
    sync_id: Option<u8>,
    version: Option<u8>,
    connections: u64,
    /// After how long connections came again.
    refreshes: Vec<Duration>,
    troubles: Vec<Trouble>,
}

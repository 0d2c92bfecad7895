// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counts per sender and sync id that never go back, in a bounded number of series.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use ipvs_syncd::tracker::{Stream, StreamKey, Summary, Trouble};

/// Which streams have a series of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Named {
    /// Of these senders; empty: of any.
    pub(in super::super) senders: Vec<IpAddr>,
    /// With this sync id; `None`: with any.
    pub(in super::super) sync_id: Option<u8>,
    /// At most so many, whoever comes first.
    pub(in super::super) max_series: usize,
}

impl Named {
    /// A stream without a sync id is one of datagrams that can't be read: of a known sender they are
    /// worth telling apart.
    fn allows(&self, key: &StreamKey) -> bool {
        let sender = self.senders.is_empty() || self.senders.contains(&key.sender);
        sender && (self.sync_id.is_none() || key.sync_id.is_none() || self.sync_id == key.sync_id)
    }
}

/// What is counted of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Counts {
    /// Of version 0, of version 1, and those of none that is known.
    pub(in super::super) messages: [u64; 3],
    pub(in super::super) bytes: u64,
    pub(in super::super) entries: u64,
    pub(in super::super) refreshes: u64,
    pub(in super::super) troubles: BTreeMap<Trouble, u64>,
    /// Since the Unix epoch.
    pub(in super::super) last_heard: Duration,
}

impl Counts {
    fn of(stream: &Stream) -> Self {
        let [v0, v1] = stream.versions;
        Self {
            messages: [v0, v1, stream.messages.saturating_sub(v0 + v1)],
            bytes: stream.bytes,
            entries: stream.connections,
            refreshes: stream.refreshes,
            troubles: stream.troubles.clone(),
            last_heard: stream.last_heard,
        }
    }

    /// Adds what `now` has more than `before`.
    fn grow(&mut self, now: &Self, before: &Self) {
        for (version, sum) in self.messages.iter_mut().enumerate() {
            *sum += now.messages[version].saturating_sub(before.messages[version]);
        }
        self.bytes += now.bytes.saturating_sub(before.bytes);
        self.entries += now.entries.saturating_sub(before.entries);
        self.refreshes += now.refreshes.saturating_sub(before.refreshes);
        for (trouble, times) in &now.troubles {
            let before = before.troubles.get(trouble).copied().unwrap_or_default();
            *self.troubles.entry(*trouble).or_default() += times.saturating_sub(before);
        }
        self.last_heard = self.last_heard.max(now.last_heard);
    }
}

/// The series: a tracker forgets streams, and a sum over what it still knows would go back.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Tally {
    named: Named,
    own: BTreeMap<StreamKey, Counts>,
    /// All the rest together.
    others: Option<Counts>,
    /// What the tracker said last, with when it first heard the stream.
    before: BTreeMap<StreamKey, (Duration, Counts)>,
}

impl Tally {
    pub(in super::super) fn new(named: Named) -> Self {
        Self { named, ..Self::default() }
    }

    /// Names others from now on. Series of those that are not named any more end; their past is not
    /// added to the others.
    pub(in super::super) fn rename(&mut self, named: Named) {
        self.own.retain(|key, _| named.allows(key));
        while self.own.len() > named.max_series {
            self.own.pop_last();
        }
        self.named = named;
    }

    /// Adds what has come since the last time.
    pub(in super::super) fn add(&mut self, summary: &Summary) {
        let mut after = BTreeMap::new();
        for stream in &summary.streams {
            let (key, first) = (stream.key, stream.stream.first_heard);
            let now = Counts::of(&stream.stream);
            // A stream that was forgotten and came back counts from nothing.
            let before = self.before.remove(&key).filter(|(heard, _)| *heard == first);
            let before = before.map(|(_, counts)| counts).unwrap_or_default();
            self.series(key).grow(&now, &before);
            after.insert(key, (first, now));
        }
        self.before = after;
    }

    fn series(&mut self, key: StreamKey) -> &mut Counts {
        let room = self.own.len() < self.named.max_series || self.own.contains_key(&key);
        if room && self.named.allows(&key) {
            self.own.entry(key).or_default()
        } else {
            self.others.get_or_insert_default()
        }
    }

    /// The series with their labels: sender and sync id.
    pub(in super::super) fn iter(&self) -> impl Iterator<Item = ([String; 2], &Counts)> {
        let none = || "none".to_owned();
        let own = self.own.iter().map(move |(key, counts)| {
            let sync_id = key.sync_id.map_or_else(none, |id| id.to_string());
            ([key.sender.to_string(), sync_id], counts)
        });
        let others =
            self.others.iter().map(|counts| (["other", "other"].map(str::to_owned), counts));
        own.chain(others)
    }
}

#[cfg(test)]
mod tests {
    use ipvs_syncd::tracker::{MAX_STREAMS, Tracker, Watch};

    use super::*;

    const EMPTY: [u8; 8] = [0, 7, 0, 8, 0, 1, 0, 0];

    fn named(senders: &[[u8; 4]], sync_id: Option<u8>, max_series: usize) -> Named {
        Named {
            senders: senders.iter().map(|sender| (*sender).into()).collect(),
            sync_id,
            max_series,
        }
    }

    fn hear(tracker: &mut Tracker, second: u64, sender: [u8; 4], bytes: &[u8]) {
        let group = ([224, 0, 0, 81], 8848).into();
        tracker.receive(Duration::from_secs(second), sender.into(), group, bytes);
    }

    fn shown(tally: &Tally) -> Vec<(String, [u64; 3])> {
        tally.iter().map(|(labels, counts)| (labels.join(" "), counts.messages)).collect()
    }

    #[test]
    fn unnamed_streams_are_counted_together() {
        let mut tracker = Tracker::new(Watch::default());
        let mut tally = Tally::new(named(&[[10, 0, 0, 1]], Some(7), 64));
        let mut eight = EMPTY;
        eight[1] = 8;
        for (sender, bytes) in [(1, &EMPTY[..]), (1, &EMPTY), (1, b"?"), (1, &eight), (2, &EMPTY)] {
            hear(&mut tracker, 0, [10, 0, 0, sender], bytes);
        }
        tally.add(&tracker.summary());
        tally.add(&tracker.summary());
        let expected =
            [("10.0.0.1 none", [0, 0, 1]), ("10.0.0.1 7", [0, 2, 0]), ("other other", [0, 2, 0])];
        assert_eq!(shown(&tally), expected.map(|(labels, messages)| (labels.to_owned(), messages)));
        tally.rename(named(&[[10, 0, 0, 2]], Some(7), 64));
        hear(&mut tracker, 1, [10, 0, 0, 2], &EMPTY);
        tally.add(&tracker.summary());
        let expected = [("10.0.0.2 7", [0, 1, 0]), ("other other", [0, 2, 0])];
        assert_eq!(shown(&tally), expected.map(|(labels, messages)| (labels.to_owned(), messages)));
    }

    #[test]
    fn sums_never_go_back_while_streams_are_forgotten() {
        let mut tracker = Tracker::new(Watch::default());
        let mut tally = Tally::new(named(&[], None, 4));
        let total =
            |tally: &Tally| shown(tally).iter().flat_map(|(_, messages)| *messages).sum::<u64>();
        let mut last = 0;
        for round in 0..4_u8 {
            // More senders than there is room for, so long after the others that those are forgotten.
            for n in 0..2 * MAX_STREAMS {
                let [high, low] = (n as u16).to_be_bytes();
                hear(&mut tracker, 1000 * u64::from(round), [10, round % 2, high, low], &EMPTY);
            }
            tally.add(&tracker.summary());
            let now = total(&tally);
            assert!(now >= last + MAX_STREAMS as u64, "{now} after {last}");
            assert_eq!(tally.iter().count(), 5);
            last = now;
        }
        // What nobody counted is told by the tracker.
        assert_eq!(last + tracker.summary().untracked, tracker.summary().messages);
    }
}

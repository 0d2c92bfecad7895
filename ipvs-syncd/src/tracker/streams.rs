// SPDX-License-Identifier: MIT OR Apache-2.0
//! A bounded table of streams.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::recent::Recent;
use super::{MAX_STREAMS, Stream, StreamKey};

#[derive(Debug)]
pub(super) struct Slot {
    /// Of a sender that is known by name: never forgotten.
    reserved: bool,
    pub(super) stream: Stream,
    pub(super) recent: Recent,
}

/// At most [`MAX_STREAMS`], and those of senders that are known by name.
#[derive(Debug, Default)]
pub(super) struct Streams {
    table: BTreeMap<StreamKey, Slot>,
    /// None that may be forgotten was heard last before this, so that a flood doesn't make for a look
    /// through all of them each time.
    oldest: Duration,
    /// Datagrams of streams for which there was no room.
    pub(super) untracked: u64,
}

impl Streams {
    /// The stream, which is made if it is new and there is room, or room can be made by forgetting the
    /// one unheard for longest, if that is longer than `hold`. A `reserved` stream always has room.
    pub(super) fn get(
        &mut self,
        key: StreamKey,
        now: Duration,
        hold: Duration,
        reserved: bool,
    ) -> Option<&mut Slot> {
        if !self.table.contains_key(&key) && !reserved && !self.make_room(now, hold) {
            self.untracked += 1;
            return None;
        }
        let new = || Slot { reserved, stream: Stream::new(now), recent: Recent::default() };
        Some(self.table.entry(key).or_insert_with(new))
    }

    fn make_room(&mut self, now: Duration, hold: Duration) -> bool {
        if self.table.len() < MAX_STREAMS {
            return true;
        }
        if now.saturating_sub(self.oldest) <= hold {
            return false;
        }
        let others = self.table.iter().filter(|(_, slot)| !slot.reserved);
        let heard = others.map(|(key, slot)| (*key, slot.stream.last_heard));
        let oldest = heard.min_by_key(|(_, heard)| *heard);
        self.oldest = oldest.map_or(now, |(_, heard)| heard);
        match oldest {
            Some((key, heard)) if now.saturating_sub(heard) > hold => {
                self.table.remove(&key).is_some()
            }
            _ => false,
        }
    }

    /// Decides anew whose streams are never forgotten.
    pub(super) fn reserve(&mut self, named: impl Fn(IpAddr) -> bool) {
        for (key, slot) in &mut self.table {
            slot.reserved = named(key.sender);
        }
        self.oldest = Duration::ZERO;
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&StreamKey, &Slot)> {
        self.table.iter()
    }
}

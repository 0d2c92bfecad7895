// SPDX-License-Identifier: MIT OR Apache-2.0
//! What known senders do on each sync id: who sends, in which version, and when last.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::Alarm;
use super::alarms::Alarms;
use crate::Version;

/// The senders that take turns within the hold; more are not looked at.
const MAX_SENDERS: usize = 16;

#[derive(Debug, Default)]
struct Group {
    /// When each was heard last, the latest one behind.
    senders: Vec<(IpAddr, Duration)>,
    /// When each version was.
    versions: [Option<Duration>; 2],
}

/// By sync id, so at most 256.
#[derive(Debug, Default)]
pub(super) struct Groups(BTreeMap<u8, Group>);

impl Groups {
    /// A message of a known sender. Notices two masters and mixed versions, and ends silence.
    pub(super) fn hear(
        &mut self,
        alarms: &mut Alarms,
        (now, hold): (Duration, Duration),
        (sync_id, version): (u8, Version),
        sender: IpAddr,
    ) {
        let lasts = |heard: Duration| now.saturating_sub(heard) <= hold;
        alarms.clear(now, Alarm::Silence { sync_id: None });
        alarms.clear(now, Alarm::Silence { sync_id: Some(sync_id) });
        let group = self.0.entry(sync_id).or_default();

        group.senders.retain(|(_, heard)| lasts(*heard));
        let before = group.senders.iter().position(|(other, _)| *other == sender);
        match before {
            Some(place) => {
                // It comes back after another has sent: no takeover.
                if let Some((other, _)) =
                    group.senders.last().filter(|_| place + 1 < group.senders.len())
                {
                    let senders = [sender.min(*other), sender.max(*other)];
                    alarms.see(now, Alarm::TwoMasters { sync_id, senders });
                }
                group.senders.remove(place);
                group.senders.push((sender, now));
            }
            None if group.senders.len() < MAX_SENDERS => group.senders.push((sender, now)),
            None => {}
        }

        let [this, other] = match version {
            Version::V0 => [0, 1],
            Version::V1 => [1, 0],
        };
        if group.versions[other].is_some_and(lasts) {
            alarms.see(now, Alarm::MixedVersions { sync_id, sender });
        }
        group.versions[this] = Some(now);
    }

    /// Notices silence: no message for `limit`, or none at all since `started`.
    pub(super) fn listen(
        &self,
        alarms: &mut Alarms,
        now: Duration,
        limit: Duration,
        started: Duration,
    ) {
        if self.0.is_empty() && now.saturating_sub(started) >= limit {
            alarms.see_since(started, now, Alarm::Silence { sync_id: None });
        }
        for (sync_id, group) in &self.0 {
            let heard = group.versions.iter().flatten().max().copied().unwrap_or(now);
            if now.saturating_sub(heard) >= limit {
                alarms.see_since(heard, now, Alarm::Silence { sync_id: Some(*sync_id) });
            }
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The alarms that last, each raised once.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Alarm, AlarmEvent, Change, MAX_ALARMS};

/// From when to when a condition was seen.
#[derive(Debug, Clone, Copy)]
struct Span {
    since: Duration,
    last: Duration,
}

/// At most [`MAX_ALARMS`] of each kind at a time; more are counted only.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    /// By [`Alarm::kind`], the order of alarms.
    active: [BTreeMap<Alarm, Span>; Alarm::NAMES.len()],
    /// None was seen last before this, so that most of the time there is nothing to look through.
    oldest: Duration,
    news: Vec<AlarmEvent>,
    pub(super) raised: u64,
    pub(super) untold: u64,
}

impl Alarms {
    /// The condition is there `now`.
    pub(super) fn see(&mut self, now: Duration, alarm: Alarm) {
        self.see_since(now, now, alarm);
    }

    /// The condition is there `now` and was before.
    pub(super) fn see_since(&mut self, since: Duration, now: Duration, alarm: Alarm) {
        let active = &mut self.active[alarm.kind()];
        if let Some(span) = active.get_mut(&alarm) {
            span.last = now;
        } else if active.len() < MAX_ALARMS {
            active.insert(alarm, Span { since, last: now });
            self.news.push(AlarmEvent { at: now, change: Change::Raised, since, alarm });
            self.raised += 1;
        } else {
            self.untold += 1;
        }
    }

    /// The condition is over.
    pub(super) fn clear(&mut self, now: Duration, alarm: Alarm) {
        if let Some(Span { since, .. }) = self.active[alarm.kind()].remove(&alarm) {
            self.news.push(AlarmEvent { at: now, change: Change::Cleared, since, alarm });
        }
    }

    /// No silence is one any more.
    pub(super) fn end_silence(&mut self, now: Duration) {
        let silences = self.active().map(|(_, alarm)| alarm);
        let silences = silences.filter(|alarm| matches!(alarm, Alarm::Silence { .. }));
        for alarm in silences.collect::<Vec<_>>() {
            self.clear(now, alarm);
        }
    }

    /// Conditions that were not seen for longer than `hold` are over. Silence ends by a message only.
    pub(super) fn expire(&mut self, now: Duration, hold: Duration) {
        if now.saturating_sub(self.oldest) <= hold {
            return;
        }
        let over = |alarm: &Alarm, span: &Span| {
            !matches!(alarm, Alarm::Silence { .. }) && now.saturating_sub(span.last) > hold
        };
        let ended =
            self.active.iter_mut().flat_map(|kind| kind.extract_if(.., |a, span| over(a, span)));
        self.news.extend(ended.map(|(alarm, Span { since, .. })| AlarmEvent {
            at: now,
            change: Change::Cleared,
            since,
            alarm,
        }));
        let lasting = self.active.iter().flatten();
        let lasting = lasting.filter(|(alarm, _)| !matches!(alarm, Alarm::Silence { .. }));
        self.oldest = lasting.map(|(_, span)| span.last).min().unwrap_or(now);
    }

    /// What began or ended since this was asked last.
    pub(super) fn take_news(&mut self) -> Vec<AlarmEvent> {
        std::mem::take(&mut self.news)
    }

    /// Those that last, with their beginnings.
    pub(super) fn active(&self) -> impl Iterator<Item = (Duration, Alarm)> {
        self.active.iter().flatten().map(|(alarm, span)| (span.since, *alarm))
    }
}

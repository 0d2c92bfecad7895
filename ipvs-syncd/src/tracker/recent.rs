// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much came lately.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use super::StreamRates;

/// Seconds that are remembered.
const LONGEST: u64 = 60;

/// What came in one second.
#[derive(Debug, Clone, Copy, Default)]
struct Second {
    number: u64,
    messages: u64,
    connections: u64,
    bytes: u64,
}

/// What came in each of the last seconds in which anything came.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Second>);

impl Recent {
    /// One more datagram.
    pub(super) fn hear(&mut self, now: Duration, connections: u64, bytes: usize) {
        let number = now.as_secs();
        while self.0.front().is_some_and(|first| first.number + LONGEST < number) {
            self.0.pop_front();
        }
        if self.0.back().is_none_or(|last| last.number != number) {
            self.0.push_back(Second { number, ..Second::default() });
        }
        if let Some(last) = self.0.back_mut() {
            last.messages += 1;
            last.connections += connections;
            last.bytes += bytes as u64;
        }
    }

    /// Means over whole seconds that ended before `now` and began after `started`.
    pub(super) fn rates(&self, now: Duration, started: Duration) -> RecentRates {
        let whole = |started: Duration| started.as_secs() + u64::from(started.subsec_nanos() > 0);
        let (now, started) = (now.as_secs(), whole(started));
        let over = |length: u64| {
            let from = now.saturating_sub(length).max(started);
            let seconds = now.checked_sub(from).filter(|seconds| *seconds > 0)? as f64;
            let within = self.0.iter().filter(|second| (from..now).contains(&second.number));
            let sum = within.fold(Second::default(), |sum, second| Second {
                number: 0,
                messages: sum.messages + second.messages,
                connections: sum.connections + second.connections,
                bytes: sum.bytes + second.bytes,
            });
            Some(StreamRates {
                messages: sum.messages as f64 / seconds,
                connections: sum.connections as f64 / seconds,
                bytes: sum.bytes as f64 / seconds,
            })
        };
        RecentRates { second: over(1), ten_seconds: over(10), minute: over(LONGEST) }
    }
}

/// Means per second over the last whole seconds, as far as they were watched. `None` where not one
/// was.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct RecentRates {
    /// Over the last second.
    pub second: Option<StreamRates>,
    /// Over the last ten seconds.
    pub ten_seconds: Option<StreamRates>,
    /// Over the last minute.
    pub minute: Option<StreamRates>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Messages per second over the three windows.
    fn messages(recent: &Recent, now: u64, started: u64) -> [Option<f64>; 3] {
        let rates = recent.rates(at(now), at(started));
        [rates.second, rates.ten_seconds, rates.minute].map(|rates| Some(rates?.messages))
    }

    #[test]
    fn only_whole_watched_seconds_count() {
        let mut recent = Recent::default();
        (0..20).for_each(|tenth| recent.hear(at(1500 + 100 * tenth), 2, 10));
        // Five before second 2, ten in it, five after.
        assert_eq!(messages(&recent, 1999, 1500), [None; 3]);
        assert_eq!(messages(&recent, 2999, 1500), [None; 3]);
        assert_eq!(messages(&recent, 3000, 1500), [Some(10.0); 3]);
        assert_eq!(messages(&recent, 4000, 1500), [Some(5.0), Some(7.5), Some(7.5)]);
        assert_eq!(messages(&recent, 4000, 1000), [Some(5.0), Some(20.0 / 3.0), Some(20.0 / 3.0)]);
        let rates = recent.rates(at(3000), at(2000)).second.expect("a second");
        assert_eq!((rates.connections, rates.bytes), (20.0, 100.0));
    }

    #[test]
    fn windows_slide_and_nothing_older_is_kept() {
        let mut recent = Recent::default();
        (0..200).for_each(|second| recent.hear(at(second * 1000), 0, 0));
        assert!(recent.0.len() <= LONGEST as usize + 1);
        assert_eq!(messages(&recent, 200_000, 0), [Some(1.0); 3]);
        assert_eq!(messages(&recent, 205_000, 0), [Some(0.0), Some(0.5), Some(55.0 / 60.0)]);
        assert_eq!(messages(&recent, 260_000, 0), [Some(0.0), Some(0.0), Some(0.0)]);
    }
}

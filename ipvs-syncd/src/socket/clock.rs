// SPDX-License-Identifier: MIT OR Apache-2.0
//! A clock for live messages.

use std::time::{Duration, Instant, SystemTime};

/// Counts from the Unix epoch as the system's clock shows it at the start, and then steadily: when that
/// clock is set, nothing seems to be late or expired.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    start: Instant,
    epoch: Duration,
}

impl Clock {
    pub(super) fn new() -> Self {
        let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self { start: Instant::now(), epoch: epoch.unwrap_or_default() }
    }

    pub(super) fn now(&self) -> Duration {
        self.epoch.saturating_add(self.start.elapsed())
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The system's clock, which others compare timestamps with.

use std::time::{Duration, SystemTime};

/// By how much the system's clock was set since the service started: its own goes on steadily. In whole
/// seconds, so that one moment has the same timestamp each time that it is told.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Wall(f64);

impl Wall {
    /// What the system's clock shows, when the service's own shows `now`.
    pub(in super::super) fn at(system: SystemTime, now: Duration) -> Self {
        let system = system.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self((system.as_secs_f64() - now.as_secs_f64()).round())
    }

    /// A moment of the service's clock by that of the system, in seconds since the Unix epoch.
    pub(super) fn seconds(self, at: Duration) -> f64 {
        at.as_secs_f64() + self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_follow_a_clock_that_was_set() {
        let now = Duration::from_millis(1_000_250);
        for (shown, begin) in [(1_000_251, 900.5), (1_060_250, 960.5), (940_250, 840.5)] {
            let system = SystemTime::UNIX_EPOCH + Duration::from_millis(shown);
            let wall = Wall::at(system, now);
            assert!((wall.seconds(Duration::from_millis(900_500)) - begin).abs() < 1e-9, "{shown}");
        }
    }
}

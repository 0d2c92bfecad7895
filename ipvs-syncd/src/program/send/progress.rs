// SPDX-License-Identifier: MIT OR Apache-2.0
//! How far it is, on standard error when that is a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(200);

/// A line that counts.
pub(super) struct Progress {
    done: u64,
    total: u64,
    /// When it was shown last; `None` if nobody looks.
    shown: Option<Instant>,
}

impl Progress {
    /// Of so many connections.
    pub(super) fn of(total: u64) -> Self {
        Self { done: 0, total, shown: io::stderr().is_terminal().then(Instant::now) }
    }

    /// So many more are done.
    pub(super) fn add(&mut self, connections: u32) {
        self.done += u64::from(connections);
        if self.shown.is_some_and(|shown| shown.elapsed() >= EVERY) {
            // It is no harm if nobody can see it.
            let _ = write!(io::stderr(), "\r{} of {} sent", self.done, self.total);
            self.shown = Some(Instant::now());
        }
    }
}

/// Clears the line for what comes next.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

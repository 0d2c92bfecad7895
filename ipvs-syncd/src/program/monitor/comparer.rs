// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads tables beside the messages: it may take half a minute on a large one.

use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use ipvs_syncd::coverage::{Source, Tables, Wire};
use ipvs_syncd::tracker::Tracker;

use crate::program::failure::Failure;
use crate::program::moment::Covered;

/// A thread that reads both tables again and again.
pub(super) struct Comparer(Receiver<Result<Tables, Failure>>);

impl Comparer {
    /// Starts it. It ends, at the latest after one more reading, when this value is dropped.
    pub(super) fn start([master, backup]: [Source; 2], interval: Duration) -> Self {
        let (sender, receiver) = mpsc::sync_channel(0);
        thread::spawn(move || {
            loop {
                let start = Instant::now();
                let read = Tables::read(&master, &backup).map_err(Failure::from);
                if sender.send(read).is_err() {
                    break;
                }
                thread::sleep(interval.saturating_sub(start.elapsed()));
            }
        });
        Self(receiver)
    }

    /// Compares what was read meanwhile, if anything, with what was heard.
    pub(super) fn latest(&self, time: Duration, tracker: &Tracker) -> Option<Covered> {
        let read = self.0.try_recv().ok()?;
        let skipped = read.as_ref().map_or(0, |tables| tables.skipped);
        let compare = |tables: Tables| {
            let wire = Wire { tracker, sync_id: tables.sync_id };
            tables.compare(Some(wire))
        };
        Some(Covered { time, found: read.map(compare).map_err(|failure| failure.text), skipped })
    }
}

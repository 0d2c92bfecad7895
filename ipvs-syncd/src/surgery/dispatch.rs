// SPDX-License-Identifier: MIT OR Apache-2.0
//! The messages of one round, and how long to wait until their effect can be seen.

use std::time::Duration;

use crate::{Connection, Encoder};

/// What one round sends.
#[derive(Debug, Default)]
pub(super) struct Dispatch {
    /// None is parted: the backup handles a datagram as a whole, even when it is being stopped.
    bundles: Vec<Vec<Connection<'static>>>,
    wait: Duration,
}

impl Dispatch {
    /// Adds a message.
    pub(super) fn single(&mut self, connection: Connection<'static>) {
        self.bundles.push(vec![connection]);
    }

    /// Adds messages that must not be parted.
    pub(super) fn bundle(&mut self, connections: Vec<Connection<'static>>) {
        self.bundles.push(connections);
    }

    /// Waits at least so long.
    pub(super) fn wait(&mut self, time: Duration) {
        self.wait = self.wait.max(time);
    }

    /// How long to wait.
    pub(super) const fn pause(&self) -> Duration {
        self.wait
    }

    /// The messages in datagrams. What no message can say is left out: a plan has no such entries.
    pub(super) fn datagrams(&self, mut encoder: Encoder) -> Vec<Vec<u8>> {
        let mut datagrams = Vec::new();
        for bundle in &self.bundles {
            datagrams.extend(encoder.push_together(bundle).ok().flatten());
        }
        datagrams.extend(encoder.finish());
        datagrams
    }
}

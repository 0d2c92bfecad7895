// SPDX-License-Identifier: MIT OR Apache-2.0
//! The messages of one round, and how long to wait until their effect can be seen.

use std::time::Duration;

use crate::{Connection, Encoder};

/// How many messages a round repeats at most: each may leave an entry that lives for a second.
const REPEATED: usize = 20_000;

/// What one round sends.
#[derive(Debug, Default)]
pub(super) struct Dispatch {
    /// None is parted: the backup handles a datagram as a whole, even when it is being stopped.
    bundles: Vec<Vec<Connection<'static>>>,
    /// What is sent several times.
    insistent: Vec<Connection<'static>>,
    times: usize,
    wait: Duration,
}

impl Dispatch {
    /// Adds a message.
    pub(super) fn single(&mut self, connection: Connection<'static>) {
        self.bundles.push(vec![connection]);
    }

    /// Adds a message that is sent so many times, a moment after each other. What several of these ask for
    /// goes for all.
    pub(super) fn insist(&mut self, connection: Connection<'static>, times: usize) {
        self.insistent.push(connection);
        self.times = self.times.max(times);
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
    pub(super) fn datagrams(&self, encoder: Encoder) -> Vec<Vec<u8>> {
        encoded(&self.bundles, encoder)
    }

    /// The datagrams that are sent several times, and how often.
    pub(super) fn repeated(&self, encoder: Encoder) -> (Vec<Vec<u8>>, usize) {
        let most = REPEATED.checked_div(self.insistent.len()).unwrap_or(0).max(1);
        (encoded(self.insistent.chunks(1), encoder), self.times.min(most))
    }
}

fn encoded<'a>(
    bundles: impl IntoIterator<Item = impl AsRef<[Connection<'static>]> + 'a>,
    mut encoder: Encoder,
) -> Vec<Vec<u8>> {
    let mut datagrams = Vec::new();
    for bundle in bundles {
        datagrams.extend(encoder.push_together(bundle.as_ref()).ok().flatten());
    }
    datagrams.extend(encoder.finish());
    datagrams
}

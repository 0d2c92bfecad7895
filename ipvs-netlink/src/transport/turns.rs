// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two sockets that are asked in turn, so that two dumps in a row break at different places.
//!
//! Kernels before 7 find their place in a list of services by counting those of all namespaces. When
//! some of another namespace go between two datagrams, as many are left out behind the break. Two
//! dumps that break at the same places may leave out the same, and nobody who compares them sees it.

use std::time::Duration;

use super::channel::{Channel, Windows};
use crate::Error;

/// Two sockets of the namespace in which they were opened, whose datagrams differ in size.
pub(crate) struct Turns {
    channels: [Channel; 2],
    turn: usize,
}

impl Turns {
    /// Connects in the calling thread's network namespace.
    pub(crate) fn open(timeout: Duration) -> Result<Self, Error> {
        let others = Channel::with_windows(Windows::others(), timeout)?;
        Ok(Self::of([Channel::open(timeout)?, others]))
    }

    /// These two.
    pub(super) fn of(channels: [Channel; 2]) -> Self {
        Self { channels, turn: 0 }
    }

    /// The one whose turn it is.
    pub(crate) fn next(&mut self) -> &mut Channel {
        self.turn ^= 1;
        &mut self.channels[self.turn ^ 1]
    }

    /// Always the same, for what vouches for itself.
    pub(crate) fn first(&mut self) -> &mut Channel {
        &mut self.channels[0]
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! How fast to send.

use std::num::NonZeroU32;
use std::time::Duration;

/// A limit of connections a second, with bursts.
///
/// A backup's receive buffer is 212,992 bytes by default (`net.core.rmem_default`; its sysctl
/// `sync_sock_size` changes it). The kernel charges each datagram with the memory that it takes: one of
/// 1472 bytes lies in a block of 2048 and has some 256 bytes of administration, so that 92 fit. What
/// comes while the buffer is full is lost. The default burst is a third of that: 32 datagrams of 40 IPv4
/// connections, so that a backup that is busy with the kernel's own master has room left.
///
/// It keeps no clock: times are whatever the caller counts, from any start.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use ipvs_syncd::socket::Pace;
/// let number = |n| NonZeroU32::new(n).expect("not zero");
/// let mut pace = Pace::new(number(1000)).burst(number(100));
/// let now = Duration::from_secs(5);
/// assert_eq!(pace.wait(now, 60), Duration::ZERO);
/// assert_eq!(pace.wait(now, 60), Duration::from_millis(20));
/// ```
#[derive(Debug, Clone)]
pub struct Pace {
    rate: NonZeroU32,
    burst: NonZeroU32,
    /// When what was sent would be over at the rate, later by a burst.
    clear: Duration,
}

impl Pace {
    /// What goes into a datagram of 1472 bytes: 40 IPv4 connections without options.
    pub const PER_DATAGRAM: u32 = 40;
    /// Connections a second that a backup keeps up with, even one without hardware virtualisation.
    pub const RATE: NonZeroU32 = NonZeroU32::new(20_000).expect("not zero");
    /// Connections that may be sent at once.
    pub const BURST: NonZeroU32 = NonZeroU32::new(32 * Self::PER_DATAGRAM).expect("not zero");

    /// So many connections a second, and [`BURST`](Self::BURST) at once.
    pub const fn new(rate: NonZeroU32) -> Self {
        Self { rate, burst: Self::BURST, clear: Duration::ZERO }
    }

    /// The same with another burst.
    pub const fn burst(mut self, burst: NonZeroU32) -> Self {
        self.burst = burst;
        self
    }

    /// How long to wait at time `now` before sending a datagram with so many connections. The caller
    /// does send it; times never go back.
    ///
    /// A datagram of long entries takes as much room as one of many: count it as
    /// [`PER_DATAGRAM`](Self::PER_DATAGRAM) at least where bursts matter.
    pub fn wait(&mut self, now: Duration, connections: u32) -> Duration {
        self.clear = self.clear.max(now) + self.time(connections);
        self.clear.saturating_sub(now + self.time(self.burst.get()))
    }

    fn time(&self, connections: u32) -> Duration {
        Duration::from_secs(1) * connections / self.rate.get()
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::new(Self::RATE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// In any span of time no more than the burst and what the rate allows.
        #[test]
        fn never_more_than_a_burst_above_the_rate(
            rate in 1u32..1_000_000,
            burst in 1u32..5_000,
            steps in prop::collection::vec((0u64..2_000_000, 1u32..5_000), 1..40),
        ) {
            let not_zero = |n| NonZeroU32::new(n).expect("not zero");
            let mut pace = Pace::new(not_zero(rate)).burst(not_zero(burst));
            let mut now = Duration::from_secs(7);
            let mut sent: Vec<(Duration, u32)> = Vec::new();
            for (gap, connections) in steps {
                now += Duration::from_micros(gap);
                let connections = connections.min(burst);
                now += pace.wait(now, connections);
                sent.push((now, connections));
                let mut sum = 0;
                for (then, connections) in sent.iter().rev() {
                    sum += u64::from(*connections);
                    let span = (now - *then).as_secs_f64();
                    let most = f64::from(burst) + f64::from(rate) * span;
                    // Divisions round down by a nanosecond each.
                    let rounding = 1.0 + f64::from(rate) * 1e-9 * 100.0;
                    prop_assert!(sum as f64 <= most + rounding, "{sum} in {span} s");
                }
            }
        }

        /// What waits, waits no longer than it must: all is sent at the rate.
        #[test]
        fn never_slower_than_the_rate(rate in 1u32..1_000_000, datagrams in 1u32..200) {
            let mut pace = Pace::new(NonZeroU32::new(rate).expect("not zero"));
            let mut now = Duration::ZERO;
            for _ in 0..datagrams {
                now += pace.wait(now, Pace::PER_DATAGRAM);
            }
            let all = f64::from(datagrams * Pace::PER_DATAGRAM) / f64::from(rate);
            prop_assert!(now.as_secs_f64() <= all + 1e-6);
        }
    }
}

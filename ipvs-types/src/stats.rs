// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel counts for a service, a destination or in total.

use serde::{Deserialize, Serialize};

/// Sums since creation or the last zeroing.
///
/// They are samples: the kernel's estimator copies them from the CPUs every two seconds, and not at
/// all while the sysctl `run_estimation` is 0. Outgoing packets are replies that pass the director,
/// that is with masquerading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Connections scheduled.
    pub connections: u64,
    /// Packets towards the destinations.
    pub in_packets: u64,
    /// Packets back to the clients.
    pub out_packets: u64,
    /// Bytes of IP packets towards the destinations.
    pub in_bytes: u64,
    /// Bytes of IP packets back to the clients.
    pub out_bytes: u64,
}

/// Rates per second: the estimator's moving average over about eight seconds, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Rates {
    /// Connections per second.
    pub connections: u64,
    /// Packets per second towards the destinations.
    pub in_packets: u64,
    /// Packets per second back to the clients.
    pub out_packets: u64,
    /// **Bytes** per second towards the destinations (the kernel's name `bps` misleads).
    pub in_bytes: u64,
    /// Bytes per second back to the clients.
    pub out_bytes: u64,
}

/// How wide the connection and packet counters and the rates were on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CounterWidth {
    /// 32 bits (kernels before 4.1, and the socket options): the values may have wrapped around.
    Bits32,
    /// 64 bits.
    #[default]
    Bits64,
}

/// Statistics of a service, a destination or a whole director.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Stats {
    /// Sums.
    pub counters: Counters,
    /// Rates.
    pub rates: Rates,
    /// Whether the values may have wrapped at 32 bits.
    pub width: CounterWidth,
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connection timeouts that a director can change (`ipvsadm --set`).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The three timeouts, in whole seconds. The kernel's defaults are 900, 120 and 300.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// Established TCP connections.
    #[serde(rename = "tcp_seconds", with = "crate::seconds")]
    pub tcp: Duration,
    /// TCP connections after a FIN.
    #[serde(rename = "tcp_fin_seconds", with = "crate::seconds")]
    pub tcp_fin: Duration,
    /// UDP "connections".
    #[serde(rename = "udp_seconds", with = "crate::seconds")]
    pub udp: Duration,
}

/// A change of timeouts: what is `None` stays as it is.
///
/// Whole seconds from 1 up to `INT_MAX / HZ` of the kernel, which refuses more with `EINVAL`
/// (8,589,934 at 250 ticks a second).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TimeoutsChange {
    /// Established TCP connections.
    pub tcp: Option<Duration>,
    /// TCP connections after a FIN.
    pub tcp_fin: Option<Duration>,
    /// UDP "connections".
    pub udp: Option<Duration>,
}

impl From<Timeouts> for TimeoutsChange {
    fn from(all: Timeouts) -> Self {
        Self { tcp: Some(all.tcp), tcp_fin: Some(all.tcp_fin), udp: Some(all.udp) }
    }
}

impl TimeoutsChange {
    /// The change that makes `from` into `to`.
    pub fn between(from: Timeouts, to: Timeouts) -> Self {
        let differing = |old, new| (old != new).then_some(new);
        Self {
            tcp: differing(from.tcp, to.tcp),
            tcp_fin: differing(from.tcp_fin, to.tcp_fin),
            udp: differing(from.udp, to.udp),
        }
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

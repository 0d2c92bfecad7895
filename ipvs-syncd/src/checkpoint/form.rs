// SPDX-License-Identifier: MIT OR Apache-2.0
//! The lines of a checkpoint.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::Connection;

/// The version of the form. It grows when an older program would misread it.
pub(super) const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line<'l> {
    Checkpoint(Heading),
    Connection(Cow<'l, Connection<'l>>),
    End { connections: u64 },
}

/// What stands at the beginning.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Heading {
    pub(super) schema: u32,
    /// When it was taken, in seconds since the Unix epoch.
    time: f64,
    /// The kernel's release.
    kernel: Option<String>,
    /// The services, for people.
    services: serde_json::Value,
}

impl Heading {
    /// That of a checkpoint taken at `time`, on a kernel of this release, if it is known, with services
    /// in any form that people understand.
    pub fn new(time: SystemTime, kernel: Option<String>, services: serde_json::Value) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { schema: SCHEMA, time: since.as_secs_f64(), kernel, services }
    }

    /// The release of the kernel that it was taken on.
    pub fn kernel(&self) -> Option<&str> {
        self.kernel.as_deref()
    }

    /// How long ago it was taken; nothing if the clock was set back since.
    pub fn age(&self, now: SystemTime) -> Duration {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        // The file's number has a precision of less than half a microsecond.
        let micros = ((now.as_secs_f64() - self.time) * 1e6).round();
        Duration::try_from_secs_f64(micros / 1e6).unwrap_or_default()
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a monitor tells now and then.

use std::time::Duration;

use ipvs_syncd::capture::Contents;
use ipvs_syncd::coverage::Coverage;
use ipvs_syncd::socket::Reception;
use ipvs_syncd::tracker::Summary;
use ipvs_types::DaemonConfig;

/// How things stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'m> {
    /// Whether it is the end.
    pub(super) last: bool,
    pub(super) summary: &'m Summary,
    pub(super) origin: Origin<'m>,
}

/// Where the messages come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'m> {
    Capture(&'m Contents),
    Live {
        reception: Reception,
        /// `None` if the kernel does not tell, for want of privilege or of IPVS.
        daemons: Option<&'m [DaemonConfig]>,
    },
}

/// A comparison of tables.
#[derive(Debug)]
pub(super) struct Covered {
    pub(super) time: Duration,
    /// What was found, or why nothing.
    pub(super) found: Result<Coverage, String>,
    /// Lines that could not be read.
    pub(super) skipped: u64,
}

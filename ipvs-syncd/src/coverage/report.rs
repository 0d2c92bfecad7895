// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a comparison finds.

use std::time::Duration;

use ipvs_types::ServiceKey;
use serde::{Serialize, Serializer};

use crate::tracker::Histogram;

/// How many entries are where. `expected` is `held` + `elsewhere` + `missing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Tally {
    /// What the master has and sends.
    pub expected: u64,
    /// Expected, and the backup has it with the same destination.
    pub held: u64,
    /// Of those held, how many the backup made itself: it was master once.
    pub local: u64,
    /// Expected, but the backup has it with another destination.
    pub elsewhere: u64,
    /// Expected, but the backup does not have it.
    pub missing: u64,
    /// What came to the backup by a message and the master does not have, or no longer sends.
    pub extra: u64,
}

impl Tally {
    /// How much of what is expected is held, in percent; 100 if nothing is expected.
    ///
    /// ```
    /// use ipvs_syncd::coverage::Tally;
    /// assert_eq!(Tally::default().percent(), 100.0);
    /// ```
    pub fn percent(&self) -> f64 {
        match self.expected {
            0 => 100.0,
            expected => self.held as f64 * 100.0 / expected as f64,
        }
    }
}

impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape {
            percent: f64,
            expected: u64,
            held: u64,
            held_local: u64,
            held_elsewhere: u64,
            missing: u64,
            extra: u64,
        }
        let percent = self.percent();
        let Self { expected, held, local, elsewhere, missing, extra } = *self;
        let (held_local, held_elsewhere) = (local, elsewhere);
        Shape { percent, expected, held, held_local, held_elsewhere, missing, extra }.serialize(s)
    }
}

/// The tally of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServiceCoverage {
    /// The service of the master; for connections of none, their virtual address.
    pub service: ServiceKey,
    /// Its part.
    #[serde(flatten)]
    pub tally: Tally,
}

/// How late the missing entries are: since their last packet passed the master, which is when it would
/// have sent them at the latest, if ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lag {
    /// So late at most that they may still be on their way: a master gathers entries for up to two
    /// seconds.
    pub on_the_way: u64,
    /// How many are how late, in seconds.
    pub seconds: Histogram,
    /// The latest; in JSON in whole seconds.
    #[serde(rename = "longest_seconds", serialize_with = "seconds")]
    pub longest: Option<Duration>,
    /// Those of which the timeout is not known: templates, unless netlink told it.
    pub unknown: u64,
}

/// What a monitor heard of the expected entries since it began to listen, as far as they have not
/// expired since: so that what is lost before the wire can be told from what is lost behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct OnTheWire {
    /// Expected entries that were heard.
    pub heard: u64,
    /// Missing on the backup although they were heard: lost between the wire and the backup's table.
    pub missing_heard: u64,
    /// Missing on the backup and never heard: lost by the master (its queue was full), sent before the
    /// monitor began, or not sent yet.
    pub missing_unheard: u64,
    /// How long ago the entry was heard that was not heard for longest; in JSON in whole seconds.
    #[serde(rename = "oldest_refresh_seconds", serialize_with = "seconds")]
    pub oldest_refresh: Option<Duration>,
}

/// How much of what a master has its backup has, too.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Coverage {
    /// All together.
    #[serde(flatten)]
    pub total: Tally,
    /// What the master has and would not send.
    pub withheld: u64,
    /// By service, the one with the most missing first.
    pub services: Vec<ServiceCoverage>,
    /// How late the missing ones are.
    pub lag: Lag,
    /// What was heard on the wire, if somebody listened.
    pub wire: Option<OnTheWire>,
    /// Services of the master that the backup does not have, if both are known: connections of them are
    /// held but could not be served.
    pub missing_services: Option<Vec<ServiceKey>>,
}

fn seconds<S: Serializer>(time: &Option<Duration>, s: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs()).serialize(s)
}

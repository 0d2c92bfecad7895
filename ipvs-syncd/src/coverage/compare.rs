// SPDX-License-Identifier: MIT OR Apache-2.0
//! The comparison.

use std::collections::BTreeMap;
use std::time::Duration;

use ipvs_proc::Origin;
use ipvs_types::ServiceKey;

use super::expected::Due;
use super::holdings::Holding;
use super::{Coverage, Expected, Holdings, Lag, OnTheWire, ServiceCoverage, Tally};
use crate::ConnectionKey;
use crate::tracker::{Histogram, REFRESH_BOUNDS, Tracker};

/// How late an entry may be and still be on its way: the master gathers entries for two seconds, and
/// the tables show whole seconds.
const ON_THE_WAY: Duration = Duration::from_secs(3);

/// Who listened to the wire.
#[derive(Debug, Clone, Copy)]
pub struct Wire<'t> {
    /// What was heard.
    pub tracker: &'t Tracker,
    /// The master's sync id; `None` takes any.
    pub sync_id: Option<u8>,
}

/// What became of an expected entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Held { local: bool },
    Elsewhere,
    Missing,
}

/// Compares what is expected with what is there, and with what was heard.
pub fn compare(expected: &Expected, mut holdings: Holdings, wire: Option<Wire<'_>>) -> Coverage {
    let mut fates: Vec<_> =
        expected.entries.iter().map(|due| take(&mut holdings, due, Same::Destination)).collect();
    // Only when each has what is its own: an entry with another destination may stand for the rest.
    for (due, fate) in expected.entries.iter().zip(&mut fates) {
        *fate = fate.or_else(|| take(&mut holdings, due, Same::Key));
    }
    let mut services = BTreeMap::<ServiceKey, Tally>::new();
    let mut lag =
        Lag { on_the_way: 0, seconds: Histogram::new(&REFRESH_BOUNDS), longest: None, unknown: 0 };
    let mut heard = wire.map(|_| OnTheWire::default());
    for (due, fate) in expected.entries.iter().zip(fates) {
        let fate = fate.unwrap_or(Fate::Missing);
        services.entry(due.service).or_default().count(fate);
        if fate == Fate::Missing {
            lag.count(due.idle);
        }
        if let (Some(wire), Some(heard)) = (wire, &mut heard) {
            heard.count(wire, &due.key, fate);
        }
    }
    for holding in holdings.table.values().flatten() {
        if !holding.matched && holding.origin != Some(Origin::Local) {
            services.entry(holding.service).or_default().extra += 1;
        }
    }
    let total = services.values().fold(Tally::default(), |sum, tally| sum.plus(tally));
    let services = services.into_iter().map(|(service, tally)| ServiceCoverage { service, tally });
    let mut services: Vec<_> = services.collect();
    services.sort_by_key(|service| std::cmp::Reverse(service.tally.missing));
    let withheld = expected.withheld;
    Coverage { total, withheld, services, lag, wire: heard, missing_services: None }
}

/// In what an entry must agree besides its key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    Destination,
    Key,
}

/// The first that fits and was not taken yet.
fn take(holdings: &mut Holdings, due: &Due, same: Same) -> Option<Fate> {
    let bare = ConnectionKey { engine_data: None, ..due.key.clone() };
    let fits = |holding: &&mut Holding| {
        // Where it was not possible to know the data, the number of entries decides.
        let engine = holding.engine_data.is_none() || holding.engine_data == due.key.engine_data;
        !holding.matched && engine && (same == Same::Key || holding.dest == due.dest)
    };
    let holding = holdings.table.get_mut(&bare)?.iter_mut().find(fits)?;
    holding.matched = true;
    Some(match same {
        Same::Destination => Fate::Held { local: holding.origin == Some(Origin::Local) },
        Same::Key => Fate::Elsewhere,
    })
}

impl Tally {
    fn count(&mut self, fate: Fate) {
        self.expected += 1;
        match fate {
            Fate::Held { local } => {
                self.held += 1;
                self.local += u64::from(local);
            }
            Fate::Elsewhere => self.elsewhere += 1,
            Fate::Missing => self.missing += 1,
        }
    }

    fn plus(self, other: &Self) -> Self {
        Self {
            expected: self.expected + other.expected,
            held: self.held + other.held,
            local: self.local + other.local,
            elsewhere: self.elsewhere + other.elsewhere,
            missing: self.missing + other.missing,
            extra: self.extra + other.extra,
        }
    }
}

impl Lag {
    fn count(&mut self, idle: Option<Duration>) {
        let Some(idle) = idle else {
            self.unknown += 1;
            return;
        };
        self.on_the_way += u64::from(idle <= ON_THE_WAY);
        self.seconds.add(idle.as_secs());
        self.longest = self.longest.max(Some(idle));
    }
}

impl OnTheWire {
    fn count(&mut self, wire: Wire<'_>, key: &ConnectionKey, fate: Fate) {
        let heard = wire.tracker.heard(wire.sync_id, key);
        match (heard, fate) {
            (Some(_), Fate::Missing) => self.missing_heard += 1,
            (None, Fate::Missing) => self.missing_unheard += 1,
            _ => {}
        }
        if let Some(heard) = heard {
            self.heard += 1;
            let age = wire.tracker.now().saturating_sub(heard);
            self.oldest_refresh = self.oldest_refresh.max(Some(age));
        }
    }
}

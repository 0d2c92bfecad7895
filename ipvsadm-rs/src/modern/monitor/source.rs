// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where changes are seen: the kernel tells them, or the configuration is read again and again.

use std::thread;
use std::time::{Duration, Instant};

use ipvs_netlink::ext::{Events, Happening, Notice};
use ipvs_netlink::{Error, Feature, Ipvs, Ruleset, Support};

use super::record::Seen;

/// A source of changes, with the configuration as it is known.
pub(super) enum Source<'i> {
    /// The kernel tells.
    Events { events: Events<'i>, known: Ruleset },
    /// Two readings are compared.
    Polling { ipvs: &'i mut Ipvs, interval: Duration, next: Instant, known: Option<Ruleset> },
}

impl<'i> Source<'i> {
    /// What this kernel has.
    pub(super) fn best(ipvs: &'i mut Ipvs, interval: Duration) -> Result<Self, Error> {
        let mut has = |feature| matches!(ipvs.supports(feature), Support::Supported);
        match has(Feature::Events) && has(Feature::Snapshot) {
            true => Ok(Self::Events { events: ipvs.events()?, known: Ruleset::new() }),
            false => Ok(Self::polling(ipvs, interval)),
        }
    }

    /// Reading at intervals.
    pub(super) fn polling(ipvs: &'i mut Ipvs, interval: Duration) -> Self {
        Self::Polling { ipvs, interval, next: Instant::now(), known: None }
    }

    /// One word for programs.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Events { .. } => "events",
            Self::Polling { .. } => "polling",
        }
    }

    /// The means, for people.
    pub(super) fn means(&self) -> String {
        match self {
            Self::Events { .. } => "the kernel's events".to_owned(),
            Self::Polling { interval, .. } => format!("reading every {} s", interval.as_secs_f64()),
        }
    }

    /// What comes next; nothing if nothing does within about `wait`.
    pub(super) fn next_within(&mut self, wait: Duration) -> Result<Vec<Seen>, Error> {
        match self {
            Self::Events { events, known } => {
                let notice = events.next_within(wait)?;
                Ok(notice.into_iter().map(|notice| seen(notice, known)).collect())
            }
            Self::Polling { ipvs, interval, next, known } => {
                let left = next.saturating_duration_since(Instant::now());
                if left > wait {
                    thread::sleep(wait);
                    return Ok(Vec::new());
                }
                thread::sleep(left);
                *next = Instant::now() + *interval;
                let now = ipvs.ruleset()?;
                let seen = match known {
                    None => vec![Seen::Snapshot { genid: None, rules: now.clone() }],
                    Some(before) => differences(before, &now),
                };
                *known = Some(now);
                Ok(seen)
            }
        }
    }
}

fn seen(notice: Notice, known: &mut Ruleset) -> Seen {
    match notice {
        Notice::Snapshot(snapshot) => {
            let genid = Some(snapshot.genid);
            *known = snapshot.into_ruleset();
            Seen::Snapshot { genid, rules: known.clone() }
        }
        Notice::Event(event) => match event.happening {
            Happening::Done(operation) => Seen::Change {
                genid: Some(event.genid),
                port: event.port,
                change: known.follow(&operation),
            },
            Happening::Other(command) => Seen::Other { genid: event.genid, command },
            _ => Seen::Other { genid: event.genid, command: 0 },
        },
        Notice::Overrun(overrun) => Seen::Overrun(overrun),
        // Of a newer library: what it says is in the configuration, too.
        _ => Seen::Other { genid: 0, command: 0 },
    }
}

fn differences(before: &Ruleset, now: &Ruleset) -> Vec<Seen> {
    let changes = before.diff(now).changes().to_vec();
    changes.into_iter().map(|change| Seen::Change { genid: None, port: None, change }).collect()
}

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
    /// What this kernel has; an error if that can't be found out.
    pub(super) fn best(ipvs: &'i mut Ipvs, interval: Duration) -> Result<Self, Error> {
        match has(ipvs, Feature::Events)? && has(ipvs, Feature::Snapshot)? {
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

fn has(ipvs: &mut Ipvs, feature: Feature) -> Result<bool, Error> {
    match ipvs.supports(feature) {
        Support::Supported => Ok(true),
        Support::Unsupported => Ok(false),
        Support::Unknown(error) => Err(error),
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

#[cfg(test)]
mod tests {
    use ipvs_netlink::ext::Features;
    use ipvs_netlink::fake::{Kernel, Release};

    use super::*;

    /// Else it would be polled for ever because one question went wrong.
    #[test]
    fn what_can_not_be_found_out_is_not_missing() {
        for (features, means) in [(Some(Features::all_known()), "events"), (None, "polling")] {
            let kernel = Kernel::new(Release::Linux6_12);
            kernel.set_features(features);
            let mut ipvs = Ipvs::with_backend(kernel.clone());
            let interval = Duration::from_secs(1);
            assert_eq!(Source::best(&mut ipvs, interval).expect("alive").name(), means);
            let mut ipvs = Ipvs::with_backend(kernel.clone());
            kernel.unload();
            assert!(Source::best(&mut ipvs, interval).is_err());
        }
    }
}

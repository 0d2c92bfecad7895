// SPDX-License-Identifier: MIT OR Apache-2.0
//! Changes of the configuration on every kernel: told by it, or found by reading again and again.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use crate::ext::{Events, Happening, Notice, Overrun};
use crate::{Change, Error, Feature, Ipvs, Ruleset, Support};

/// What a [`Watch`] sees.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// The configuration now: first of all, and after each overrun.
    Snapshot {
        /// Its number, where the kernel counts changes.
        genid: Option<u32>,
        /// The whole of it.
        rules: Ruleset,
    },
    /// A change of it.
    Change {
        /// Its number, where the kernel counts changes.
        genid: Option<u32>,
        /// The netlink port of who asked for it, where that is known.
        port: Option<u32>,
        /// What was done, and what would undo it.
        change: Change,
    },
    /// Changes were missed; a snapshot follows.
    Overrun(Overrun),
    /// A change of a kind that this library does not know.
    Other {
        /// Its number.
        genid: u32,
        /// The number of the kernel's command.
        command: u32,
    },
}

/// By what means changes are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchedBy {
    /// The kernel tells of each.
    Events,
    /// The configuration is read at this interval, and two readings are compared: what changes back in
    /// between is not seen, nor that counters were zeroed.
    Polling(Duration),
}

/// Longer intervals are taken for this one.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Changes of the configuration as they happen, or soon after; made by [`Ipvs::watch`].
///
/// As an iterator it waits for ever; [`next_within`](Self::next_within) does not. Errors do not end it:
/// after one that may pass ([`Unsettled`](Error::Unsettled), a timeout) it goes on where it was.
///
/// ```
/// use std::time::Duration;
/// use ipvs_netlink::fake::{Kernel, Release};
/// use ipvs_netlink::{Ipvs, Seen, WatchedBy};
///
/// // A stock kernel: it tells nothing.
/// let kernel = Kernel::new(Release::Linux6_12);
/// let mut ipvs = Ipvs::with_backend(kernel.clone());
/// let mut watch = ipvs.watch(Duration::from_millis(1))?;
/// assert_eq!(watch.by(), WatchedBy::Polling(Duration::from_millis(1)));
/// assert!(matches!(watch.next(), Some(Ok(Seen::Snapshot { .. }))));
/// let timeouts = ipvs_netlink::types::TimeoutsChange {
///     udp: Some(Duration::from_secs(60)),
///     ..Default::default()
/// };
/// Ipvs::with_backend(kernel).set_timeouts(timeouts)?;
/// let Some(Ok(Seen::Change { change, .. })) = watch.next() else { panic!("a change") };
/// assert_eq!(change.to_string(), "~ timeouts: udp 300 s -> 60 s");
/// # Ok::<(), ipvs_netlink::Error>(())
/// ```
#[derive(Debug)]
pub struct Watch<'i> {
    source: Source<'i>,
    /// Seen, and not yet told.
    seen: VecDeque<Seen>,
}

#[derive(Debug)]
enum Source<'i> {
    Events { events: Events<'i>, known: Ruleset },
    Polling { ipvs: &'i mut Ipvs, interval: Duration, next: Instant, known: Option<Ruleset> },
}

impl Ipvs {
    /// Watches the configuration: by the kernel's events where it has some, else by reading it at this
    /// interval (at most a day).
    ///
    /// # Errors
    /// As [`events`](Self::events) where there are events; when it can't be found out whether there are.
    pub fn watch(&mut self, interval: Duration) -> Result<Watch<'_>, Error> {
        let mut has = |feature| match self.supports(feature) {
            Support::Supported => Ok(true),
            Support::Unsupported => Ok(false),
            Support::Unknown(error) => Err(error),
        };
        if !(has(Feature::Events)? && has(Feature::Snapshot)?) {
            return Ok(self.watch_by_polling(interval));
        }
        let source = Source::Events { events: self.events()?, known: Ruleset::new() };
        Ok(Watch { source, seen: VecDeque::new() })
    }

    /// Watches the configuration by reading it at this interval (at most a day), on every kernel.
    pub fn watch_by_polling(&mut self, interval: Duration) -> Watch<'_> {
        let interval = interval.min(LONGEST);
        let source = Source::Polling { ipvs: self, interval, next: Instant::now(), known: None };
        Watch { source, seen: VecDeque::new() }
    }
}

impl Watch<'_> {
    /// By what means.
    pub const fn by(&self) -> WatchedBy {
        match self.source {
            Source::Events { .. } => WatchedBy::Events,
            Source::Polling { interval, .. } => WatchedBy::Polling(interval),
        }
    }

    /// What comes next; `None` if nothing does within about `wait`.
    ///
    /// # Errors
    /// As [`Events::next_within`], or [`Ipvs::ruleset`].
    pub fn next_within(&mut self, wait: Duration) -> Result<Option<Seen>, Error> {
        if self.seen.is_empty() {
            match &mut self.source {
                Source::Events { events, known } => {
                    let notice = events.next_within(wait)?;
                    self.seen.extend(notice.map(|notice| seen(notice, known)));
                }
                Source::Polling { ipvs, interval, next, known } => {
                    let left = next.saturating_duration_since(Instant::now());
                    thread::sleep(left.min(wait));
                    if left <= wait {
                        *next = Instant::now() + *interval;
                        let now = ipvs.ruleset()?;
                        self.seen.extend(differences(known.as_ref(), &now));
                        *known = Some(now);
                    }
                }
            }
        }
        Ok(self.seen.pop_front())
    }
}

impl Iterator for Watch<'_> {
    type Item = Result<Seen, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(seen) = self.next_within(LONGEST).transpose() {
                return Some(seen);
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
        },
        Notice::Overrun(overrun) => Seen::Overrun(overrun),
    }
}

fn differences(known: Option<&Ruleset>, now: &Ruleset) -> Vec<Seen> {
    let Some(before) = known else {
        return vec![Seen::Snapshot { genid: None, rules: now.clone() }];
    };
    let changes = before.diff(now).changes().to_vec();
    changes.into_iter().map(|change| Seen::Change { genid: None, port: None, change }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation;
    use crate::ext::Features;
    use crate::fake::{Kernel, Release};
    use crate::types::{Scheduler, ServiceConfig, ServiceKey};

    const INTERVAL: Duration = Duration::from_millis(1);

    fn kernel(features: Option<Features>) -> Kernel {
        let kernel = Kernel::new(Release::Linux6_12);
        kernel.set_features(features);
        kernel
    }

    /// Else it would be polled for ever because one question went wrong.
    #[test]
    fn what_can_not_be_found_out_is_not_missing() {
        for (features, by) in
            [(Some(Features::all_known()), WatchedBy::Events), (None, WatchedBy::Polling(INTERVAL))]
        {
            let kernel = kernel(features);
            let mut ipvs = Ipvs::with_backend(kernel.clone());
            assert_eq!(ipvs.watch(INTERVAL).expect("alive").by(), by);
            let mut ipvs = Ipvs::with_backend(kernel.clone());
            kernel.unload();
            assert!(ipvs.watch(INTERVAL).is_err());
        }
    }

    #[test]
    fn all_means_see_the_same_changes() {
        let service: ServiceKey = "tcp/192.0.2.1:80".parse().expect("a service");
        let config = ServiceConfig::new(Scheduler::WLC);
        let create = Operation::CreateService { service, config };
        for features in [Some(Features::all_known()), None] {
            let kernel = kernel(features);
            let mut ipvs = Ipvs::with_backend(kernel.clone());
            let mut watch = ipvs.watch(INTERVAL).expect("a watch");
            let first = watch.next().expect("it goes on").expect("alive");
            assert!(matches!(first, Seen::Snapshot { .. }));
            assert_eq!(watch.next_within(Duration::from_millis(20)).expect("alive"), None);
            for (operation, text) in [
                (create, "+ service tcp/192.0.2.1:80: scheduler wlc"),
                (Operation::Flush, "- service tcp/192.0.2.1:80: scheduler wlc, 0 destinations"),
            ] {
                kernel.change(operation).expect("done");
                let Ok(Some(Seen::Change { genid, change, .. })) =
                    watch.next_within(Duration::from_secs(10))
                else {
                    panic!("a change");
                };
                assert_eq!(genid.is_some(), features.is_some());
                match features.is_some() && operation == Operation::Flush {
                    true => assert_eq!(*change.operation(), Operation::Flush),
                    false => assert_eq!(change.to_string(), text),
                }
            }
        }
    }

    #[test]
    fn an_interval_has_an_end() {
        let kernel = kernel(None);
        let mut ipvs = Ipvs::with_backend(kernel);
        let mut watch = ipvs.watch_by_polling(Duration::MAX);
        assert_eq!(watch.by(), WatchedBy::Polling(LONGEST));
        assert!(matches!(watch.next_within(Duration::ZERO), Ok(Some(Seen::Snapshot { .. }))));
        assert_eq!(watch.next_within(Duration::ZERO).expect("alive"), None);
    }
}

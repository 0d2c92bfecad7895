// SPDX-License-Identifier: MIT OR Apache-2.0
//! A tracker on live sockets: hears, judges, and lets time pass.

use std::time::Duration;

use serde::Serialize;

use crate::capture::Udp;
use crate::socket::{ReceiveError, Receiver, Reception};
use crate::tracker::{AlarmEvent, Summary, Tracker, Watch};

/// How often the tracker is told the time when nothing comes.
pub const TICK: Duration = Duration::from_secs(1);

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'e> {
    /// A datagram came. The alarms that it begins or ends follow it.
    Message(Udp<'e>),
    /// An alarm begins or ends.
    Alarm(&'e AlarmEvent),
}

/// All that is known at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LiveSummary {
    /// What came through the sockets, and what was lost there.
    pub reception: Reception,
    /// What the tracker knows.
    #[serde(flatten)]
    pub tracker: Summary,
}

/// A [`Receiver`] whose datagrams a [`Tracker`] hears.
///
/// ```no_run
/// use std::time::Duration;
/// use ipvs_syncd::live::{Event, Live};
/// use ipvs_syncd::socket::{Listen, ReceiveError, Receiver};
/// use ipvs_syncd::tracker::Watch;
/// let receiver = Receiver::open(&[Listen::new("eth0".parse()?)])?;
/// let mut live = Live::new(receiver, Watch::default());
/// loop {
///     live.step(Duration::from_secs(1), |event| {
///         if let Event::Alarm(alarm) = event {
///             println!("{}", alarm.alarm);
///         }
///         Ok::<(), ReceiveError>(())
///     })?;
/// }
/// # #[allow(unreachable_code)]
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Live {
    receiver: Receiver,
    tracker: Tracker,
    /// When the tracker is to be told the time at the latest.
    due: Duration,
}

impl Live {
    /// What was heard before stays unknown: of silence, for example, time counts from here.
    pub fn new(receiver: Receiver, watch: Watch) -> Self {
        let now = receiver.now();
        let mut tracker = Tracker::new(watch);
        // Nothing was heard, so there is nothing to tell.
        tracker.tick(now);
        Self { receiver, tracker, due: now + TICK }
    }

    /// Waits for datagrams, but no longer than `timeout` or until the next tick, and hands out what
    /// happens. It also returns after a signal was handled. Returns how many datagrams there were.
    ///
    /// # Errors
    /// When a socket fails, or an interface [is gone](Receiver::check), or the first error of `each`.
    pub fn step<E: From<ReceiveError>>(
        &mut self,
        timeout: Duration,
        mut each: impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let Self { receiver, tracker, due } = self;
        let wait = timeout.min(due.saturating_sub(receiver.now()));
        let received = receiver.receive(wait, |udp| {
            let alarms = tracker.receive(udp.time, udp.from.ip(), udp.to, udp.payload);
            each(Event::Message(udp))?;
            alarms.iter().try_for_each(|alarm| each(Event::Alarm(alarm)))
        })?;
        let now = receiver.now();
        if now >= *due {
            receiver.check()?;
            *due = now + TICK;
            tracker.tick(now).iter().try_for_each(|alarm| each(Event::Alarm(alarm)))?;
        }
        Ok(received)
    }

    /// The time now, as events have it: since the Unix epoch.
    pub fn now(&self) -> Duration {
        self.receiver.now()
    }

    /// What hears the messages.
    pub const fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// The same to change, for example what it [watches](Tracker::rewatch) for.
    pub const fn tracker_mut(&mut self) -> &mut Tracker {
        &mut self.tracker
    }

    /// What came through the sockets.
    pub const fn reception(&self) -> Reception {
        self.receiver.reception()
    }

    /// What is known by now.
    pub fn summary(&self) -> LiveSummary {
        LiveSummary { reception: self.reception(), tracker: self.tracker.summary() }
    }
}

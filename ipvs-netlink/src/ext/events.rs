// SPDX-License-Identifier: MIT OR Apache-2.0
//! Events in their order, without a gap that nobody notices.

use std::fmt;
use std::time::{Duration, Instant};

use super::{Event, Extent, Heard, Listener, Snapshot, unsupported};
use crate::{Error, Feature, Ipvs, Request};

/// What a listener is told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The configuration now, without counters: first of all, and after each overrun.
    Snapshot(Snapshot),
    /// The next change since the snapshot, or since the event before.
    Event(Event),
    /// Changes were missed; a snapshot follows.
    Overrun(Overrun),
}

/// Changes were missed: the listener was too slow, or the kernel had no memory for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Overrun {
    /// The last number that is known.
    pub after: u32,
    /// The number that came in the place of the next one; `None` when the kernel said that it dropped
    /// messages (`ENOBUFS`), however many, or told nothing though it went on.
    pub before: Option<u32>,
}

impl Overrun {
    /// How many changes were missed, if that is known.
    pub const fn missed(&self) -> Option<u32> {
        match self.before {
            Some(before) => Some(before.wrapping_sub(self.after).wrapping_sub(1)),
            None => None,
        }
    }
}

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.missed() {
            Some(missed) => write!(f, "{missed} changes were missed after number {}", self.after),
            None => write!(f, "changes were missed after number {}", self.after),
        }
    }
}

/// Where a listener is in the order of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// It must read the configuration.
    Unknown,
    /// It knows everything up to this number.
    UpTo(u32),
}

/// Changes of the configuration as they happen; made by [`Ipvs::events`].
///
/// As an iterator it waits for ever; [`next_within`](Self::next_within) does not.
///
/// When `ip_vs` is unloaded, the kernel says nothing. After five seconds of silence it is asked whether it
/// is still there; if not, or if it was loaded anew, the answer is [`Error::ModuleUnloaded`], now and
/// whenever it is asked again: a new client has to be opened.
///
/// ```
/// use ipvs_netlink::Ipvs;
/// use ipvs_netlink::ext::{Features, Happening, Notice};
/// use ipvs_netlink::fake::{Kernel, Release};
///
/// let kernel = Kernel::new(Release::Linux6_12);
/// kernel.set_features(Some(Features::all_known()));
/// let mut ipvs = Ipvs::with_backend(kernel.clone());
/// let mut events = ipvs.events()?;
/// assert!(matches!(events.next(), Some(Ok(Notice::Snapshot(_)))));
/// Ipvs::with_backend(kernel).flush()?;
/// let Some(Ok(Notice::Event(event))) = events.next() else { panic!("an event") };
/// assert_eq!(event.happening.to_string(), "flush all services");
/// # Ok::<(), ipvs_netlink::Error>(())
/// ```
pub struct Events<'a> {
    ipvs: &'a mut Ipvs,
    listener: Box<dyn Listener>,
    order: Order,
    quiet: Quiet,
}

/// A silence that may be none: the last event of a burst was lost with nothing after it, or the module
/// was unloaded, of which the kernel tells nobody.
#[derive(Debug, Clone, Copy)]
struct Quiet {
    /// How often the kernel is asked.
    every: Duration,
    since: Instant,
    /// When it was asked last, its number was not the one that was known, which was this.
    doubted: Option<u32>,
}

impl Quiet {
    fn new(every: Duration) -> Self {
        Self { every, since: Instant::now(), doubted: None }
    }
}

/// How often the kernel is asked for its number when it tells nothing.
const QUIET: Duration = Duration::from_secs(5);

impl fmt::Debug for Events<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("ipvs", &self.ipvs).field("order", &self.order).finish()
    }
}

impl Ipvs {
    /// Listens for changes of the configuration, by whomever and in whatever way. Counters, connections
    /// and the end of the namespace are not told.
    ///
    /// A client with [`Options::netns`](crate::Options::netns) listens in the namespace in which it was
    /// opened, even if that has lost its name meanwhile, one without in the calling thread's.
    ///
    /// # Errors
    /// [`Error::Unsupported`] without [`Feature::Events`] and [`Feature::Snapshot`];
    /// [`Error::PermissionDenied`] without `CAP_NET_ADMIN`; [`Error::Namespace`] when the client's
    /// namespace can't be entered any more (`CAP_SYS_ADMIN`, which it was opened with);
    /// [`Error::ModuleUnloaded`] when `ip_vs` was unloaded since the client was opened (or else from the
    /// first snapshot); [`Error::Io`] when no further socket can be had; when the conversation fails.
    pub fn events(&mut self) -> Result<Events<'_>, Error> {
        self.extended_with(Feature::Snapshot, Request::Listen)?;
        self.extended_with(Feature::Events, Request::Listen)?;
        // First the ear, then the snapshot: nothing falls between the two.
        let missing = unsupported(Request::Listen, Feature::Events, self.backend.name());
        let backend = &mut self.backend;
        let listen = || backend.extended().ok_or(missing)?.listen();
        let listener = match &self.netns {
            None => listen()?,
            Some(netns) => netns.run(listen)??,
        };
        Ok(Events { ipvs: self, listener, order: Order::Unknown, quiet: Quiet::new(QUIET) })
    }
}

impl Events<'_> {
    /// What comes next; `None` if nothing does within `wait`, which a signal may end sooner.
    ///
    /// # Errors
    /// When the conversation fails, or no snapshot can be had ([`Error::Unsettled`]): the next call goes
    /// on from there. [`Error::ModuleUnloaded`] when `ip_vs` was unloaded, or loaded anew: no call will
    /// succeed. It is found out in a silence of five seconds, through however many calls.
    pub fn next_within(&mut self, wait: Duration) -> Result<Option<Notice>, Error> {
        let deadline = Instant::now().checked_add(wait);
        self.next_until(deadline)
    }

    fn next_until(&mut self, deadline: Option<Instant>) -> Result<Option<Notice>, Error> {
        let Order::UpTo(known) = self.order else {
            let snapshot = self.ipvs.snapshot(Extent::Rules)?;
            self.order = Order::UpTo(snapshot.genid);
            return Ok(Some(Notice::Snapshot(snapshot)));
        };
        loop {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            let wait = left.map_or(self.quiet.every, |left| left.min(self.quiet.every));
            match self.listener.hear(Some(wait))? {
                Heard::Nothing => {
                    if self.is_deaf(known)? {
                        return Ok(Some(self.overrun(known, None)));
                    }
                    if left.is_none_or(|left| left <= wait) {
                        return Ok(None);
                    }
                }
                Heard::Lost => {
                    self.drain()?;
                    return Ok(Some(self.overrun(known, None)));
                }
                Heard::Event(event) => match event.genid.wrapping_sub(known) {
                    1 => {
                        self.order = Order::UpTo(event.genid);
                        return Ok(Some(Notice::Event(event)));
                    }
                    // At or before what is known: it is in the snapshot.
                    0 | 0x8000_0000.. => {}
                    _ => return Ok(Some(self.overrun(known, Some(event.genid)))),
                },
            }
        }
    }

    /// Whether the kernel is further than it told, in two silences in a row: in one, the event may just be
    /// on its way. An error if the module is gone: it was taken out of the group without a word.
    fn is_deaf(&mut self, known: u32) -> Result<bool, Error> {
        if self.quiet.since.elapsed() < self.quiet.every {
            return Ok(false);
        }
        self.quiet.since = Instant::now();
        let doubted = std::mem::take(&mut self.quiet.doubted);
        let announced = match self.ipvs.backend.extended() {
            Some(extended) => extended.announced()?.ok_or(Error::ModuleUnloaded)?,
            None => return Err(Error::ModuleUnloaded),
        };
        if announced.genid == Some(known) {
            return Ok(false);
        }
        self.quiet.doubted = Some(known);
        Ok(doubted == Some(known))
    }

    /// Empties the queue: until it was empty once, the kernel goes on to drop events, in silence. Only
    /// what is read after that has them all.
    fn drain(&mut self) -> Result<(), Error> {
        while self.listener.hear(Some(Duration::ZERO))? != Heard::Nothing {}
        Ok(())
    }

    fn overrun(&mut self, after: u32, before: Option<u32>) -> Notice {
        self.quiet.doubted = None;
        self.order = Order::Unknown;
        Notice::Overrun(Overrun { after, before })
    }
}

impl Iterator for Events<'_> {
    type Item = Result<Notice, Error>;

    /// Waits for ever; never `None`. Who goes on after [`Error::ModuleUnloaded`] gets it every five
    /// seconds.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_until(None) {
                Ok(None) => {}
                Ok(Some(notice)) => return Some(Ok(notice)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(all(test, feature = "fake"))]
mod tests {
    use super::*;
    use crate::Operation;
    use crate::ext::Features;
    use crate::fake::{Kernel, Release};

    /// The number grew and no event came: it is found out, but not at the first look.
    #[test]
    fn a_silence_that_is_none_is_an_overrun() -> Result<(), Error> {
        let kernel = Kernel::new(Release::Linux6_12);
        kernel.set_features(Some(Features::all_known()));
        let mut ipvs = Ipvs::with_backend(kernel.clone());
        let mut events = ipvs.events()?;
        events.quiet = Quiet::new(Duration::ZERO);
        assert!(matches!(events.next_within(Duration::ZERO)?, Some(Notice::Snapshot(_))));
        for _ in 0..3 {
            assert_eq!(events.next_within(Duration::ZERO)?, None, "it is quiet");
        }
        kernel.set_genid(7);
        assert_eq!(events.next_within(Duration::ZERO)?, None, "the event may be on its way");
        let overrun = Overrun { after: 1, before: None };
        assert_eq!(events.next_within(Duration::ZERO)?, Some(Notice::Overrun(overrun)));
        let next = events.next_within(Duration::ZERO)?;
        assert!(matches!(next, Some(Notice::Snapshot(snapshot)) if snapshot.genid == 7));

        // A doubt ends with the next event.
        kernel.set_genid(8);
        assert_eq!(events.next_within(Duration::ZERO)?, None);
        kernel.set_genid(7);
        kernel.change(Operation::Flush).expect("done");
        assert!(matches!(events.next_within(Duration::ZERO)?, Some(Notice::Event(_))));
        kernel.set_genid(9);
        assert_eq!(events.next_within(Duration::ZERO)?, None, "a new doubt");
        Ok(())
    }

    /// Nobody tells a listener that the module is gone.
    #[test]
    fn a_silence_after_the_module_is_an_error() -> Result<(), Error> {
        let kernel = Kernel::new(Release::Linux6_12);
        kernel.set_features(Some(Features::all_known()));
        let mut ipvs = Ipvs::with_backend(kernel.clone());
        let mut events = ipvs.events()?;
        assert!(matches!(events.next_within(Duration::ZERO)?, Some(Notice::Snapshot(_))));
        kernel.unload();
        assert_eq!(events.next_within(Duration::ZERO)?, None, "it is not asked yet");
        events.quiet = Quiet::new(Duration::ZERO);
        for _ in 0..2 {
            let error = events.next_within(Duration::ZERO).expect_err("gone");
            assert_eq!(error.kind(), crate::ErrorKind::ModuleUnloaded);
        }
        assert!(matches!(events.next(), Some(Err(Error::ModuleUnloaded))));
        Ok(())
    }

    #[test]
    fn it_is_not_asked_all_the_time() -> Result<(), Error> {
        let kernel = Kernel::new(Release::Linux6_12);
        kernel.set_features(Some(Features::all_known()));
        let mut ipvs = Ipvs::with_backend(kernel.clone());
        let mut events = ipvs.events()?;
        events.next_within(Duration::ZERO)?;
        kernel.set_genid(7);
        for _ in 0..9 {
            assert_eq!(events.next_within(Duration::ZERO)?, None);
        }
        Ok(())
    }
}

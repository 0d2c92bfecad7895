// SPDX-License-Identifier: MIT OR Apache-2.0
//! One step under way: what to send next, by what was read back.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use ipvs_proc::Connection as Listed;

use super::dispatch::Dispatch;
use super::key::Key;
use super::message;
use super::plan::{self, Change, Step};
use super::report::Outcome;
use crate::Connection;
use crate::table::Directory;

/// How long an entry with the shortest timeout lives, and some more: timers are coarse.
const EXPIRY: Duration = Duration::from_millis(1500);
/// When the next tick has expired what is to expire at once, on a busy machine.
const TICK: Duration = Duration::from_millis(200);
/// The kernel gives a template that connections belong to so much more, again and again.
const POSTPONED: Duration = Duration::from_secs(60);
/// The shortest timeout, as it is listed.
const SHORTEST: Duration = Duration::from_secs(1);
/// What has no more to live may expire before it is looked for.
const BRIEF: Duration = Duration::from_secs(5);
/// How often a connection is told to expire before it is replaced.
const TOUCHES: u32 = 2;
/// What replaces it then. A packet between a message and the next tick gives the old entry its whole time
/// again: the closer together packets come, the closer messages must, so that one of them is the last
/// before a tick. Where even that is in vain, packets are dropped for a while: most clients pause then.
const REPLACEMENTS: [Replacement; 8] = [
    Replacement::Decoy(1),
    Replacement::Decoy(1),
    Replacement::Gap,
    Replacement::Decoy(16),
    Replacement::Decoy(64),
    Replacement::Gap,
    Replacement::Decoy(256),
    Replacement::Decoy(256),
];
/// How often the end of what belonged to a template is sent, round after round.
const DECOYS: [usize; 6] = [1, 1, 16, 64, 256, 256];
/// How often other things are tried.
const ATTEMPTS: u32 = 4;
/// The same of templates, which take two rounds each time. Clients that go on connecting are caught up
/// with after some.
const TEMPLATE_ATTEMPTS: u32 = 12;

/// What takes the place of a connection.
#[derive(Debug, Clone, Copy)]
enum Replacement {
    /// What no packet finds, sent so many times.
    Decoy(usize),
    /// What packets find, and that drops them.
    Gap,
}

/// What was read back about a step.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The entries that have its key: mostly one or none, but a replaced one lives on for a tick.
    pub(super) rows: Vec<Row>,
    /// What belongs to its template.
    pub(super) members: Vec<Listed<'static>>,
    /// Which these are.
    known: HashSet<(Key, SocketAddr)>,
}

impl Seen {
    /// Adds an entry; of two readings of one, the later counts.
    pub(super) fn add_row(&mut self, row: Row) {
        match self.rows.iter_mut().find(|known| known.dest == row.dest) {
            Some(known) => *known = row,
            None => self.rows.push(row),
        }
    }

    /// Adds what belongs to the template, unless it is there.
    pub(super) fn add_member(&mut self, listed: &Listed<'_>) {
        if self.known.insert((Key::of(listed), listed.dest)) {
            self.members.push(listed.clone().into_owned());
        }
    }
}

/// An entry that has the key of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) dest: SocketAddr,
    pub(super) expires: Duration,
}

/// A step under way.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) step: Step,
    pub(super) outcome: Option<Outcome>,
    attempts: u32,
    /// Its packets may be dropped, by the gap in its place.
    gap: bool,
    /// Only that was seen: what is at its destination from then on is another.
    gone: bool,
    template: Template,
    /// Members that were to end.
    ended: HashSet<Key>,
    /// Members that no longer belong to the template, and how often each was sent its end.
    detached: HashMap<Key, u32>,
}

/// How far a template is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Template {
    Untouched,
    /// It was sent the shortest timeout.
    Sent,
    /// It was seen with it: from now on, one with a long timeout is another.
    Expiring,
}

impl Work {
    pub(super) fn new(step: Step) -> Self {
        let (ended, detached) = (HashSet::new(), HashMap::new());
        let template = Template::Untouched;
        Self {
            step,
            outcome: None,
            attempts: 0,
            gap: false,
            gone: false,
            template,
            ended,
            detached,
        }
    }

    /// Decides by what was seen: it is over, or something is to be sent.
    pub(super) fn advance(&mut self, seen: &Seen, directory: &Directory, out: &mut Dispatch) {
        if self.outcome.is_some() {
            return;
        }
        self.outcome = match self.step.change {
            Change::End if self.step.connection.is_template() => self.end_template(seen, out),
            Change::End => self.end(seen, out),
            Change::Move { to } => self.shift(seen, to, out),
            Change::Unpin(_) => self.unpin(seen, directory, out),
            Change::Restore => self.restore(seen, out),
        };
        self.attempts += 1;
    }

    fn end(&mut self, seen: &Seen, out: &mut Dispatch) -> Option<Outcome> {
        let Step { connection, sent, .. } = &self.step;
        let has = |dest| seen.rows.iter().any(|row| row.dest == dest);
        let (old, ip) = (connection.dest, connection.dest.ip());
        let nowhere = message::nowhere(ip);
        self.gap = has(message::nothing(ip));
        self.gone |= self.gap && !has(old);
        if !self.gap && (self.gone || !has(old)) {
            let other = seen.rows.iter().find(|row| row.dest != nowhere);
            return Some(other.map_or(Outcome::Ended, |row| Outcome::Renewed { dest: row.dest }));
        }
        let Some(round) = self.attempts.checked_sub(TOUCHES) else {
            out.single(message::touch(sent));
            out.wait(EXPIRY);
            return None;
        };
        match REPLACEMENTS.get(round as usize) {
            Some(Replacement::Decoy(times)) => out.insist(message::decoy(sent), *times),
            Some(Replacement::Gap) => {
                out.single(message::gap(sent));
                self.gap = true;
            }
            None => {
                self.settle(seen, out);
                return Some(Outcome::Stayed);
            }
        }
        out.wait(TICK);
        None
    }

    /// Whether packets may be dropped, and it is not over.
    pub(super) const fn drops(&self) -> bool {
        self.gap && self.outcome.is_none()
    }

    /// Lets a connection whose packets are dropped go on as it was.
    pub(super) fn settle(&self, seen: &Seen, out: &mut Dispatch) {
        let Step { connection, sent, .. } = &self.step;
        let gap = message::nothing(connection.dest.ip());
        if self.gap && seen.rows.iter().any(|row| row.dest == gap) {
            out.bundle(message::replace(sent));
        }
    }

    /// A tick, and each time twice as long: a machine that has not come to it yet is a busy one.
    const fn longer(&self) -> Duration {
        TICK.saturating_mul(1 << self.attempts)
    }

    fn end_template(&mut self, seen: &Seen, out: &mut Dispatch) -> Option<Outcome> {
        let Some(row) = seen.rows.first() else { return Some(Outcome::Ended) };
        if self.is_another(row) {
            return Some(Outcome::Renewed { dest: row.dest });
        }
        if self.attempts >= TEMPLATE_ATTEMPTS {
            return Some(Outcome::Stayed);
        }
        self.expire_template(seen, out);
        None
    }

    fn shift(&mut self, seen: &Seen, to: SocketAddr, out: &mut Dispatch) -> Option<Outcome> {
        if seen.rows.is_empty() {
            return Some(Outcome::EndedBefore);
        }
        if seen.rows.iter().any(|row| row.dest == to) {
            return Some(Outcome::Moved);
        }
        if self.attempts >= ATTEMPTS {
            return Some(Outcome::Stayed);
        }
        out.bundle(message::replace(&self.step.sent));
        out.wait(self.longer());
        None
    }

    fn restore(&mut self, seen: &Seen, out: &mut Dispatch) -> Option<Outcome> {
        let sent = &self.step.sent;
        if seen.rows.iter().any(|row| row.dest == sent.dest()) {
            return Some(if self.attempts == 0 { Outcome::Present } else { Outcome::Restored });
        }
        if let Some(row) = seen.rows.first() {
            return Some(Outcome::Newer { dest: row.dest });
        }
        match self.attempts {
            0 => {}
            _ if sent.timeout <= BRIEF => return Some(Outcome::EndedBefore),
            ATTEMPTS.. => return Some(Outcome::Absent),
            _ => {}
        }
        out.single(sent.clone());
        out.wait(self.longer());
        None
    }

    fn unpin(&mut self, seen: &Seen, directory: &Directory, out: &mut Dispatch) -> Option<Outcome> {
        let pinned = seen.rows.iter().any(|row| !self.is_another(row));
        let members = seen.members.iter().filter_map(|listed| {
            let sent = plan::sendable(listed, directory).ok()?;
            Some((Key::of(listed), sent))
        });
        if !pinned {
            return self.end_detached(members, seen.rows.is_empty(), out);
        }
        if self.attempts >= TEMPLATE_ATTEMPTS {
            return Some(Outcome::Stayed);
        }
        // While a connection belongs to it, the template only gets another minute.
        let free = seen.members.is_empty() || self.attempts >= 2;
        if free && self.expire_template(seen, out) {
            return None;
        }
        for (key, sent) in members {
            self.cut(&sent, &key, out);
            self.ended.insert(key);
        }
        None
    }

    /// Ends what belonged to a template that is gone. A packet between a message and the next tick gives
    /// an entry its whole time again, so that some take more than one.
    fn end_detached(
        &mut self,
        members: impl Iterator<Item = (Key, Connection<'static>)>,
        no_template: bool,
        out: &mut Dispatch,
    ) -> Option<Outcome> {
        let (mut sent_any, mut stayed) = (false, false);
        for (key, sent) in members {
            let Some(times) = self.detached.get_mut(&key) else { continue };
            // A new connection comes with a new template: without one, it is still the old one.
            let again = match *times {
                0 => 1,
                _ if !no_template => continue,
                times => match DECOYS.get(times as usize) {
                    Some(again) => *again,
                    None => {
                        stayed = true;
                        continue;
                    }
                },
            };
            *times += 1;
            sent_any = true;
            out.insist(message::decoy(&sent), again);
        }
        if sent_any {
            out.wait(TICK);
            return None;
        }
        Some(if stayed {
            Outcome::Stayed
        } else {
            Outcome::Unpinned { connections: self.ended.len() }
        })
    }

    /// Ends a connection of a template, at last by taking it off the template while it goes on: a busy
    /// one would be made anew at once, with the template.
    fn cut(&mut self, sent: &Connection<'static>, key: &Key, out: &mut Dispatch) {
        match self.attempts {
            0 => {
                out.single(message::touch(sent));
                out.wait(EXPIRY);
            }
            1 => {
                out.single(message::decoy(sent));
                out.wait(TICK);
            }
            _ => {
                out.bundle(message::detach(sent));
                out.wait(TICK);
                self.detached.insert(key.clone(), 0);
            }
        }
    }

    /// Gives the template the shortest timeout. Answers whether it has that already, so that nothing is
    /// to be done but to wait.
    fn expire_template(&mut self, seen: &Seen, out: &mut Dispatch) -> bool {
        let expiring = seen.rows.iter().any(|row| row.expires <= SHORTEST);
        if self.template == Template::Sent && expiring {
            self.template = Template::Expiring;
            out.wait(EXPIRY);
            return true;
        }
        out.single(message::touch(&self.step.sent));
        out.wait(TICK);
        self.template = Template::Sent;
        false
    }

    /// Whether a template with the key is not the one that was to end: a packet made it since.
    fn is_another(&self, row: &Row) -> bool {
        let long = row.expires > POSTPONED;
        row.dest != self.step.connection.dest || (self.template == Template::Expiring && long)
    }
}

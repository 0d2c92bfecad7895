// SPDX-License-Identifier: MIT OR Apache-2.0
//! Carrying a plan out: send, wait, read back, again.

use std::collections::HashMap;
use std::time::Duration;

use ipvs_proc::Connection as Listed;

use super::director::Director;
use super::dispatch::Dispatch;
use super::key::Key;
use super::plan::{Change, Plan};
use super::report::{Done, Outcome, Report};
use super::work::{Row, Seen, Work};
use crate::table::Directory;

/// How many datagrams go at once: a backup's socket has room for some 90 of full length.
const BURST: usize = 32;
/// How long a backup takes for a burst, and more.
const BREATH: Duration = Duration::from_millis(20);
/// Between two that are the same: many within a tick of the kernel's clock, which is of 1 to 10 ms.
const MOMENT: Duration = Duration::from_micros(100);

impl Plan {
    /// Carries it out on `director`, whose services `directory` has, and tells what became of each entry.
    ///
    /// Entries whose packets go on are tried again in other ways; it takes 2 seconds where nothing
    /// moves, some 5 where packets never pause, and up to 12 where templates are busy.
    ///
    /// # Errors
    /// When a message can't be sent or the table not be read. What was sent before has its effect.
    pub fn perform<D: Director>(
        self,
        directory: &Directory,
        director: &mut D,
    ) -> Result<Report, D::Error> {
        let (steps, left_alone) = self.into_parts();
        let mut works: Vec<_> = steps.into_iter().map(Work::new).collect();
        let carried_out = carry_out(&mut works, directory, director);
        carried_out.and(settle(&works, directory, director))?;
        let done = works.into_iter().map(|work| Done {
            outcome: work.outcome.unwrap_or(Outcome::Interrupted),
            step: work.step,
        });
        Ok(Report { done: done.collect(), left_alone })
    }
}

/// Round after round, until all is done or the user wants an end.
fn carry_out<D: Director>(
    works: &mut [Work],
    directory: &Directory,
    director: &mut D,
) -> Result<(), D::Error> {
    while works.iter().any(|work| work.outcome.is_none()) && !director.interrupted() {
        let seen = look(works, directory, director)?;
        let mut out = Dispatch::default();
        for (work, seen) in works.iter_mut().zip(&seen) {
            work.advance(seen, directory, &mut out);
        }
        send(&out, director)?;
    }
    Ok(())
}

/// Whoever gave up: no packets may be dropped for good.
fn settle<D: Director>(
    works: &[Work],
    directory: &Directory,
    director: &mut D,
) -> Result<(), D::Error> {
    if !works.iter().any(Work::drops) {
        return Ok(());
    }
    let seen = look(works, directory, director)?;
    let mut out = Dispatch::default();
    for (work, seen) in works.iter().zip(&seen) {
        work.settle(seen, &mut out);
    }
    out.datagrams(director.encoder()).iter().try_for_each(|datagram| director.send(datagram))
}

/// What is there now, for each step that is not over.
fn look<D: Director>(
    works: &[Work],
    directory: &Directory,
    director: &mut D,
) -> Result<Vec<Seen>, D::Error> {
    let open = || works.iter().enumerate().filter(|(_, work)| work.outcome.is_none());
    // An entry and the one that took its place have one key, and both may have been chosen.
    let mut by_key = HashMap::<Key, Vec<usize>>::new();
    for (index, work) in open() {
        by_key.entry(Key::of(&work.step.connection)).or_default().push(index);
    }
    let pins: Vec<_> = open()
        .filter_map(|(index, work)| match work.step.change {
            Change::Unpin(pin) => Some((index, pin)),
            _ => None,
        })
        .collect();
    let mut seen: Vec<_> = works.iter().map(|_| Seen::default()).collect();
    let mut read = |seen: &mut Vec<Seen>| {
        director.visit(&mut |listed: &Listed<'_>| {
            for index in by_key.get(&Key::of(listed)).into_iter().flatten() {
                seen[*index].add_row(Row { dest: listed.dest, expires: listed.expires });
            }
            for (index, pin) in &pins {
                if pin.contains(listed, directory) {
                    seen[*index].add_member(listed);
                }
            }
        })
    };
    read(&mut seen)?;
    // Kernels before 7.1 leave lines out of a listing that takes several reads, when entries of any
    // namespace come or go between two. So what is not there is looked for once more.
    if by_key.values().flatten().any(|index| seen[*index].rows.is_empty()) {
        read(&mut seen)?;
    }
    Ok(seen)
}

fn send<D: Director>(out: &Dispatch, director: &mut D) -> Result<(), D::Error> {
    // When the user wants an end, what is left of the round is not sent; no step that sends anything is
    // over, so that all those are told as interrupted.
    burst(&out.datagrams(director.encoder()), BREATH, director)?;
    let (datagrams, times) = out.repeated(director.encoder());
    for _ in 0..times {
        burst(&datagrams, MOMENT, director)?;
    }
    director.pause(out.pause());
    Ok(())
}

fn burst<D: Director>(
    datagrams: &[Vec<u8>],
    breath: Duration,
    director: &mut D,
) -> Result<(), D::Error> {
    for burst in datagrams.chunks(BURST) {
        if director.interrupted() {
            return Ok(());
        }
        for datagram in burst {
            director.send(datagram)?;
        }
        director.pause(if burst.len() == BURST { BREATH } else { breath });
    }
    Ok(())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What will be done to which entry.

use std::net::SocketAddr;

use ipvs_proc::Connection as Listed;
use ipvs_types::Protocol;
use serde::Serialize;

use super::key;
use super::message;
use super::pin::Pin;
use super::reason::{LeftAlone, Reason};
use crate::Connection;
use crate::table::{Conversion, Directory};

/// Changes to be made, one for each entry, and the entries that are left alone. What is chosen twice, as
/// kernels before 7.1 may list it twice, is one entry.
///
/// ```
/// use ipvs_proc::{Connection, Layout};
/// use ipvs_syncd::surgery::Plan;
/// use ipvs_syncd::table::Directory;
///
/// let line = b"UDP 0A000001 9C40 C0000201 0035 0A010002 0035 UDP             299";
/// let chosen = Connection::parse(line, Layout::Plain).expect("a connection");
/// let plan = Plan::delete([chosen], &Directory::default());
/// assert_eq!((plan.steps().len(), plan.left_alone().len()), (1, 0));
/// assert_eq!(plan.datagrams(7)[0].len(), 44);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Plan {
    steps: Vec<Step>,
    left_alone: Vec<LeftAlone>,
}

/// One change to one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The entry as it was listed.
    pub connection: Listed<'static>,
    /// What will be done to it.
    #[serde(flatten)]
    pub change: Change,
    #[serde(skip)]
    pub(super) sent: Connection<'static>,
}

/// What is done to an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// It ends.
    End,
    /// It gets another destination.
    Move {
        /// Which.
        to: SocketAddr,
    },
    /// The template ends, and before it the connections that belong to it.
    Unpin(#[serde(skip)] Pin),
    /// It is put back.
    Restore,
}

impl Step {
    /// The entry as it is sent; that of a move has the new destination.
    pub const fn sent(&self) -> &Connection<'static> {
        &self.sent
    }
}

impl Plan {
    /// Ends `chosen`, connections and templates. A template that connections belong to stays: use
    /// [`Plan::unpin`].
    pub fn delete<'l>(chosen: impl IntoIterator<Item = Listed<'l>>, directory: &Directory) -> Self {
        Self::of(chosen, |listed| match listed.is_invalid() {
            true => Err(Reason::InvalidTemplate),
            false => Ok((Change::End, sendable(listed, directory)?)),
        })
    }

    /// Gives `chosen` to the destination `to` of their services. The connections keep their state; the
    /// new server knows nothing of it, so that only protocols without one survive. Others are left alone
    /// unless `reset`.
    ///
    /// Where the destination has port 0, connections keep the port that was asked for.
    pub fn steer<'l>(
        chosen: impl IntoIterator<Item = Listed<'l>>,
        to: SocketAddr,
        reset: bool,
        directory: &Directory,
    ) -> Self {
        Self::of(chosen, |listed| {
            if listed.is_template() {
                return Err(Reason::Template);
            }
            if !reset && matches!(listed.protocol, Protocol::TCP | Protocol::SCTP) {
                return Err(Reason::WouldReset(listed.protocol));
            }
            let moved = moved(listed, to, directory)?;
            if moved.dest == listed.dest {
                return Err(Reason::AlreadyThere);
            }
            Ok((Change::Move { to: moved.dest }, sendable(&moved, directory)?))
        })
    }

    /// Ends the templates of `pins` with all connections that belong to them.
    pub fn unpin<'l>(
        pins: impl IntoIterator<Item = (Listed<'l>, Pin)>,
        directory: &Directory,
    ) -> Self {
        let mut plan = Self::default();
        let mut once = key::once();
        for (listed, pin) in pins {
            if !once(&listed) {
                continue;
            }
            let made = match listed.is_invalid() {
                true => Err(Reason::InvalidTemplate),
                false => sendable(&listed, directory).map(|sent| (Change::Unpin(pin), sent)),
            };
            plan.add(listed, made);
        }
        plan
    }

    /// Puts `connections` back, as a master would send them: what a checkpoint has. An entry that is there
    /// already stays as it is, at whatever destination.
    pub fn restore(connections: impl IntoIterator<Item = Connection<'static>>) -> Self {
        let step = |sent: Connection<'static>| {
            let connection = crate::table::listed(&sent);
            Step { connection, change: Change::Restore, sent }
        };
        let mut once = key::once();
        let steps = connections.into_iter().map(step).filter(|step| once(&step.connection));
        let steps = steps.collect();
        Self { steps, left_alone: Vec::new() }
    }

    /// The changes.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What is left alone, and why.
    pub fn left_alone(&self) -> &[LeftAlone] {
        &self.left_alone
    }

    /// Whether nothing will be done.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What is sent first, with the sync id `sync_id`: more follows where it does not suffice. Of
    /// templates that are to be freed it is what ends them when no connection belongs to them.
    pub fn datagrams(&self, sync_id: u8) -> Vec<Vec<u8>> {
        let mut out = super::dispatch::Dispatch::default();
        for step in &self.steps {
            match step.change {
                Change::End | Change::Unpin(_) => out.single(message::touch(&step.sent)),
                Change::Restore => out.single(step.sent.clone()),
                Change::Move { .. } => out.bundle(message::replace(&step.sent)),
            }
        }
        out.datagrams(crate::Encoder::new(crate::Version::V1, sync_id))
    }

    pub(super) fn into_parts(self) -> (Vec<Step>, Vec<LeftAlone>) {
        (self.steps, self.left_alone)
    }

    fn of<'l>(
        chosen: impl IntoIterator<Item = Listed<'l>>,
        change: impl Fn(&Listed<'l>) -> Result<(Change, Connection<'static>), Reason>,
    ) -> Self {
        let mut plan = Self::default();
        let mut once = key::once();
        for listed in chosen.into_iter().filter(|listed| once(listed)) {
            let made = change(&listed);
            plan.add(listed, made);
        }
        plan
    }

    fn add(&mut self, listed: Listed<'_>, made: Result<(Change, Connection<'static>), Reason>) {
        let connection = listed.into_owned();
        match made {
            Ok((change, sent)) => self.steps.push(Step { connection, change, sent }),
            Err(reason) => self.left_alone.push(LeftAlone { connection, reason }),
        }
    }
}

/// The entry as a master would send it.
pub(super) fn sendable(
    listed: &Listed<'_>,
    directory: &Directory,
) -> Result<Connection<'static>, Reason> {
    let converted = Conversion::new(directory).convert(listed)?;
    Ok(converted.connection.into_owned())
}

/// The entry with another destination of its service.
fn moved<'l>(
    listed: &Listed<'l>,
    to: SocketAddr,
    directory: &Directory,
) -> Result<Listed<'l>, Reason> {
    let mut moved = Listed { dest: to, ..listed.clone() };
    let binding = directory.binding(&moved).ok_or(Reason::NoSuchDest(to))?;
    match (binding.dest.port, listed.service) {
        (0, ipvs_proc::Virtual::Address(service)) => moved.dest.set_port(service.port()),
        (port, _) if port != to.port() => return Err(Reason::NoSuchDest(to)),
        _ => {}
    }
    Ok(moved)
}

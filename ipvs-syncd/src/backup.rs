// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel's backup daemon does with a datagram.

use std::iter::FusedIterator;

use ipvs_types::{EngineName, SyncId};

use crate::wire::{Datagram, Entries, Entry, Version};
use crate::{Connection, ConnectionFlags, DropReason, SkipReason, state};

/// A backup daemon, as far as it decides what it takes from the network.
///
/// It has no table: what becomes of an accepted connection depends on what the backup has. A new one is
/// made, whether the service exists or not. One that it has is updated, or replaced if its destination is
/// another; but a message with `INACTIVE` never replaces a connection, and is then ignored.
///
/// ```
/// use ipvs_syncd::{Backup, DropScope, Rules, Verdict};
/// use ipvs_types::SyncId;
/// let backup = Backup::new(Rules::Strict).sync_id(SyncId::new(7));
/// let verdicts: Vec<_> = backup.receive(&[0, 8, 0, 8, 0, 1, 0, 0]).collect();
/// let [Verdict::Dropped { reason, .. }] = &verdicts[..] else { panic!("one verdict") };
/// assert_eq!(reason.to_string(), "sync id 8, not 7");
/// assert_eq!(reason.scope(), DropScope::Datagram);
/// ```
#[derive(Debug, Clone)]
pub struct Backup {
    rules: Rules,
    sync_id: SyncId,
    max_len: usize,
    engines: Vec<EngineName>,
}

/// How much a kernel checks. The number of a version doesn't tell: fixes are ported to stable kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rules {
    /// It takes templates in any state or without a client port, and connections flagged as one-packet
    /// in version 1: seen on 6.12.95.
    Lax,
    /// It takes neither: seen on 6.1.192 and 7.2.12.
    Strict,
}

/// What becomes of a datagram or of one of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'d> {
    /// The backup takes the connection. It takes over
    /// [`ConnectionFlags::TAKEN_OVER`] of its flags and sets `SYNC`.
    Accepted(Connection<'d>),
    /// The backup drops something.
    Dropped {
        /// Why; how much is told by [`DropReason::scope`].
        reason: DropReason,
        /// The connection, if a single entry is dropped.
        connection: Option<Connection<'d>>,
    },
}

impl Backup {
    /// A backup that takes every sync id and datagrams of any length, and knows the engine `sip`.
    pub fn new(rules: Rules) -> Self {
        let engines = EngineName::new("sip").into_iter().collect();
        Self { rules, sync_id: SyncId::new(0), max_len: usize::MAX, engines }
    }

    /// The same with a sync id (`ipvsadm --syncid`). Id 0 takes every sender; one above 255, which the
    /// kernel lets be set, takes none.
    pub const fn sync_id(mut self, id: SyncId) -> Self {
        self.sync_id = id;
        self
    }

    /// The same with a greatest length in bytes (`ipvsadm --sync-maxlen`): it does not see what comes
    /// after. The kernel's is at least 1024, whatever was asked for.
    pub const fn max_len(mut self, bytes: u16) -> Self {
        self.max_len = bytes as usize;
        self
    }

    /// The same with other persistence engines loaded.
    pub fn engines(mut self, engines: impl IntoIterator<Item = EngineName>) -> Self {
        self.engines = engines.into_iter().collect();
        self
    }

    /// What the backup does with `datagram`: one verdict for each entry until the rest is dropped, or a
    /// single one if it drops all. None if the datagram is sound and has no entries.
    pub fn receive<'b, 'd>(&'b self, datagram: &'d [u8]) -> Received<'b, 'd> {
        let seen = &datagram[..datagram.len().min(self.max_len)];
        let outcome = match self.open(seen) {
            Ok(datagram) => Outcome::Entries(datagram.header().version, datagram.entries()),
            Err(reason) => Outcome::Dropped(Some(reason)),
        };
        Received { backup: self, outcome }
    }

    fn open<'d>(&self, seen: &'d [u8]) -> Result<Datagram<'d>, DropReason> {
        let datagram = Datagram::parse(seen)?;
        let (header, wanted) = (datagram.header(), self.sync_id.get());
        if wanted != 0 && wanted != u32::from(header.sync_id) {
            return Err(DropReason::SyncId { got: header.sync_id, wanted });
        }
        header.unknown_version.map_or(Ok(datagram), |version| Err(DropReason::Version(version)))
    }

    /// # Errors
    /// Why the entry, of a message of this version, is skipped.
    fn check(&self, version: Version, entry: &Entry<'_>) -> Result<(), SkipReason> {
        let connection = &entry.connection;
        let (template, strict) = (connection.is_template(), self.rules == Rules::Strict);
        let has = |flag| connection.flags.contains(flag);
        if let Some(kind) = entry.refused_option {
            return Err(SkipReason::UnknownOption(kind));
        }
        if has(ConnectionFlags::ONE_PACKET) && (strict || version == Version::V0) {
            return Err(SkipReason::OnePacket);
        }
        if template && strict && has(ConnectionFlags::NO_CLIENT_PORT) {
            return Err(SkipReason::TemplateWithoutPort);
        }
        let states = match state::count(connection.protocol) {
            _ if template => {
                if strict {
                    2
                } else {
                    usize::MAX
                }
            }
            Some(states) => states,
            None => return Err(SkipReason::Protocol(connection.protocol)),
        };
        if usize::from(connection.state) >= states {
            return Err(SkipReason::State(connection.state));
        }
        match (&connection.engine_data, &connection.engine_name) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(SkipReason::NamelessEngine),
            (Some(_), Some(name)) if self.knows(name) => Ok(()),
            (Some(_), Some(_)) => Err(SkipReason::EngineNotLoaded),
        }
    }

    /// The kernel compares C strings: a NUL byte ends a name.
    fn knows(&self, name: &[u8]) -> bool {
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        self.engines.iter().any(|engine| engine.as_bytes() == name)
    }
}

/// What a [`Backup`] does with a datagram, entry by entry.
#[derive(Debug, Clone)]
pub struct Received<'b, 'd> {
    backup: &'b Backup,
    outcome: Outcome<'d>,
}

#[derive(Debug, Clone)]
enum Outcome<'d> {
    Dropped(Option<DropReason>),
    Entries(Version, Entries<'d>),
}

impl<'d> Iterator for Received<'_, 'd> {
    type Item = Verdict<'d>;

    fn next(&mut self) -> Option<Verdict<'d>> {
        let dropped = |reason, connection| Verdict::Dropped { reason, connection };
        match &mut self.outcome {
            Outcome::Dropped(reason) => reason.take().map(|reason| dropped(reason, None)),
            Outcome::Entries(version, entries) => Some(match entries.next()? {
                Err(fault) => dropped(fault.into(), None),
                Ok(entry) => match self.backup.check(*version, &entry) {
                    Ok(()) => Verdict::Accepted(entry.connection),
                    Err(reason) => dropped(reason.into(), Some(entry.connection)),
                },
            }),
        }
    }
}

impl FusedIterator for Received<'_, '_> {}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listings, and how they become right while others change the table.
//!
//! The kernel answers a long question in parts and never says when somebody changed the table
//! between them: entries are then lost or doubled in silence, or old and new ones stand together. A
//! listing that must be right is therefore read until two reads agree. On kernels before 7 changes in
//! other namespaces do the same harm; two reads in a row ask for parts of different sizes, so that
//! they don't lose the same.

use std::thread;
use std::time::{Duration, Instant};

use ipvs_types::ServiceKey;

use crate::ext::Extent;
use crate::{Detail, Errno, Error, Feature, Ipvs, Refusal, Request, ServiceTable, Table};

/// However long they took, so many reads are made before a listing is given up.
const FEWEST_READS: usize = 16;

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

impl Ipvs {
    /// How long settled listings are tried before [`Error::Unsettled`], unless
    /// [`Options::settle_within`](crate::Options::settle_within) says something else.
    pub const SETTLE_WITHIN: Duration = Duration::from_secs(5);

    /// All services with their destinations. One read: if somebody changes the table meanwhile, it
    /// may lack entries.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    pub fn table(&mut self) -> Result<Table, Error> {
        self.backend.table()
    }

    /// All services with their destinations, from the cheapest source that shows `detail`. One read:
    /// if somebody changes the table meanwhile, it may lack entries.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    pub fn listing(&mut self, detail: Detail) -> Result<Table, Error> {
        self.backend.listing(detail)
    }

    /// One service with its destinations; otherwise as [`Ipvs::listing`].
    ///
    /// # Errors
    /// `ESRCH` when the service does not exist.
    pub fn service_listing(
        &mut self,
        service: ServiceKey,
        detail: Detail,
    ) -> Result<ServiceTable, Error> {
        self.backend.service_listing(service, detail)
    }

    /// All services with their destinations as the table really was at one moment.
    ///
    /// It is read until two reads in a row agree in every key, configuration and position. The order
    /// counts because it tells: a destination that was removed and added again moves to the front.
    ///
    /// What the second look can't see is a change that is exactly undone between the two reads, and
    /// what `detail` leaves out. Nor does it look at what is counted: connection numbers, counters
    /// and rates are those of one read, service by service, and move on their own anyway; nor at
    /// tunnel options of destinations that are not tunnelled, which mean nothing.
    ///
    /// A patched kernel tells in one pass, and vouches for it: see [`Ipvs::snapshot`].
    ///
    /// # Errors
    /// [`Error::Unsettled`] when others change the table all the time.
    pub fn settled(&mut self, detail: Detail) -> Result<Table, Error> {
        if self.takes_snapshots() {
            return Ok(self.snapshot(Extent::Counted)?.table);
        }
        self.settle(
            |ipvs, detail| ipvs.listing(detail),
            |first, second| first.agrees(second, detail),
            detail,
        )
    }

    /// One service with its destinations as it really was at one moment; see [`Ipvs::settled`].
    ///
    /// # Errors
    /// `ESRCH` when the service does not exist; [`Error::Unsettled`].
    pub fn settled_service(
        &mut self,
        service: ServiceKey,
        detail: Detail,
    ) -> Result<ServiceTable, Error> {
        if self.takes_snapshots() {
            let snapshot = self.settled_snapshot(Some(service), Extent::Counted)?;
            let missing = || Refusal::new(Request::GetService(service), Errno::ESRCH);
            return Ok(snapshot.table.services.into_iter().next().ok_or_else(missing)?);
        }
        self.settle(
            |ipvs, detail| ipvs.service_listing(service, detail),
            |first, second| first.agrees(second, detail),
            detail,
        )
    }

    /// All services with their destinations and everything about them, as the table really was:
    /// [`Ipvs::settled`] in full detail.
    ///
    /// # Errors
    /// [`Error::Unsettled`] when others change the table all the time.
    pub fn settled_table(&mut self) -> Result<Table, Error> {
        self.settled(Detail::FULL)
    }

    /// Whether the kernel has something better than two reads. If that can't be found out, two reads do.
    pub(crate) fn takes_snapshots(&mut self) -> bool {
        matches!(self.has_beyond_stock(Feature::Snapshot), Ok(Some(true)))
    }

    /// Reads in pairs, without a pause within a pair. The second read of a pair is only there to be
    /// compared, so that it shows no more than that takes.
    fn settle<T>(
        &mut self,
        mut read: impl FnMut(&mut Self, Detail) -> Result<T, Error>,
        agree: impl Fn(&T, &T) -> bool,
        detail: Detail,
    ) -> Result<T, Error> {
        let begin = Instant::now();
        let mut reads = 0;
        loop {
            let first = read(self, detail)?;
            let second = read(self, detail.rules())?;
            reads += 2;
            if agree(&first, &second) {
                return Ok(first);
            }
            let waited = begin.elapsed();
            if waited >= self.settle_within && reads >= FEWEST_READS {
                return Err(Error::Unsettled { reads });
            }
            // Whoever makes many changes is done sooner if nobody reads meanwhile.
            thread::sleep((waited / 8).min(LONGEST_PAUSE));
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client: one conversation with the IPVS of one network namespace.

use std::fmt;
use std::time::Duration;

use ipvs_types::{Timeouts, TimeoutsChange};

use crate::ext::Known;
use crate::netns::OpenNetns;
use crate::{Backend, Batch, Error, Feature, Info, Operation, Outcome, Support};

/// A conversation with the kernel's IPVS in one network namespace.
pub struct Ipvs {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) settle_within: Duration,
    /// Kept for sockets that are opened later.
    pub(crate) netns: Option<OpenNetns>,
    pub(crate) known: Known,
}

impl fmt::Debug for Ipvs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ipvs").field("backend", &self.backend.name()).finish()
    }
}

impl Ipvs {
    pub(crate) fn new(
        backend: Box<dyn Backend>,
        settle_within: Duration,
        netns: Option<OpenNetns>,
    ) -> Self {
        Self { backend, settle_within, netns, known: Known::default() }
    }

    /// A client on a backend of the caller's choice.
    pub fn with_backend(backend: impl Backend + 'static) -> Self {
        Self::new(Box::new(backend), Self::SETTLE_WITHIN, None)
    }

    /// The same client, which tries settled listings for this long; see
    /// [`Options::settle_within`](crate::Options::settle_within).
    #[must_use]
    pub fn settling_within(mut self, limit: Duration) -> Self {
        self.settle_within = limit;
        self
    }

    /// The backend in use: `netlink`, `sockopt`, or the name of one's own.
    pub fn backend_name(&self) -> &'static str {
        self.backend.name()
    }

    /// Whether this kernel and backend can do `feature`.
    pub fn supports(&mut self, feature: Feature) -> Support {
        match self.has_beyond_stock(feature) {
            Ok(Some(true)) => Support::Supported,
            Ok(Some(false)) => Support::Unsupported,
            Ok(None) => self.backend.supports(feature),
            Err(error) => Support::Unknown(error),
        }
    }

    /// Version and connection table size.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    pub fn info(&mut self) -> Result<Info, Error> {
        self.backend.info()
    }

    /// The connection timeouts (`ipvsadm -L --timeout`).
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    pub fn timeouts(&mut self) -> Result<Timeouts, Error> {
        self.backend.timeouts()
    }

    /// Changes connection timeouts (`ipvsadm --set`); a [`Timeouts`] or a part.
    ///
    /// # Errors
    /// `EINVAL` for a timeout beyond the kernel's range.
    pub fn set_timeouts(&mut self, change: impl Into<TimeoutsChange>) -> Result<(), Error> {
        self.change(Operation::SetTimeouts { change: change.into() })
    }

    /// Starts a batch of changes.
    pub fn batch(&mut self) -> Batch<'_> {
        Batch::new(self)
    }

    /// Applies operations in order, in as few system calls as the backend can; one outcome each.
    ///
    /// # Errors
    /// When the conversation fails, or a value can't be sent (then nothing was):
    /// [`Error::Unsupported`] for FULLNAT on a kernel that has not announced it.
    pub fn commit(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        self.admit(operations)?;
        self.backend.commit(operations)
    }

    /// Applies one operation.
    ///
    /// # Errors
    /// [`Error::Refused`] when the kernel refuses it.
    pub fn change(&mut self, operation: Operation) -> Result<(), Error> {
        let outcome = self.commit(&[operation])?.into_iter().next();
        let missing =
            || Error::OutcomeUnknown { request: Box::new(operation.into()), confirmed: 0 };
        Ok(outcome.ok_or_else(missing)??)
    }
}

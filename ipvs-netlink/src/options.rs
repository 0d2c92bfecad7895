// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a client is opened.

use std::time::Duration;

use crate::netns::Netns;
use crate::transport::{self, Choice};
use crate::{Error, Ipvs};

/// Where and how to open a client; made by [`Ipvs::options`].
///
/// ```no_run
/// use std::time::Duration;
/// use ipvs_netlink::Ipvs;
/// let mut ipvs = Ipvs::options().netns("blue").timeout(Duration::from_secs(2)).open()?;
/// println!("{} services", ipvs.services()?.len());
/// # Ok::<(), ipvs_netlink::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing happens until `open`"]
pub struct Options {
    netns: Option<Netns>,
    choice: Choice,
    timeout: Duration,
    settle_within: Duration,
}

impl Options {
    pub(crate) fn new() -> Self {
        Self {
            netns: None,
            choice: Choice::Auto,
            timeout: Duration::from_secs(10),
            settle_within: Ipvs::SETTLE_WITHIN,
        }
    }

    /// Opens in this namespace: a name, a path (with a slash) or a process id.
    pub fn netns(mut self, netns: impl Into<Netns>) -> Self {
        self.netns = Some(netns.into());
        self
    }

    /// Uses generic netlink and nothing else, not even for listings that the socket options give
    /// cheaper.
    pub fn only_netlink(mut self) -> Self {
        self.choice = Choice::Netlink;
        self
    }

    /// Uses the legacy socket options or nothing: IPv4 only, counters of 32 bits.
    pub fn only_sockopt(mut self) -> Self {
        self.choice = Choice::Sockopt;
        self
    }

    /// How long to wait for each answer before [`Error::Timeout`]; 10 s at first, at least 1 ms.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// How long to try listings that must be right before [`Error::Unsettled`]; 5 s at first. A few
    /// attempts are made in any case.
    pub fn settle_within(mut self, limit: Duration) -> Self {
        self.settle_within = limit;
        self
    }

    /// Opens the client.
    ///
    /// # Errors
    /// [`Error::ModuleMissing`] when the kernel has no IPVS, [`Error::PermissionDenied`] when
    /// neither interface lets the caller in, [`Error::Namespace`] when the namespace can't be
    /// entered.
    pub fn open(self) -> Result<Ipvs, Error> {
        let open = || transport::open(self.choice, self.timeout);
        let netns = self.netns.map(Netns::open).transpose()?;
        let backend = match &netns {
            None => open()?,
            Some(netns) => netns.run(open)??,
        };
        Ok(Ipvs::new(backend, self.settle_within, netns))
    }
}

impl Ipvs {
    /// Opens a client in the calling thread's network namespace.
    ///
    /// Speaks generic netlink; where the kernel has no such family, or refuses it to a caller that
    /// owns the namespace (root of a user namespace), the socket options.
    ///
    /// # Errors
    /// As [`Options::open`].
    pub fn open() -> Result<Self, Error> {
        Self::options().open()
    }

    /// Opens a client in another network namespace: a name, a path (with a slash) or a process id.
    ///
    /// # Errors
    /// As [`Options::open`].
    pub fn in_netns(netns: impl Into<Netns>) -> Result<Self, Error> {
        Self::options().netns(netns).open()
    }

    /// Opens a client in a way of one's own.
    pub fn options() -> Options {
        Options::new()
    }
}

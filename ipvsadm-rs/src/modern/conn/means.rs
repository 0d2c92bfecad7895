// SPDX-License-Identifier: MIT OR Apache-2.0
//! By what means connections are read and deleted: the best that the kernel has.

use ipvs_netlink::ext::Tier;
use ipvs_netlink::{Error, Feature, Ipvs, Netns, Support};

use crate::legacy::streams::Io;
use crate::modern::warn;

/// A way to delete connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// A command of a patched kernel.
    Netlink,
    /// The add-on module, which deletes connections but no templates.
    Module,
    /// Messages to the kernel's backup daemon.
    Sync,
}

impl Means {
    /// The best that there is.
    pub(super) fn best(ipvs: &mut Ipvs) -> Self {
        let listed = has(ipvs, Feature::ListConnections);
        match (
            listed && has(ipvs, Feature::DeleteConnections),
            has(ipvs, Feature::DeleteConnection),
        ) {
            (true, _) => Self::Netlink,
            (false, true) => Self::Module,
            (false, false) => Self::Sync,
        }
    }

    /// What JSON calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Netlink => "netlink",
            Self::Module => "module",
            Self::Sync => "sync",
        }
    }

    /// The same in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Netlink => "connections are deleted by netlink",
            Self::Module => "connections are deleted by the module ip_vs_connctl",
            Self::Sync => "connections are deleted by messages to the backup daemon",
        }
    }
}

fn has(ipvs: &mut Ipvs, feature: Feature) -> bool {
    matches!(ipvs.supports(feature), Support::Supported)
}

/// Says on standard error which kernel it is, and what is done there.
pub(super) fn say(tier: Tier, what: &str, io: &mut Io<'_>) {
    warn(io, &format!("{tier}: {what}"));
}

/// A client for listing connections, if the kernel lists them by netlink and lets the caller in. What
/// hinders it is no failure: there is /proc for everybody.
pub(super) fn lister(
    netns: Option<&Netns>,
    verbose: bool,
    io: &mut Io<'_>,
    connect: impl FnOnce() -> Result<Ipvs, Error>,
) -> Option<Ipvs> {
    let opened = match netns {
        Some(netns) => Ipvs::in_netns(netns.clone()),
        None => connect(),
    };
    let known = opened.and_then(|mut ipvs| Ok((ipvs.tier()?, ipvs)));
    let (tier, mut ipvs) = match known {
        Ok(known) => known,
        Err(error) => {
            if verbose {
                warn(io, &format!("connections are read from /proc: {error}"));
            }
            return None;
        }
    };
    let listed = has(&mut ipvs, Feature::ListConnections);
    if verbose {
        let what = if listed { "read by netlink" } else { "read from /proc/net/ip_vs_conn" };
        say(tier, &format!("connections are {what}"), io);
    }
    listed.then_some(ipvs)
}

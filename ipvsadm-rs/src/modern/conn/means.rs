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
    /// The best that there is. Where that can't be found out, none is chosen: the next best would do more
    /// than was asked for.
    pub(super) fn best(ipvs: &mut Ipvs) -> Result<Self, Error> {
        let listed = has(ipvs, Feature::ListConnections)?;
        Ok(if listed && has(ipvs, Feature::DeleteConnections)? {
            Self::Netlink
        } else if has(ipvs, Feature::DeleteConnection)? {
            Self::Module
        } else {
            Self::Sync
        })
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

fn has(ipvs: &mut Ipvs, feature: Feature) -> Result<bool, Error> {
    match ipvs.supports(feature) {
        Support::Supported => Ok(true),
        Support::Unknown(error) => Err(error),
        _ => Ok(false),
    }
}

/// Says on standard error which kernel it is, and what is done there.
pub(super) fn say(tier: Tier, what: &str, io: &mut Io<'_>) {
    warn(io, &format!("{tier}: {what}"));
}

/// A client for listing connections, if the kernel lets the caller in. What hinders it is no failure: there
/// is /proc for everybody.
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
    let known = opened.and_then(|mut ipvs| {
        // Only who wants to know it has the kernel look for the module that deletes.
        let tier = verbose.then(|| ipvs.tier()).transpose()?;
        Ok((tier, has(&mut ipvs, Feature::ListConnections)?, ipvs))
    });
    let (tier, listed, ipvs) = match known {
        Ok(known) => known,
        Err(error) => {
            if verbose {
                warn(io, &format!("connections are read from /proc: {error}"));
            }
            return None;
        }
    };
    if let Some(tier) = tier {
        let what = if listed { "read by netlink" } else { "read from /proc/net/ip_vs_conn" };
        say(tier, &format!("connections are {what}"), io);
    }
    Some(ipvs)
}

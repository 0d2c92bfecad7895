// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may be in a ruleset that comes from outside: nothing twice, and no value that every kernel
//! refuses or misreads.

use std::time::Duration;

use ipvs_types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, MAX_PERSISTENCE, Method, ServiceConfig,
    ServiceFlags, ServiceKey, Timeouts,
};

use super::Ruleset;

/// Why something can't be part of a [`Ruleset`]: names the value, its place and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRuleset {
    /// The serde form is of another version.
    #[error("ruleset version {found} can't be read: expected {}", Ruleset::VERSION)]
    Version {
        /// The version of the document.
        found: u32,
    },
    /// A service is there already.
    #[error("service {service} is there twice: remove one")]
    DuplicateService {
        /// Which one.
        service: ServiceKey,
    },
    /// A destination is there already.
    #[error("destination {dest} of {service} is there twice: remove one")]
    DuplicateDest {
        /// Of which service.
        service: ServiceKey,
        /// Which destination.
        dest: DestKey,
    },
    /// Two daemons of one role.
    #[error("there are two {role} daemons: a namespace runs at most one, remove the other")]
    DuplicateDaemon {
        /// The role.
        role: DaemonRole,
    },
    /// The service is not there.
    #[error("service {service} is not in the ruleset: add it first")]
    NoSuchService {
        /// Which one.
        service: ServiceKey,
    },
    /// The destination is not there.
    #[error("destination {dest} of {service} is not in the ruleset: add it first")]
    NoSuchDest {
        /// Of which service.
        service: ServiceKey,
        /// Which destination.
        dest: DestKey,
    },
    /// A value that no kernel takes, or that it would misread.
    #[error("{place}: {what}")]
    Value {
        /// Where: service, destination, daemon or timeouts.
        place: String,
        /// Which value, and what is accepted.
        what: String,
    },
    /// The synchronisation protocol can't carry such destinations, so kernels refuse the pair.
    #[error(
        "destination {dest} of {service} is of another address family than the service, which \
         excludes sync daemons: remove the destination or the daemons"
    )]
    MixedWithDaemon {
        /// Of which service.
        service: ServiceKey,
        /// Which destination.
        dest: DestKey,
    },
}

fn require(
    good: bool,
    place: impl FnOnce() -> String,
    what: impl FnOnce() -> String,
) -> Result<(), InvalidRuleset> {
    if good { Ok(()) } else { Err(InvalidRuleset::Value { place: place(), what: what() }) }
}

pub(super) fn service(key: ServiceKey, config: &ServiceConfig) -> Result<(), InvalidRuleset> {
    let place = || format!("service {key}");
    let flags = config.flags.bits();
    require(flags & ServiceFlags::RESERVED == 0, place, || {
        format!("flags {flags:#x} contain bits 0x1 or 0x2, which the kernel keeps for itself")
    })?;
    let Some(persistence) = config.persistence else { return Ok(()) };
    let (timeout, granularity) = (persistence.timeout, persistence.granularity);
    require(granularity.fits(key.family()), place, || {
        format!("persistence granularity `{granularity}` is not one for {}", key.family())
    })?;
    require(timeout.subsec_nanos() == 0 && timeout <= MAX_PERSISTENCE, place, || {
        format!("persistence of {timeout:?}: expected whole seconds, at most {MAX_PERSISTENCE:?}")
    })
}

pub(super) fn dest(
    service: ServiceKey,
    key: DestKey,
    config: &DestConfig,
) -> Result<(), InvalidRuleset> {
    let place = || format!("destination {key} of {service}");
    let number = |n: Option<std::num::NonZeroU32>| n.map_or(0, u32::from);
    let (upper, lower) = (number(config.upper_threshold), number(config.lower_threshold));
    require(config.weight <= i32::MAX as u32, place, || {
        format!("weight {} is above {}", config.weight, i32::MAX)
    })?;
    require(lower <= upper, place, || {
        format!("lower threshold {lower} is above the upper threshold {upper}")
    })?;
    let mixed = key.family() != service.family();
    require(!mixed || config.forward.method() == Method::TUNNEL, place, || {
        "its family is not the service's: only tunnels can cross families".into()
    })
}

pub(super) fn timeouts(timeouts: &Timeouts) -> Result<(), InvalidRuleset> {
    let named = [("tcp", timeouts.tcp), ("tcp_fin", timeouts.tcp_fin), ("udp", timeouts.udp)];
    for (name, value) in named {
        let whole = value.subsec_nanos() == 0;
        let range = Duration::from_secs(1)..=Duration::from_secs(i32::MAX as u64);
        require(
            whole && range.contains(&value),
            || format!("timeout {name}"),
            || format!("{value:?}: expected whole seconds from 1 to {}", i32::MAX),
        )?;
    }
    Ok(())
}

pub(super) fn daemon(daemon: &DaemonConfig) -> Result<(), InvalidRuleset> {
    let Some(group) = daemon.group else { return Ok(()) };
    require(
        group.is_multicast(),
        || format!("{} daemon", daemon.role),
        || format!("group {group} is not a multicast address"),
    )
}

impl Ruleset {
    /// Checks what concerns the ruleset as a whole: a sync daemon and a destination of another
    /// family than its service exclude each other. Reading one from text checks it too.
    ///
    /// # Errors
    /// [`InvalidRuleset::MixedWithDaemon`] with the first such destination.
    pub fn check(&self) -> Result<(), InvalidRuleset> {
        let daemons = self.daemons.as_ref().is_some_and(|daemons| !daemons.is_empty());
        match self.mixed_dests().next() {
            Some((service, dest)) if daemons => {
                Err(InvalidRuleset::MixedWithDaemon { service, dest })
            }
            _ => Ok(()),
        }
    }

    /// Destinations of another family than their service.
    pub(super) fn mixed_dests(&self) -> impl Iterator<Item = (ServiceKey, DestKey)> {
        self.services.iter().flat_map(|(service, rules)| {
            let mixed = rules.dests.keys().filter(|dest| dest.family() != service.family());
            mixed.map(|dest| (*service, *dest))
        })
    }
}

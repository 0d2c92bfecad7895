// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a request takes, and what of it this kernel has; found out once.

use ipvs_types::Method;

use super::{Announced, Extended, Features, Tier};
use crate::{Error, Feature, Ipvs, Request};

/// What a client has found out so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    announced: Option<Option<Announced>>,
    add_on: Option<bool>,
}

/// The remedy where a kernel or interface lacks `feature`.
const fn remedy(feature: Feature) -> &'static str {
    match feature {
        Feature::ListConnections | Feature::CountConnections => {
            "it takes a kernel with the family ipvs_ext (kernel-patches/); \
             `ipvsadm -Lnc` reads /proc/net/ip_vs_conn instead"
        }
        Feature::DeleteConnection => {
            "it takes a kernel with the family ipvs_ext (kernel-patches/) or the module ip_vs_connctl; \
             `ipvsadm conn delete` does without"
        }
        Feature::DeleteConnections => {
            "it takes a kernel with the family ipvs_ext (kernel-patches/); \
             `ipvsadm conn delete` does without"
        }
        Feature::Events => {
            "it takes a kernel with the family ipvs_ext (kernel-patches/); compare listings instead"
        }
        Feature::Snapshot => {
            "it takes a kernel with the family ipvs_ext (kernel-patches/); \
             settled listings are the same, slower"
        }
        Feature::Fullnat => {
            "this kernel would drop all packets: take masquerading (`-m`), with the module ip_vs_toa \
             if servers shall know their clients"
        }
        _ => "use netlink as root instead",
    }
}

/// The command of `ipvs_ext` that does it.
const fn command(feature: Feature) -> Option<Features> {
    match feature {
        Feature::ListConnections => Some(Features::CONN_GET),
        Feature::CountConnections => Some(Features::CONN_COUNT),
        Feature::DeleteConnection | Feature::DeleteConnections => Some(Features::CONN_DEL),
        Feature::Events => Some(Features::EVENTS),
        Feature::Snapshot => Some(Features::SNAPSHOT),
        _ => None,
    }
}

impl Ipvs {
    /// What the kernel announced when it was first asked.
    pub(super) fn announced(&mut self) -> Result<Option<Announced>, Error> {
        if let Some(known) = self.known.announced {
            return Ok(known);
        }
        let announced = match self.backend.extended() {
            Some(extended) => extended.announced()?,
            None => None,
        };
        self.known.announced = Some(announced);
        Ok(announced)
    }

    pub(super) fn has_add_on(&mut self) -> Result<bool, Error> {
        if let Some(known) = self.known.add_on {
            return Ok(known);
        }
        let found = match self.backend.extended() {
            Some(extended) => extended.has_add_on()?,
            None => false,
        };
        self.known.add_on = Some(found);
        Ok(found)
    }

    /// The module was unloaded: it is looked for again when it is wanted next.
    pub(super) const fn forget_add_on(&mut self) {
        self.known.add_on = None;
    }

    /// Which means this kernel has beyond the stock interface. It is asked once; a module that is loaded
    /// later is not noticed.
    ///
    /// # Errors
    /// When the conversation fails.
    pub fn tier(&mut self) -> Result<Tier, Error> {
        match self.announced()? {
            Some(announced) => Ok(Tier::Patched { features: announced.features }),
            None if self.has_add_on()? => Ok(Tier::AddOn),
            None => Ok(Tier::Stock),
        }
    }

    /// Whether the kernel can do something that is not in the stock interface; `None` if it is.
    pub(crate) fn has_beyond_stock(&mut self, feature: Feature) -> Result<Option<bool>, Error> {
        if feature == Feature::Fullnat {
            let announced = self.announced()?;
            return Ok(Some(announced.is_some_and(|a| a.fullnat == Some(Method::FULLNAT))));
        }
        let Some(command) = command(feature) else { return Ok(None) };
        let patched = self.announced()?.is_some_and(|a| a.features.contains(command));
        Ok(Some(patched || feature == Feature::DeleteConnection && self.has_add_on()?))
    }

    /// The way to do it, or an error that says what is missing; nothing is sent then.
    pub(super) fn extended_with(
        &mut self,
        feature: Feature,
        request: Request,
    ) -> Result<&mut dyn Extended, Error> {
        let there = self.has_beyond_stock(feature)? == Some(true);
        let backend = self.backend.name();
        match self.backend.extended() {
            Some(extended) if there => Ok(extended),
            _ => Err(unsupported(request, feature, backend)),
        }
    }
}

/// The error for what is missing.
pub(crate) fn unsupported(request: Request, feature: Feature, backend: &'static str) -> Error {
    Error::Unsupported { request: Box::new(request), feature, backend, remedy: remedy(feature) }
}

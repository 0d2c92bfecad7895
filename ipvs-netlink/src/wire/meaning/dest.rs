// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the attributes of a destination mean.

use std::num::NonZeroU32;

use ipvs_types::{DestConfig, DestKey, Family, Forward, Method, RawForward, TunnelFlags};

use super::service::{address, either, family, unknown};
use super::{dest_nest, last};
use crate::DestEntry;
use crate::wire::{DestAttribute as A, IpvsMessage};

/// The destination in an answer about a service of `service_family`.
pub(crate) fn dest(message: &IpvsMessage, service_family: Family) -> Option<DestEntry> {
    let nest = dest_nest(message)?;
    let mut entry = DestEntry::new(key(nest, service_family)?, config(nest)?);
    entry.active = last(nest, |a| if let A::ActiveConnections(n) = a { Some(*n) } else { None })?;
    entry.inactive =
        last(nest, |a| if let A::InactiveConnections(n) = a { Some(*n) } else { None })?;
    entry.persistent =
        last(nest, |a| if let A::PersistentConnections(n) = a { Some(*n) } else { None })?;
    let wide = last(nest, |a| if let A::Stats64(n) = a { Some(&n.attributes) } else { None });
    let narrow = last(nest, |a| if let A::Stats(n) = a { Some(&n.attributes) } else { None });
    entry.stats = either(wide, narrow)?;
    let unknown = nest.iter().filter_map(|a| match a {
        A::Other(other) => unknown(other),
        _ => None,
    });
    entry.unknown = unknown.collect();
    Some(entry)
}

pub(super) fn key(nest: &[A], service_family: Family) -> Option<DestKey> {
    let family = match last(nest, |a| if let A::Family(f) = a { Some(*f) } else { None }) {
        None | Some(0) => service_family,
        Some(number) => family(number)?,
    };
    let bytes = last(nest, |a| if let A::Address(b) = a { Some(*b) } else { None })?;
    let port = last(nest, |a| if let A::Port(p) = a { Some(*p) } else { None })?;
    Some(DestKey { address: address(bytes, family), port })
}

/// The configuration; missing tunnel options are zero.
pub(super) fn config(nest: &[A]) -> Option<DestConfig> {
    let method = last(nest, |a| if let A::Method(m) = a { Some(*m) } else { None })?;
    let tunnel_type = last(nest, |a| if let A::TunnelType(t) = a { Some(*t) } else { None });
    let tunnel_port = last(nest, |a| if let A::TunnelPort(p) = a { Some(*p) } else { None });
    let tunnel_flags = last(nest, |a| if let A::TunnelFlags(f) = a { Some(*f) } else { None });
    let raw = RawForward {
        method: Method::from_flags(method),
        tunnel_type: tunnel_type.unwrap_or(0),
        tunnel_port: tunnel_port.unwrap_or(0),
        tunnel_flags: tunnel_flags.unwrap_or(TunnelFlags::empty()),
    };
    let mut config = DestConfig::new(Forward::from(raw));
    config.weight = last(nest, |a| if let A::Weight(w) = a { Some(*w) } else { None })?;
    let upper = last(nest, |a| if let A::UpperThreshold(n) = a { Some(*n) } else { None })?;
    let lower = last(nest, |a| if let A::LowerThreshold(n) = a { Some(*n) } else { None })?;
    config.upper_threshold = NonZeroU32::new(upper);
    config.lower_threshold = NonZeroU32::new(lower);
    Some(config)
}

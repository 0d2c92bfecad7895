// SPDX-License-Identifier: MIT OR Apache-2.0
//! Destinations.

use arbitrary::{Result, Unstructured};
use ipvs_netlink::types::{DestConfig, DestKey, Forward, Method, RawForward, TunnelFlags};

pub(crate) fn dest_key(u: &mut Unstructured<'_>) -> Result<DestKey> {
    Ok(DestKey { address: u.arbitrary()?, port: u.arbitrary()? })
}

pub(crate) fn dest_config(u: &mut Unstructured<'_>) -> Result<DestConfig> {
    let raw = RawForward {
        method: Method::from_flags(u.arbitrary()?),
        tunnel_type: u.arbitrary()?,
        tunnel_port: u.arbitrary()?,
        tunnel_flags: TunnelFlags::from_bits_retain(u.arbitrary()?),
    };
    let config = DestConfig::new(Forward::from(raw)).weight(u.arbitrary()?);
    Ok(config.thresholds(u.arbitrary()?, u.arbitrary()?))
}

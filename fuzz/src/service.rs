// SPDX-License-Identifier: MIT OR Apache-2.0
//! Services.

use std::num::NonZeroU32;

use arbitrary::{Result, Unstructured};
use ipvs_netlink::types::{
    EngineName, Family, Granularity, Persistence, Protocol, Scheduler, ServiceConfig, ServiceFlags,
    ServiceKey,
};

use crate::request::duration;

/// A name of up to `most` bytes, if `make` takes it.
pub(crate) fn name<T>(
    u: &mut Unstructured<'_>,
    most: usize,
    make: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<Option<T>> {
    let mut bytes = vec![0; u.int_in_range(0..=most)?];
    u.fill_buffer(&mut bytes)?;
    Ok(make(&bytes))
}

pub(crate) fn service_key(u: &mut Unstructured<'_>) -> Result<ServiceKey> {
    if let Some(mark) = u.arbitrary::<Option<NonZeroU32>>()? {
        let family = u.choose(&[Family::Ipv4, Family::Ipv6])?;
        return Ok(ServiceKey::fwmark(mark, *family));
    }
    let protocol = Protocol(u.arbitrary()?);
    Ok(ServiceKey::Address { protocol, address: u.arbitrary()?, port: u.arbitrary()? })
}

/// A configuration, sometimes with the granularity of the other family.
pub(crate) fn service_config(
    u: &mut Unstructured<'_>,
    service: ServiceKey,
) -> Result<ServiceConfig> {
    let scheduler = name(u, 15, |bytes| Scheduler::new(bytes).ok())?.unwrap_or(Scheduler::RR);
    let mut config = ServiceConfig::new(scheduler);
    config.flags = ServiceFlags::from_kernel(u.arbitrary()?);
    config.engine = name(u, 16, |bytes| EngineName::new(bytes).ok())?;
    if u.arbitrary()? {
        let family = match (service.family(), u.ratio(1, 8)?) {
            (Family::Ipv4, false) | (Family::Ipv6, true) => Family::Ipv4,
            (Family::Ipv4, true) | (Family::Ipv6, false) => Family::Ipv6,
        };
        let granularity = match family {
            Family::Ipv4 => Granularity::ipv4(u.arbitrary()?),
            Family::Ipv6 => Granularity::ipv6(u.int_in_range(1..=128)?).unwrap_or_default(),
        };
        config.persistence = Some(Persistence { timeout: duration(u.arbitrary()?), granularity });
    }
    Ok(config)
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `IPVS_CMD_ATTR_SERVICE` nest.

use std::net::Ipv4Addr;

use ipvs_types::{Family, MAX_PERSISTENCE, Persistence, ServiceConfig, ServiceKey};

use crate::wire::number::{family, message, service};
use crate::wire::write::Writer;

/// `AF_INET` or `AF_INET6`.
pub(in crate::wire) const fn af(family: Family) -> u16 {
    match family {
        Family::Ipv4 => family::INET,
        Family::Ipv6 => family::INET6,
    }
}

/// What the kernel would store as something else, with the remedy.
pub(super) fn check(key: &ServiceKey, config: &ServiceConfig) -> Result<(), String> {
    let Some(Persistence { timeout, granularity }) = config.persistence else { return Ok(()) };
    let most = MAX_PERSISTENCE.as_secs();
    if timeout > MAX_PERSISTENCE {
        let given = timeout.as_secs();
        return Err(format!("persistence timeout {given} s is too long: give at most {most} s"));
    }
    if timeout.subsec_nanos() != 0 {
        let given = timeout.as_secs_f64();
        return Err(format!(
            "persistence timeout {given} s has a fraction: give whole seconds, at most {most}"
        ));
    }
    match key.family() {
        family if granularity.fits(family) => Ok(()),
        Family::Ipv4 => Err(format!(
            "persistence granularity {granularity} is an IPv6 prefix but the service is IPv4: give \
             a netmask such as 255.255.255.0"
        )),
        Family::Ipv6 => Err(format!(
            "persistence granularity {granularity} is an IPv4 netmask but the service is IPv6: \
             give a prefix from /1 to /128"
        )),
    }
}

/// The nest with what identifies a service.
pub(super) fn key_nest(w: &mut Writer<'_>, key: &ServiceKey) {
    w.nest(message::SERVICE, |w| key_attributes(w, key));
}

/// The nest with all that defines a service; of the flags, the bits in `mask` count.
pub(super) fn full_nest(w: &mut Writer<'_>, key: &ServiceKey, config: &ServiceConfig, mask: u32) {
    w.nest(message::SERVICE, |w| {
        key_attributes(w, key);
        config_attributes(w, key.family(), config, mask);
    });
}

pub(in crate::wire) fn key_attributes(w: &mut Writer<'_>, key: &ServiceKey) {
    w.u16(service::AF, af(key.family()));
    match *key {
        ServiceKey::Address { protocol, address, port } => {
            w.u16(service::PROTOCOL, protocol.number());
            w.address(service::ADDR, address);
            w.be16(service::PORT, port);
        }
        ServiceKey::Fwmark { mark, .. } => w.u32(service::FWMARK, mark.get()),
    }
}

fn config_attributes(w: &mut Writer<'_>, family: Family, config: &ServiceConfig, mask: u32) {
    let persistence = config.persistence;
    let flags = config.flags.to_kernel(persistence.is_some());
    let mut flags_and_mask = [0; 8];
    flags_and_mask[..4].copy_from_slice(&flags.to_ne_bytes());
    flags_and_mask[4..].copy_from_slice(&mask.to_ne_bytes());
    let seconds = persistence.map_or(0, |p| p.timeout.as_secs() as u32); // `check` has compared it
    let granularity = persistence.map(|p| p.granularity).unwrap_or_default();

    w.name(service::SCHED_NAME, config.scheduler.as_bytes());
    w.bytes(service::FLAGS, &flags_and_mask);
    w.u32(service::TIMEOUT, seconds);
    match family {
        Family::Ipv4 => {
            let mask = granularity.ipv4_mask().unwrap_or(Ipv4Addr::BROADCAST);
            w.bytes(service::NETMASK, &mask.octets());
        }
        Family::Ipv6 => w.u32(service::NETMASK, granularity.ipv6_prefix().unwrap_or(128).into()),
    }
    if let Some(engine) = config.engine {
        w.name(service::PE_NAME, engine.as_bytes());
    }
}

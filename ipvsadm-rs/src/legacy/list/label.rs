// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a service is called, in listings and in saved rules.

use ipvs_netlink::types::{Family, Protocol, Scheduler, ServiceConfig, ServiceFlags, ServiceKey};

use super::names::Names;
use super::text;
use crate::legacy::sched_flags;

/// Width of a label in a listing; IPv4 labels are cut to it.
pub const WIDTH: usize = 33;

/// Writes the label of a service in a listing: `TCP  10.0.0.1:80`, `FWM  7 IPv6`.
pub fn listed(out: &mut Vec<u8>, key: &ServiceKey, names: &mut Names<'_>) {
    let start = out.len();
    match *key {
        ServiceKey::Address { protocol, address, port } => {
            out.extend_from_slice(match protocol {
                Protocol::TCP => b"TCP  ",
                Protocol::UDP => b"UDP  ",
                Protocol::SCTP => b"SCTP ",
                _ => b"?    ",
            });
            names.endpoint(out, (address, port), Some(protocol));
            if address.is_ipv4() {
                text::cut(out, start, WIDTH);
            }
        }
        ServiceKey::Fwmark { mark, family } => {
            out.extend_from_slice(b"FWM  ");
            text::signed(out, mark.get());
            if family == Family::Ipv6 {
                out.extend_from_slice(b" IPv6");
            }
        }
    }
}

/// Writes the service as options: `-t 10.0.0.1:80`, `-f 7 -6`.
pub fn saved(out: &mut Vec<u8>, key: &ServiceKey, names: &mut Names<'_>) {
    match *key {
        ServiceKey::Address { protocol, address, port } => {
            out.extend_from_slice(match protocol {
                Protocol::TCP => b"-t ",
                Protocol::UDP => b"-u ",
                Protocol::SCTP => b"--sctp-service ",
                _ => b"--xxx-service ",
            });
            names.endpoint(out, (address, port), Some(protocol));
        }
        ServiceKey::Fwmark { mark, family } => {
            fwmark(out, family, |out| text::signed(out, mark.get()));
        }
    }
}

/// Writes a fwmark service as options, with the mark as `number` writes it.
pub fn fwmark(out: &mut Vec<u8>, family: Family, number: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"-f ");
    number(out);
    if family == Family::Ipv6 {
        out.extend_from_slice(b" -6");
    }
}

/// Writes the scheduler, flags and persistence of a service in a listing.
pub fn settings(out: &mut Vec<u8>, family: Family, config: &ServiceConfig) {
    out.push(b' ');
    scheduler(out, config.scheduler);
    if sched_flags::any(config.flags) {
        out.extend_from_slice(b" (");
        sched_flags::write(out, config.flags, config.scheduler);
        out.push(b')');
    }
    if let Some(persistence) = config.persistence {
        out.extend_from_slice(b" persistent ");
        text::number(out, persistence.timeout.as_secs());
        mask(out, b" mask ", family, config);
        if let Some(engine) = config.engine {
            out.extend_from_slice(b" pe ");
            out.extend_from_slice(engine.as_bytes());
        }
    }
    if config.flags.contains(ServiceFlags::ONE_PACKET) {
        out.extend_from_slice(b" ops");
    }
}

/// Writes the name of a scheduler.
pub fn scheduler(out: &mut Vec<u8>, scheduler: Scheduler) {
    out.extend_from_slice(scheduler.as_bytes());
}

/// Writes the netmask of a persistent service after `word`, unless each host counts for itself.
pub fn mask(out: &mut Vec<u8>, word: &[u8], family: Family, config: &ServiceConfig) {
    let Some(persistence) = config.persistence else { return };
    match (family, persistence.granularity.ipv4_mask(), persistence.granularity.ipv6_prefix()) {
        (Family::Ipv4, Some(mask), _) if mask.to_bits() != u32::MAX => {
            out.extend_from_slice(word);
            text::ipv4(out, mask);
        }
        (Family::Ipv6, _, Some(prefix)) if prefix != 128 => {
            out.extend_from_slice(word);
            text::number(out, prefix.into());
        }
        _ => {}
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table as commands that make it again (`-S`).

use ipvs_netlink::types::ServiceFlags;
use ipvs_netlink::{DestEntry, ServiceEntry, ServiceTable};

use super::names::Names;
use super::{label, text, tunnel};
use crate::legacy::sched_flags;

/// Writes a service and its destinations.
pub fn service(out: &mut Vec<u8>, table: &ServiceTable, names: &mut Names<'_>) {
    service_rule(out, &table.service, names);
    for dest in &table.dests {
        dest_rule(out, &table.service, dest, names);
    }
}

fn service_rule(out: &mut Vec<u8>, entry: &ServiceEntry, names: &mut Names<'_>) {
    let config = &entry.config;
    out.extend_from_slice(b"-A ");
    label::saved(out, &entry.key, names);
    out.extend_from_slice(b" -s ");
    label::scheduler(out, config.scheduler);
    if let Some(persistence) = config.persistence {
        out.extend_from_slice(b" -p ");
        text::number(out, persistence.timeout.as_secs());
        label::mask(out, b" -M ", entry.key.family(), config);
    }
    if let Some(engine) = config.engine {
        out.extend_from_slice(b" --pe ");
        out.extend_from_slice(engine.as_bytes());
    }
    if config.flags.contains(ServiceFlags::ONE_PACKET) {
        out.extend_from_slice(b" -o");
    }
    if sched_flags::any(config.flags) {
        out.extend_from_slice(b" -b ");
        sched_flags::write(out, config.flags, config.scheduler);
    }
    out.push(b'\n');
}

fn dest_rule(out: &mut Vec<u8>, service: &ServiceEntry, entry: &DestEntry, names: &mut Names<'_>) {
    out.extend_from_slice(b"-a ");
    label::saved(out, &service.key, names);
    out.extend_from_slice(b" -r ");
    names.endpoint(out, (entry.key.address, entry.key.port), service.key.protocol());
    out.push(b' ');
    out.extend_from_slice(tunnel::option(&entry.config.forward));
    out.extend_from_slice(b" -w ");
    text::signed(out, entry.config.weight);
    tunnel::saved(out, &entry.config.forward);
    out.push(b'\n');
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table as `/proc/net/ip_vs` has it, in the layout of the plain listing.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_netlink::types::{Family, Persistence, Protocol, ServiceConfig, ServiceKey};
use ipvs_proc::{Dest, Forward, Identity, Service, Table};

use super::names::Names;
use super::{label, order, table, text};
use crate::legacy::command::Columns;
use crate::output::escape;

/// A service of the file with its key.
struct Listed<'t> {
    key: ServiceKey,
    /// Unless the file leaves it open.
    family: Option<Family>,
    service: &'t Service,
    dests: Vec<&'t Dest>,
}

/// The text of the listing of all services.
pub fn table(read: &Table, sorted: bool, names: &mut Names<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    table::banner(&mut out, &read.version, read.size);
    rows(&mut out, read.services.iter().filter_map(listed).collect(), sorted, names);
    out
}

/// The text of the listing of one service; `None` if it is not there.
pub fn service(
    read: &Table,
    key: ServiceKey,
    sorted: bool,
    names: &mut Names<'_>,
) -> Option<Vec<u8>> {
    let services = only(key, read.services.iter().filter_map(listed));
    if services.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    rows(&mut out, services, sorted, names);
    Some(out)
}

/// The service that surely has this key, else those of its mark whose family the file leaves open.
fn only<'t>(key: ServiceKey, services: impl Iterator<Item = Listed<'t>>) -> Vec<Listed<'t>> {
    let same = |listed: &Listed<'_>| match (listed.key, key) {
        (ServiceKey::Fwmark { mark, .. }, ServiceKey::Fwmark { mark: wanted, .. }) => {
            mark == wanted && listed.family.is_none_or(|family| family == key.family())
        }
        (listed, wanted) => listed == wanted,
    };
    let (known, open): (Vec<_>, Vec<_>) =
        services.filter(same).partition(|listed| listed.family.is_some());
    if known.is_empty() { open } else { known }
}

fn rows(out: &mut Vec<u8>, mut services: Vec<Listed<'_>>, sorted: bool, names: &mut Names<'_>) {
    if sorted {
        order::by_service(&mut services, |listed| listed.key);
        services.iter_mut().for_each(|listed| order::by_dest(&mut listed.dests, |dest| dest.key));
    }
    names.look_up(services.iter().flat_map(addresses));
    table::title(out, Columns::Plain);
    for listed in &services {
        service_row(out, listed, names);
        let protocol = listed.key.protocol();
        listed.dests.iter().for_each(|dest| dest_row(out, dest, protocol, names));
    }
}

/// `None` for mark 0, which no service has: to packets it means no mark.
fn listed(service: &Service) -> Option<Listed<'_>> {
    let family = service.identity.family().or_else(|| family_by_dests(&service.dests));
    let key = match service.identity {
        Identity::Address { protocol, address, port } => {
            ServiceKey::Address { protocol, address, port }
        }
        Identity::Fwmark(mark) => {
            ServiceKey::fwmark(NonZeroU32::new(mark)?, family.unwrap_or(Family::Ipv4))
        }
    };
    Some(Listed { key, family, service, dests: service.dests.iter().collect() })
}

/// The kernel takes destinations of another family than the service's only behind tunnels.
fn family_by_dests(dests: &[Dest]) -> Option<Family> {
    let same = dests.iter().find(|dest| matches!(dest.forward, Forward::Masq | Forward::Route));
    same.map(|dest| Family::of(dest.key.address))
}

fn addresses<'t>(listed: &Listed<'t>) -> impl Iterator<Item = IpAddr> + use<'t> {
    let own = match listed.key {
        ServiceKey::Address { address, .. } => Some(address),
        ServiceKey::Fwmark { .. } => None,
    };
    own.into_iter().chain(listed.service.dests.iter().map(|dest| dest.key.address))
}

fn service_row(out: &mut Vec<u8>, listed: &Listed<'_>, names: &mut Names<'_>) {
    let Listed { key, family, service, .. } = listed;
    label::listed(out, key, names);
    out.push(b' ');
    label::scheduler(out, service.scheduler);
    if let Some(shown) = service.persistence {
        out.extend_from_slice(b" persistent ");
        text::number(out, shown.jiffies.into());
        out.extend_from_slice(b" jiffies");
        if let Some((family, granularity)) =
            family.and_then(|family| Some((family, shown.granularity(family)?)))
        {
            let persistence = Persistence::new(Duration::ZERO).granularity(granularity);
            let config = ServiceConfig::new(service.scheduler).persistence(persistence);
            label::mask(out, b" mask ", family, &config);
        }
    }
    if service.one_packet {
        out.extend_from_slice(b" ops");
    }
    out.push(b'\n');
}

fn dest_row(out: &mut Vec<u8>, dest: &Dest, protocol: Option<Protocol>, names: &mut Names<'_>) {
    table::dest_label(out, dest.key, protocol, names);
    let forward = match &dest.forward {
        Forward::Masq => "Masq".to_owned(),
        Forward::Local => "Local".to_owned(),
        Forward::Tunnel => "Tunnel".to_owned(),
        Forward::Route => "Route".to_owned(),
        Forward::Other(word) => escape::printable(word.as_bytes()),
    };
    let columns =
        format!(" {forward:<7} {:<6} {:<10} {:<10}\n", dest.weight, dest.active, dest.inactive);
    out.extend_from_slice(columns.as_bytes());
}

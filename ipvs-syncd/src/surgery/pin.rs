// SPDX-License-Identifier: MIT OR Apache-2.0
//! What belongs to a template.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use ipvs_netlink::Table;
use ipvs_proc::{Connection as Listed, Virtual};
use ipvs_types::{Family, Granularity, Protocol, ServiceKey};

use crate::table::Directory;

/// The service that takes templates for all ports of an address, besides that of port 0.
const FTP: u16 = 21;

/// What a template pins: clients, a service, a destination. The kernel's listing doesn't say which
/// connections a template made, but these are what they have in common.
///
/// Templates of persistence engines know clients by more than their address. What belongs to such a
/// template can't be told from what belongs to another of the same client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    client: IpAddr,
    granularity: Granularity,
    service: Service,
    dest: IpAddr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    /// A protocol and address, with a port or with all.
    Address(Protocol, IpAddr, Option<u16>),
    /// Whatever a firewall mark brings.
    Fwmark,
}

impl Pin {
    /// The pin that `template` is, in a service that takes clients of this granularity for one.
    pub fn new(template: &Listed<'_>, granularity: Granularity) -> Self {
        let service = match template.service {
            Virtual::Address(socket) => {
                let port = Some(socket.port()).filter(|port| *port != 0);
                Service::Address(template.protocol, socket.ip(), port)
            }
            Virtual::Fwmark { .. } => Service::Fwmark,
        };
        Self { client: template.client.ip(), granularity, service, dest: template.dest.ip() }
    }

    /// Whether it holds this client.
    pub fn holds(&self, client: IpAddr) -> bool {
        masked(client, self.granularity) == masked(self.client, self.granularity)
    }

    /// Whether a connection belongs to it. Those that a mark brought are the ones that no service of an
    /// address accounts for.
    pub fn contains(&self, listed: &Listed<'_>, directory: &Directory) -> bool {
        !listed.is_template()
            && listed.dest.ip() == self.dest
            && self.holds(listed.client.ip())
            && match self.service {
                Service::Address(protocol, address, port) => {
                    let Virtual::Address(service) = listed.service else { return false };
                    listed.protocol == protocol
                        && service.ip() == address
                        && port.is_none_or(|port| port == service.port())
                }
                Service::Fwmark => {
                    let service = directory.binding(listed).map(|binding| binding.service);
                    matches!(service, Some(ServiceKey::Fwmark { .. }))
                }
            }
    }
}

/// The address without the bits that a service doesn't look at.
fn masked(address: IpAddr, granularity: Granularity) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = granularity.ipv4_mask().unwrap_or(Ipv4Addr::BROADCAST);
            IpAddr::V4(address & mask)
        }
        IpAddr::V6(address) => {
            let prefix = u32::from(granularity.ipv6_prefix().unwrap_or(128));
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            IpAddr::V6(address & Ipv6Addr::from_bits(mask))
        }
    }
}

/// Which clients each persistent service takes for one. A template shows their common address, not the
/// mask.
#[derive(Debug, Clone, Default)]
pub struct Granularities(HashMap<ServiceKey, Granularity>);

impl From<&Table> for Granularities {
    fn from(table: &Table) -> Self {
        let persistent = table.services.iter().filter_map(|entry| {
            let persistence = entry.service.config.persistence?;
            Some((entry.service.key, persistence.granularity))
        });
        Self(persistent.collect())
    }
}

impl Granularities {
    /// The pin that `template` is. That of a service which is gone, or is persistent no more, is taken
    /// to hold a single client.
    pub fn pin(&self, template: &Listed<'_>) -> Pin {
        let found = services(template).into_iter().flatten().find_map(|key| self.0.get(&key));
        Pin::new(template, found.copied().unwrap_or(Granularity::HOST))
    }
}

/// The services that may have made a template.
fn services(template: &Listed<'_>) -> [Option<ServiceKey>; 2] {
    match template.service {
        Virtual::Fwmark { mark, .. } => {
            let family = Family::of(template.client.ip());
            [NonZeroU32::new(mark).map(|mark| ServiceKey::fwmark(mark, family)), None]
        }
        Virtual::Address(socket) => {
            let (protocol, address, port) = (template.protocol, socket.ip(), socket.port());
            let ftp = port == 0 && protocol == Protocol::TCP;
            let service = |port| ServiceKey::Address { protocol, address, port };
            [Some(service(port)), ftp.then(|| service(FTP))]
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The services of a director, asked for the method of a connection.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_proc::{Connection, Forward, Identity, Virtual};
use ipvs_types::{DestKey, Family, Method, Protocol, ServiceKey};

/// FTP's control port: its data connections belong to the same service.
const FTP: u16 = 21;
const FTP_DATA: u16 = 20;
/// Ports from here on need no privilege (`ip_unprivileged_port_start`), and passive FTP uses them.
const UNPRIVILEGED: u16 = 1024;

/// The services of a director with the methods of their destinations.
///
/// Made from what netlink tells ([`ipvs_netlink::Table`]) or, without privilege, from
/// `/proc/net/ip_vs` ([`ipvs_proc::Table`]), which shows that a service is persistent but not for how many
/// seconds, and calls every method without a name `Masq`.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    services: HashMap<ServiceKey, Service>,
    /// The fwmark services that have a destination at this address.
    marks: HashMap<IpAddr, Vec<ServiceKey>>,
}

#[derive(Debug, Clone, Default)]
struct Service {
    persistence: Persistence,
    /// By address, in the kernel's order.
    dests: HashMap<IpAddr, Vec<(u16, Method)>>,
}

/// Whether and for how long a service remembers its clients.
#[derive(Debug, Clone, Copy, Default)]
enum Persistence {
    #[default]
    No,
    /// In ticks of a kernel that doesn't say how many make a second.
    Unknown,
    For(Duration),
}

impl Persistence {
    fn of(known: Option<ipvs_types::Persistence>) -> Self {
        known.map_or(Self::No, |persistence| Self::For(persistence.timeout))
    }
}

/// What the kernel binds a connection to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The service.
    pub service: ServiceKey,
    /// The destination. Its port differs from the connection's where it is 0, in data connections of
    /// FTP, and in templates for all ports.
    pub dest: DestKey,
    /// The destination's method. A destination on the director itself keeps the method that it was
    /// given; the kernel finds out for each packet that it is local.
    pub method: Method,
    /// Whether clients of the service are remembered.
    pub is_persistent: bool,
    /// For how long, if they are and the source tells it in seconds.
    pub persistence: Option<Duration>,
}

impl Directory {
    /// Which service and destination a listed connection belongs to; `None` if that is not there
    /// (any more).
    ///
    /// Services are tried in the kernel's order: that of the address and port, FTP's for its data
    /// connections, that of all ports. Only templates show a mark; where no service of an address has
    /// the destination, a fwmark service that has it is taken, the first of several.
    pub fn binding(&self, connection: &Connection<'_>) -> Option<Binding> {
        let find = |service| self.dest(service, connection.dest);
        let family = Family::of(connection.client.ip());
        match connection.service {
            Virtual::Fwmark { mark, .. } => {
                find(ServiceKey::fwmark(NonZeroU32::new(mark)?, family))
            }
            Virtual::Address(address) => {
                let marks = self.marks.get(&connection.dest.ip()).into_iter().flatten().copied();
                let marks = marks.filter(|service| service.family() == family);
                candidates(connection.protocol, address).chain(marks).find_map(find)
            }
        }
    }

    /// The destination with this port, else with port 0, else with any.
    fn dest(&self, key: ServiceKey, dest: SocketAddr) -> Option<Binding> {
        let service = self.services.get(&key)?;
        let there = service.dests.get(&dest.ip())?;
        let with = |port| there.iter().find(|(known, _)| *known == port);
        let (port, method) = *with(dest.port()).or_else(|| with(0)).or_else(|| there.first())?;
        let dest = DestKey::new(dest.ip(), port);
        let (is_persistent, persistence) = match service.persistence {
            Persistence::No => (false, None),
            Persistence::Unknown => (true, None),
            Persistence::For(timeout) => (true, Some(timeout)),
        };
        Some(Binding { service: key, dest, method, is_persistent, persistence })
    }

    fn add(
        &mut self,
        key: ServiceKey,
        persistence: Persistence,
        dests: impl Iterator<Item = (DestKey, Method)>,
    ) {
        let service = self.services.entry(key).or_default();
        service.persistence = persistence;
        for (dest, method) in dests {
            service.dests.entry(dest.address).or_default().push((dest.port, method));
            let marks = match key {
                ServiceKey::Fwmark { .. } => self.marks.entry(dest.address).or_default(),
                ServiceKey::Address { .. } => continue,
            };
            if !marks.contains(&key) {
                marks.push(key);
            }
        }
    }
}

/// The address services that a connection to `address` may belong to, the most likely first.
fn candidates(protocol: Protocol, address: SocketAddr) -> impl Iterator<Item = ServiceKey> {
    let port = address.port();
    let ftp = protocol == Protocol::TCP && (port == FTP_DATA || port >= UNPRIVILEGED);
    [Some(port), ftp.then_some(FTP), Some(0)]
        .into_iter()
        .flatten()
        .map(move |port| ServiceKey::Address { protocol, address: address.ip(), port })
}

impl From<&ipvs_netlink::Table> for Directory {
    fn from(table: &ipvs_netlink::Table) -> Self {
        let mut directory = Self::default();
        for ipvs_netlink::ServiceTable { service, dests } in &table.services {
            let persistence = Persistence::of(service.config.persistence);
            let dests = dests.iter().map(|dest| (dest.key, dest.config.forward.method()));
            directory.add(service.key, persistence, dests);
        }
        directory
    }
}

impl From<&ipvs_netlink::Ruleset> for Directory {
    fn from(rules: &ipvs_netlink::Ruleset) -> Self {
        let mut directory = Self::default();
        for (key, service) in rules.services() {
            let persistence = Persistence::of(service.config().persistence);
            // The kernel has the newest first.
            let dests = service.dests_in_order().rev();
            let dests = dests.map(|(key, config)| (key, config.forward.method()));
            directory.add(key, persistence, dests);
        }
        directory
    }
}

impl From<&ipvs_proc::Table> for Directory {
    fn from(table: &ipvs_proc::Table) -> Self {
        let mut directory = Self::default();
        for service in &table.services {
            let dests = || service.dests.iter().map(|dest| (dest.key, method(&dest.forward)));
            let persistence = match service.persistence {
                Some(_) => Persistence::Unknown,
                None => Persistence::No,
            };
            match service.identity {
                Identity::Address { protocol, address, port } => {
                    let key = ServiceKey::Address { protocol, address, port };
                    directory.add(key, persistence, dests());
                }
                // The file doesn't tell the family.
                Identity::Fwmark(mark) => {
                    for family in [Family::Ipv4, Family::Ipv6] {
                        let key =
                            NonZeroU32::new(mark).map(|mark| ServiceKey::fwmark(mark, family));
                        key.into_iter().for_each(|key| directory.add(key, persistence, dests()));
                    }
                }
            }
        }
        directory
    }
}

fn method(forward: &Forward) -> Method {
    match forward {
        Forward::Masq | Forward::Other(_) => Method::MASQ,
        Forward::Local => Method::LOCAL,
        Forward::Tunnel => Method::TUNNEL,
        Forward::Route => Method::ROUTE,
    }
}

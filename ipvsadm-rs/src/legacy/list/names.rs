// SPDX-License-Identifier: MIT OR Apache-2.0
//! Addresses and ports as names or numbers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipvs_netlink::types::Protocol;

use super::resolver::Resolver;
use super::text;
use crate::legacy::host::Host;

/// The C tool cuts `address:port` to this many bytes.
const ENDPOINT: usize = 59;

/// Writes `address:port`; with names, each is looked up once.
pub struct Names<'h> {
    resolver: Option<Resolver<'h>>,
    hosts: BTreeMap<IpAddr, Option<String>>,
    ports: BTreeMap<(u16, Protocol), Option<String>>,
}

impl<'h> Names<'h> {
    /// Numbers only if `numeric`.
    pub fn new(host: &'h dyn Host, numeric: bool) -> Self {
        let resolver = (!numeric).then(|| Resolver::new(host));
        Self { resolver, hosts: BTreeMap::new(), ports: BTreeMap::new() }
    }

    /// Whether there are only numbers.
    pub fn are_numbers(&self) -> bool {
        self.resolver.is_none()
    }

    /// Looks addresses up concurrently, so that a dead resolver delays all of them together.
    pub fn look_up(&mut self, addresses: impl Iterator<Item = IpAddr>) {
        let Some(resolver) = &self.resolver else { return };
        let mut wanted: Vec<IpAddr> = addresses.filter(|a| !self.hosts.contains_key(a)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        self.hosts.extend(resolver.names_of(&wanted));
    }

    /// Writes an endpoint. Without a protocol the port stays a number.
    pub fn endpoint(
        &mut self,
        out: &mut Vec<u8>,
        (address, port): (IpAddr, u16),
        protocol: Option<Protocol>,
    ) {
        let start = out.len();
        if address.is_ipv6() {
            out.push(b'[');
        }
        match self.host_name(address) {
            Some(name) => out.extend_from_slice(name.as_bytes()),
            None => text::address(out, address),
        }
        if address.is_ipv6() {
            out.push(b']');
        }
        out.push(b':');
        match protocol.and_then(|protocol| self.port_name(port, protocol)) {
            Some(name) => out.extend_from_slice(name.as_bytes()),
            None => text::number(out, port.into()),
        }
        text::cut(out, start, ENDPOINT);
    }

    fn host_name(&mut self, address: IpAddr) -> Option<&str> {
        let resolver = self.resolver.as_ref()?;
        self.hosts.entry(address).or_insert_with(|| resolver.name_of(address)).as_deref()
    }

    fn port_name(&mut self, port: u16, protocol: Protocol) -> Option<&str> {
        let host = self.resolver.as_ref()?.host();
        let name = self.ports.entry((port, protocol));
        name.or_insert_with(|| host.service_of(port, protocol)).as_deref()
    }
}

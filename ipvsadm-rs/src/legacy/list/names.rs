// SPDX-License-Identifier: MIT OR Apache-2.0
//! Addresses and ports as names or numbers.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;

use ipvs_netlink::types::Protocol;

use super::text;
use crate::legacy::host::Host;

/// The C tool cuts `address:port` to this many bytes.
const ENDPOINT: usize = 59;
/// How many questions to the resolver are on their way at once.
const RESOLVERS: usize = 16;

/// Writes `address:port`; with names, each is looked up once.
pub struct Names<'h> {
    host: Option<&'h dyn Host>,
    hosts: BTreeMap<IpAddr, Option<String>>,
    ports: BTreeMap<(u16, Protocol), Option<String>>,
}

impl<'h> Names<'h> {
    /// Numbers only if `numeric`.
    pub fn new(host: &'h dyn Host, numeric: bool) -> Self {
        let host = (!numeric).then_some(host);
        Self { host, hosts: BTreeMap::new(), ports: BTreeMap::new() }
    }

    /// Looks addresses up concurrently, so that a dead resolver delays all of them together.
    pub fn look_up(&mut self, addresses: impl Iterator<Item = IpAddr>) {
        let Some(host) = self.host else { return };
        let mut wanted: Vec<IpAddr> = addresses.filter(|a| !self.hosts.contains_key(a)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.len() < 2 {
            return;
        }
        let count = wanted.len().min(RESOLVERS);
        let queue = Mutex::new(wanted.into_iter());
        let next = || queue.lock().ok()?.next();
        let work = || {
            let mut found = Vec::new();
            while let Some(address) = next() {
                found.push((address, host.name_of(address)));
            }
            found
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                // A name that was not found this way is looked up when it is written.
                self.hosts.extend(worker.join().unwrap_or_default());
            }
        });
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
        let host = self.host?;
        self.hosts.entry(address).or_insert_with(|| host.name_of(address)).as_deref()
    }

    fn port_name(&mut self, port: u16, protocol: Protocol) -> Option<&str> {
        let host = self.host?;
        let name = self.ports.entry((port, protocol));
        name.or_insert_with(|| host.service_of(port, protocol)).as_deref()
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Destinations through the socket options, in the place of netlink, where both tell the same.
//!
//! One call copies structures: it costs a tenth of a dump, and no change comes between its parts.
//! It leaves things out, and says so only to those who look:
//!
//! - IPv6 services are not there;
//! - destinations of another family than the service's are left out, but counted;
//! - tunnels have no options;
//! - connections, packets and rates have 32 bits.
//!
//! Where one of these may matter there is no answer, and netlink has to be asked.
//!
//! The list of services comes in one call as well: what a dump lacks of it was left out.

use std::collections::HashMap;

use ipvs_types::{Family, Method, Protocol, ServiceKey};

use super::layout::{DEST_ENTRY, DESTS_HEADER, Key, Reader, SERVICE_ENTRY};
use super::{GET_DESTS, Sockopt, compose};
use crate::{DestEntry, Detail, Request, ServiceEntry};

/// Half of what 32 bits hold. The kernel samples what it counts every two seconds, a service not at
/// the same moment as its destinations; in that time nobody counts another half.
const AMPLE: u64 = 1 << 31;

/// No IP packet is shorter.
const SHORTEST_PACKET: u64 = 20;

/// A socket for listings, and what was learnt for the listing under way.
pub(crate) struct Glance {
    sockopt: Sockopt,
    /// How the legacy interface names the IPv4 services, and their numbers of destinations.
    services: HashMap<ServiceKey, (Key, usize)>,
    /// The same services in the kernel's order.
    order: Vec<ServiceKey>,
    buffer: Vec<u8>,
}

impl Glance {
    /// In the calling thread's network namespace; `None` where it can't be had, or where the
    /// structures are laid out in another way.
    pub(crate) fn open() -> Option<Self> {
        if cfg!(not(target_pointer_width = "64")) {
            return None;
        }
        let sockopt = Sockopt::without_census().ok()?;
        Some(Self { sockopt, services: HashMap::new(), order: Vec::new(), buffer: Vec::new() })
    }

    /// Prepares for a listing of everything.
    pub(crate) fn begin(&mut self) {
        self.forget();
        let entries = self.sockopt.service_entries().unwrap_or_default();
        self.learn(&entries);
    }

    /// Prepares for a listing of one service.
    pub(crate) fn begin_one(&mut self, service: ServiceKey, detail: Detail) {
        self.forget();
        if detail.rates || service.family() == Family::Ipv6 {
            return;
        }
        let request = Request::GetService(service);
        // Questions find a fwmark service whatever its protocol.
        if let Ok(key) = compose::key(&request, service, Protocol::TCP)
            && let Ok(entry) = self.sockopt.get(request, super::GET_SERVICE, key.entry())
        {
            self.learn(&entry);
        }
    }

    fn forget(&mut self) {
        self.services.clear();
        self.order.clear();
    }

    fn learn(&mut self, entries: &[u8]) {
        for entry in entries.chunks_exact(SERVICE_ENTRY).map(Reader) {
            let service = entry.service_key();
            self.services.insert(service, (entry.key(), entry.dest_count()));
            self.order.push(service);
        }
    }

    /// The IPv4 services that were there when the listing began, in the kernel's order.
    pub(crate) fn services(&self) -> &[ServiceKey] {
        &self.order
    }

    /// The destinations of a service, if they can be told from here in this detail.
    pub(crate) fn dests(
        &mut self,
        service: &ServiceEntry,
        detail: Detail,
    ) -> Option<Vec<DestEntry>> {
        let (key, count) = *self.services.get(&service.key)?;
        if count == 0 {
            return Some(Vec::new());
        }
        if !tells(service, &[], detail) {
            // Whatever destinations there are, this does not tell enough of them.
            return None;
        }
        // Room for one more, so that a full answer is one that may be cut.
        let buffer = key.dests_in(std::mem::take(&mut self.buffer), count + 1);
        self.buffer = self.sockopt.get(Request::ListDests(service.key), GET_DESTS, buffer).ok()?;
        let entries = &self.buffer[DESTS_HEADER..];
        if super::used(entries, DEST_ENTRY) != count {
            return None;
        }
        let entries = entries.chunks_exact(DEST_ENTRY).take(count);
        let dests: Vec<_> = entries.map(|entry| Reader(entry).dest()).collect();
        tells(service, &dests, detail).then_some(dests)
    }
}

/// Whether destinations as the legacy interface shows them are right in this detail.
fn tells(service: &ServiceEntry, dests: &[DestEntry], detail: Detail) -> bool {
    let tunnelled = || dests.iter().any(|d| d.config.forward.method() == Method::TUNNEL);
    !(detail.rates
        || detail.tunnels && tunnelled()
        || detail.counters && !dests.iter().all(|dest| fits(service, dest)))
}

/// Whether the counters of a destination can't have wrapped. Bytes are there in 64 bits and limit
/// the packets. A connection is counted for the service, in 64 bits, as well.
fn fits(service: &ServiceEntry, dest: &DestEntry) -> bool {
    let (all, own) = (service.stats.counters, dest.stats.counters);
    all.connections < AMPLE && own.in_bytes.max(own.out_bytes) < AMPLE * SHORTEST_PACKET
}

#[cfg(test)]
mod tests {
    use ipvs_types::{DestConfig, DestKey, Forward, Scheduler, ServiceConfig, Tunnel};

    use super::*;

    const COUNTERS: Detail = Detail::PLAIN.with_counters();

    fn web() -> ServiceEntry {
        let key = "tcp/192.0.2.1:80".parse().expect("key");
        ServiceEntry::new(key, ServiceConfig::new(Scheduler::RR))
    }

    fn dest(forward: Forward) -> DestEntry {
        DestEntry::new(DestKey::new([10, 0, 0, 1].into(), 80), DestConfig::new(forward))
    }

    #[test]
    fn tunnels_are_told_only_without_their_options() {
        let dests = [dest(Forward::Masq), dest(Forward::Tunnel(Tunnel::Ipip))];
        assert!(tells(&web(), &dests, COUNTERS));
        assert!(!tells(&web(), &dests, Detail::PLAIN.with_tunnels()));
        assert!(tells(&web(), &dests[..1], Detail::PLAIN.with_tunnels()));
    }

    #[test]
    fn rates_are_never_told() {
        assert!(!tells(&web(), &[], Detail::PLAIN.with_rates()));
    }

    /// What 32 bits show after 2^32 is small again; what else is known must give it away.
    #[test]
    fn counters_that_may_have_wrapped_are_not_told() {
        let mut service = web();
        let mut busy = dest(Forward::Masq);
        service.stats.counters.connections = (1 << 31) - 1;
        assert!(tells(&service, std::slice::from_ref(&busy), COUNTERS));
        service.stats.counters.connections = 1 << 32;
        assert!(!tells(&service, std::slice::from_ref(&busy), COUNTERS));
        assert!(tells(&service, std::slice::from_ref(&busy), Detail::PLAIN));

        // 2^32 + 5 of the shortest packets.
        busy.stats.counters.in_packets = 5;
        busy.stats.counters.in_bytes = 20 * ((1 << 32) + 5);
        assert!(!tells(&web(), std::slice::from_ref(&busy), COUNTERS));
        busy.stats.counters.in_bytes = 20 * 5;
        assert!(tells(&web(), std::slice::from_ref(&busy), COUNTERS));
        busy.stats.counters.out_bytes = 20 << 32;
        assert!(!tells(&web(), &[dest(Forward::Masq), busy], COUNTERS));
    }
}

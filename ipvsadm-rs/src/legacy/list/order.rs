// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of listings.
//!
//! The C tool compares by 32-bit subtraction, so that values far apart compare backwards
//! (172.16.0.1 before 10.0.0.1), and sorts with the C library's merge sort. Where the comparison runs
//! in a circle, the result depends on the algorithm; hence this is the same one.

use std::net::IpAddr;

use ipvs_netlink::types::{DestKey, ServiceKey};
use ipvs_netlink::{DestEntry, ServiceTable};

/// Sorts services.
pub fn sort_services(services: &mut [ServiceTable]) {
    by_service(services, |table| table.service.key);
}

/// Sorts the destinations of a service.
pub fn sort_dests(dests: &mut [DestEntry]) {
    by_dest(dests, |entry| entry.key);
}

/// Sorts items by the service of each.
pub fn by_service<T>(items: &mut [T], key: impl Fn(&T) -> ServiceKey) {
    let keys: Vec<ServiceKey> = items.iter().map(key).collect();
    arrange(items, &order(keys.len(), &|a, b| compare_services(&keys[a], &keys[b])));
}

/// Sorts items by the destination of each.
pub fn by_dest<T>(items: &mut [T], key: impl Fn(&T) -> DestKey) {
    let keys: Vec<DestKey> = items.iter().map(key).collect();
    arrange(items, &order(keys.len(), &|a, b| compare_dests(&keys[a], &keys[b])));
}

/// The positions 0 to `count` in order: top-down merge sort, halves of n/2 and n - n/2, the left one
/// first where `compare` is not positive.
fn order(count: usize, compare: &dyn Fn(usize, usize) -> i32) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..count).collect();
    let mut scratch = positions.clone();
    merge_sort(&mut positions, &mut scratch, compare);
    positions
}

fn merge_sort(items: &mut [usize], scratch: &mut [usize], compare: &dyn Fn(usize, usize) -> i32) {
    if items.len() < 2 {
        return;
    }
    let middle = items.len() / 2;
    merge_sort(&mut items[..middle], scratch, compare);
    merge_sort(&mut items[middle..], scratch, compare);
    let (mut left, mut right) = (0, middle);
    for slot in &mut scratch[..items.len()] {
        let take_left =
            right == items.len() || left < middle && compare(items[left], items[right]) <= 0;
        let from = if take_left { &mut left } else { &mut right };
        *slot = items[*from];
        *from += 1;
    }
    items.copy_from_slice(&scratch[..items.len()]);
}

/// Puts `items[positions[i]]` at place `i`, by swaps along the cycles.
fn arrange<T>(items: &mut [T], positions: &[usize]) {
    let mut positions = positions.to_vec();
    for start in 0..items.len() {
        let mut here = start;
        while positions[here] != start {
            let from = positions[here];
            items.swap(here, from);
            positions[here] = here;
            here = from;
        }
        positions[here] = here;
    }
}

fn compare_services(a: &ServiceKey, b: &ServiceKey) -> i32 {
    let mark = |key: &ServiceKey| match key {
        ServiceKey::Fwmark { mark, .. } => mark.get(),
        ServiceKey::Address { .. } => 0,
    };
    first_nonzero([
        difference(mark(a), mark(b)),
        a.family() as i32 - b.family() as i32,
        protocol(a) - protocol(b),
        compare_addresses(address(a), address(b)),
        i32::from(a.port().unwrap_or(0)) - i32::from(b.port().unwrap_or(0)),
    ])
}

fn protocol(key: &ServiceKey) -> i32 {
    key.protocol().map_or(0, |protocol| i32::from(protocol.number()))
}

fn address(key: &ServiceKey) -> Option<IpAddr> {
    match key {
        ServiceKey::Address { address, .. } => Some(*address),
        ServiceKey::Fwmark { .. } => None,
    }
}

fn compare_addresses(a: Option<IpAddr>, b: Option<IpAddr>) -> i32 {
    match (a, b) {
        (Some(a), Some(b)) => compare_words(a, b),
        _ => 0,
    }
}

fn compare_dests(a: &DestKey, b: &DestKey) -> i32 {
    first_nonzero([compare_words(a.address, b.address), i32::from(a.port) - i32::from(b.port)])
}

/// The family of the first address says how many words count.
fn compare_words(a: IpAddr, b: IpAddr) -> i32 {
    let count = if a.is_ipv6() { 4 } else { 1 };
    let (a, b) = (words(a), words(b));
    a.into_iter().zip(b).take(count).map(|(a, b)| difference(a, b)).find(|d| *d != 0).unwrap_or(0)
}

fn words(address: IpAddr) -> [u32; 4] {
    match address {
        IpAddr::V4(address) => [address.to_bits(), 0, 0, 0],
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            [96, 64, 32, 0].map(|shift| (bits >> shift) as u32)
        }
    }
}

/// `a - b` as C computes it: wrapped to 32 bits and taken as signed.
fn difference(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b) as i32
}

fn first_nonzero<const N: usize>(differences: [i32; N]) -> i32 {
    differences.into_iter().find(|difference| *difference != 0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipvs_netlink::ServiceEntry;
    use ipvs_netlink::types::{DestConfig, Forward, Scheduler, ServiceConfig};

    fn services(keys: &[&str]) -> String {
        let config = ServiceConfig::new(Scheduler::RR);
        let table = |key: &&str| ServiceTable {
            service: ServiceEntry::new(key.parse().expect("a service"), config),
            dests: Vec::new(),
        };
        let mut tables: Vec<ServiceTable> = keys.iter().map(table).collect();
        sort_services(&mut tables);
        let keys: Vec<String> = tables.iter().map(|table| table.service.key.to_string()).collect();
        keys.join(" ")
    }

    #[test]
    fn services_by_mark_family_protocol_address_port() {
        assert_eq!(
            services(&[
                "fwmark/5",
                "fwmark6/3",
                "tcp/[2001:db8::1]:22",
                "udp/10.0.0.1:53",
                "sctp/10.0.0.1:9",
                "tcp/10.0.0.1:443",
                "tcp/10.0.0.1:80",
                "tcp/9.0.0.1:80",
            ]),
            "tcp/9.0.0.1:80 tcp/10.0.0.1:80 tcp/10.0.0.1:443 udp/10.0.0.1:53 sctp/10.0.0.1:9 \
             tcp/[2001:db8::1]:22 fwmark6/3 fwmark/5"
        );
    }

    #[test]
    fn far_apart_compares_backwards() {
        assert_eq!(
            services(&[
                "tcp/10.0.0.1:80",
                "tcp/1.1.1.1:80",
                "tcp/192.168.0.1:80",
                "tcp/200.0.0.1:80",
                "tcp/172.16.0.1:80"
            ]),
            "tcp/172.16.0.1:80 tcp/192.168.0.1:80 tcp/200.0.0.1:80 tcp/1.1.1.1:80 tcp/10.0.0.1:80"
        );
        assert_eq!(
            services(&["tcp/10.0.0.1:80", "fwmark/4294967295"]),
            "fwmark/4294967295 tcp/10.0.0.1:80"
        );
    }

    #[test]
    fn mixed_destinations_compare_first_words() {
        let entry = |key: &&str| {
            DestEntry::new(key.parse().expect("a destination"), DestConfig::new(Forward::Route))
        };
        let keys =
            ["[9::1]:80", "[2001:db8::1]:80", "10.0.0.2:80", "10.0.0.3:80", "[2001:db8::2]:80"];
        let mut dests: Vec<DestEntry> = keys.iter().map(entry).collect();
        sort_dests(&mut dests);
        let keys: Vec<String> = dests.iter().map(|dest| dest.key.to_string()).collect();
        assert_eq!(
            keys.join(" "),
            "[9::1]:80 10.0.0.2:80 10.0.0.3:80 [2001:db8::1]:80 [2001:db8::2]:80"
        );
    }
}

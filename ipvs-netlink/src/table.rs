// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whole listings: services with their destinations.

use ipvs_types::{DestConfig, DestKey, Method, RawForward, ServiceConfig, ServiceKey};

use crate::{DestEntry, Detail, ServiceEntry};

/// A service with its destinations, in the kernel's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTable {
    /// The service.
    pub service: ServiceEntry,
    /// Its destinations, newest first.
    pub dests: Vec<DestEntry>,
}

/// All services with their destinations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The services.
    pub services: Vec<ServiceTable>,
}

impl ServiceTable {
    fn same_rules(&self, other: &Self) -> bool {
        let dest = |d: &DestEntry| -> (DestKey, DestConfig) { (d.key, d.config) };
        self.same_service(other) && self.dests.iter().map(dest).eq(other.dests.iter().map(dest))
    }

    fn same_service(&self, other: &Self) -> bool {
        let head = |t: &Self| -> (ServiceKey, ServiceConfig) { (t.service.key, t.service.config) };
        head(self) == head(other)
    }

    /// Whether two reads of `detail` agree in everything but what is counted.
    pub(crate) fn agrees(&self, other: &Self, detail: Detail) -> bool {
        self.same_service(other)
            && self.dests.len() == other.dests.len()
            && self.dests.iter().zip(&other.dests).all(|(a, b)| same_dest(a, b, detail))
    }
}

impl Table {
    /// Whether both hold the same services and destinations with the same configuration in the same
    /// order; what is counted does not matter.
    pub fn same_rules(&self, other: &Self) -> bool {
        self.services.len() == other.services.len()
            && self.services.iter().zip(&other.services).all(|(a, b)| a.same_rules(b))
    }

    /// Whether two reads of `detail` agree in everything but what is counted.
    pub(crate) fn agrees(&self, other: &Self, detail: Detail) -> bool {
        self.services.len() == other.services.len()
            && self.services.iter().zip(&other.services).all(|(a, b)| a.agrees(b, detail))
    }
}

fn same_dest(a: &DestEntry, b: &DestEntry, detail: Detail) -> bool {
    let config = |dest: &DestEntry| {
        let DestConfig { weight, upper_threshold, lower_threshold, .. } = dest.config;
        (forward(dest, detail), weight, upper_threshold, lower_threshold)
    };
    a.key == b.key && config(a) == config(b)
}

/// The part of a forwarding method that every source of `detail` tells.
fn forward(dest: &DestEntry, detail: Detail) -> RawForward {
    match dest.config.forward.method() {
        Method::TUNNEL if detail.tunnels => dest.config.forward.raw(),
        method => RawForward::plain(method),
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listings that must be right, with others at work between the reads.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::types::{
    DaemonConfig, DestConfig, DestKey, Forward, Scheduler, ServiceConfig, ServiceKey, Timeouts,
    Tunnel, TunnelFlags,
};
use ipvs_netlink::{
    Backend, DestEntry, Detail, Error, ErrorKind, Feature, Info, Ipvs, Operation, Outcome,
    ServiceEntry, ServiceTable, Support, Table,
};

fn web() -> ServiceKey {
    "tcp/192.0.2.10:80".parse().expect("key")
}

fn dest(text: &str) -> DestKey {
    text.parse().expect("key")
}

fn masq() -> DestConfig {
    DestConfig::new(Forward::Masq)
}

fn with_web() -> (Kernel, Ipvs) {
    let kernel = Kernel::new(Release::Linux6_12);
    let mut ipvs = Ipvs::with_backend(kernel.clone());
    ipvs.create_service(web(), ServiceConfig::new(Scheduler::RR)).expect("created");
    (kernel, ipvs)
}

/// Adds or removes the same destination.
fn flip(n: usize) -> Operation {
    let (service, dest) = (web(), dest("10.0.0.2:80"));
    match n % 2 {
        0 => Operation::CreateDest { service, dest, config: masq() },
        _ => Operation::DeleteDest { service, dest },
    }
}

#[test]
fn a_listing_waits_for_others_to_pause() {
    for detail in [Detail::PLAIN, Detail::FULL] {
        let (kernel, mut ipvs) = with_web();
        // A table with one service is two listings, an attempt is two tables: a change in the middle
        // of each of three attempts.
        for n in 0..3 {
            kernel.change_before_listing(4 * n + 2, flip(n));
        }
        let table = ipvs.settled(detail).expect("settled");
        assert_eq!(table.services[0].dests.len(), 1);
    }
}

#[test]
fn a_listing_of_one_service_waits_as_well() {
    let (kernel, mut ipvs) = with_web();
    // Only destinations count as listings here.
    for n in 0..3 {
        kernel.change_before_listing(2 * n + 1, flip(n));
    }
    let service = ipvs.settled_service(web(), Detail::PLAIN).expect("settled");
    assert_eq!((service.service.key, service.dests.len()), (web(), 1));
    let missing = ipvs.settled_service("tcp/192.0.2.11:80".parse().expect("key"), Detail::PLAIN);
    assert_eq!(missing.expect_err("missing").kind(), ErrorKind::NoSuchService);
}

#[test]
fn a_listing_gives_up_in_the_end() {
    let (kernel, ipvs) = with_web();
    let mut ipvs = ipvs.settling_within(Duration::ZERO);
    for n in 0..100 {
        kernel.change_before_listing(2 * n, flip(n));
    }
    assert_eq!(ipvs.settled_table().expect_err("never").kind(), ErrorKind::Unsettled);
}

/// A backend whose listings are written down beforehand, and that notes what was asked for.
#[derive(Clone)]
struct Script {
    tables: Arc<Mutex<Vec<Table>>>,
    asked: Arc<Mutex<Vec<Detail>>>,
}

impl Script {
    fn new(mut tables: Vec<Table>) -> Self {
        tables.reverse();
        Self { tables: Arc::new(Mutex::new(tables)), asked: Arc::default() }
    }

    fn next(&self) -> Table {
        self.tables.lock().expect("lock").pop().expect("another table")
    }
}

impl Backend for Script {
    fn name(&self) -> &'static str {
        "script"
    }

    fn commit(&mut self, _: &[Operation]) -> Result<Vec<Outcome>, Error> {
        unreachable!("nothing is changed")
    }

    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        unreachable!("listings are overridden")
    }

    fn service(&mut self, _: ServiceKey) -> Result<ServiceEntry, Error> {
        unreachable!("listings are overridden")
    }

    fn dests(&mut self, _: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        unreachable!("listings are overridden")
    }

    fn daemons(&mut self) -> Result<Vec<DaemonConfig>, Error> {
        unreachable!("not asked for")
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        unreachable!("not asked for")
    }

    fn info(&mut self) -> Result<Info, Error> {
        unreachable!("not asked for")
    }

    fn supports(&mut self, _: Feature) -> Support {
        Support::Supported
    }

    fn listing(&mut self, detail: Detail) -> Result<Table, Error> {
        self.asked.lock().expect("lock").push(detail);
        Ok(self.next())
    }
}

fn table(forward: Forward, connections: u64) -> Table {
    let mut entry = DestEntry::new(dest("10.0.0.2:80"), DestConfig::new(forward));
    entry.stats.counters.connections = connections;
    let service = ServiceEntry::new(web(), ServiceConfig::new(Scheduler::RR));
    Table { services: vec![ServiceTable { service, dests: vec![entry] }] }
}

#[test]
fn the_second_look_is_only_compared() {
    let masq = |connections| table(Forward::Masq, connections);
    let script = Script::new(vec![masq(1 << 40), masq(0)]);
    let listed = Ipvs::with_backend(script.clone()).settled_table().expect("settled");
    assert_eq!(listed, masq(1 << 40));
    let asked = script.asked.lock().expect("lock").clone();
    assert_eq!(asked, [Detail::FULL, Detail::PLAIN.with_tunnels()]);
}

#[test]
fn tunnel_options_are_compared_where_they_are_asked_for() {
    let gre = || table(Forward::Tunnel(Tunnel::Gre { flags: TunnelFlags::CSUM }), 0);
    let ipip = || table(Forward::Tunnel(Tunnel::Ipip), 0);
    let reads = || Script::new(vec![gre(), ipip(), ipip(), ipip()]);
    let settled = |detail| Ipvs::with_backend(reads()).settled(detail).expect("settled");
    assert_eq!(settled(Detail::PLAIN), gre());
    assert_eq!(settled(Detail::PLAIN.with_tunnels()), ipip());
    assert_eq!(settled(Detail::FULL), ipip());
}

#[test]
fn another_method_or_weight_or_order_is_a_difference() {
    let masq = || table(Forward::Masq, 0);
    let mut heavy = masq();
    heavy.services[0].dests[0].config.weight = 2;
    let mut limited = masq();
    limited.services[0].dests[0].config = self::masq().thresholds(5, 0);
    let mut persistent = masq();
    persistent.services[0].service.config.engine = Some("sip".parse().expect("name"));
    let mut two = masq();
    let other = DestEntry::new(dest("10.0.0.3:80"), self::masq());
    two.services[0].dests.push(other);
    let mut turned = two.clone();
    turned.services[0].dests.reverse();
    let direct = table(Forward::Route, 0);
    for (one, other) in [
        (masq(), heavy),
        (masq(), limited),
        (masq(), persistent),
        (masq(), two.clone()),
        (two, turned),
        (masq(), direct),
        (masq(), Table::default()),
    ] {
        let script = Script::new(vec![one, other.clone(), other.clone(), other.clone()]);
        let settled = Ipvs::with_backend(script).settled(Detail::PLAIN).expect("settled");
        assert_eq!(settled, other);
    }
}

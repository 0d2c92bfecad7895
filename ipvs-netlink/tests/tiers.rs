// SPDX-License-Identifier: MIT OR Apache-2.0
//! What each tier can, and what it is never asked.

use std::net::SocketAddr;
use std::ops::ControlFlow;

use ipvs_netlink::ext::*;
use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::types::*;
use ipvs_netlink::{Errno, Error, ErrorKind, Feature, Ipvs, Operation, Support};

const BEYOND_STOCK: [Feature; 7] = [
    Feature::ListConnections,
    Feature::CountConnections,
    Feature::DeleteConnection,
    Feature::DeleteConnections,
    Feature::Events,
    Feature::Snapshot,
    Feature::Fullnat,
];

fn open(features: Option<Features>, add_on: bool) -> (Kernel, Ipvs) {
    let kernel = Kernel::new(Release::Linux6_12);
    kernel.set_features(features);
    kernel.set_add_on(add_on);
    (kernel.clone(), Ipvs::with_backend(kernel))
}

fn socket(text: &str) -> SocketAddr {
    text.parse().expect("socket")
}

fn key(client: u16) -> ConnectionKey {
    let client = SocketAddr::new([198, 51, 100, 7].into(), client);
    ConnectionKey::new(Protocol::TCP, client, socket("192.0.2.10:80"))
}

fn connection(client: u16) -> Connection {
    Connection::new(key(client), socket("10.0.0.2:8080"), Method::MASQ)
}

fn web() -> ServiceKey {
    "tcp/192.0.2.10:80".parse().expect("service")
}

fn fullnat() -> DestConfig {
    DestConfig::new(RawForward::plain(Method::FULLNAT).into())
}

fn unsupported<T: std::fmt::Debug>(result: Result<T, Error>, wanted: Feature) {
    match result {
        Err(Error::Unsupported { feature, .. }) => assert_eq!(feature, wanted),
        other => panic!("{wanted}: {other:?}"),
    }
}

#[test]
fn a_tier_is_what_the_kernel_says() -> Result<(), Error> {
    let features = Features::CONN_GET | Features::from_bits_retain(1 << 40);
    for (patched, add_on, tier, can) in [
        (None, false, Tier::Stock, &[][..]),
        (None, true, Tier::AddOn, &[Feature::DeleteConnection]),
        (Some(features), false, Tier::Patched { features }, &[Feature::ListConnections]),
    ] {
        let (_, mut ipvs) = open(patched, add_on);
        assert_eq!(ipvs.tier()?, tier);
        for feature in BEYOND_STOCK {
            let there = matches!(ipvs.supports(feature), Support::Supported);
            assert_eq!(there, can.contains(&feature), "{feature} on a {tier}");
        }
    }
    Ok(())
}

#[test]
fn it_is_asked_once() -> Result<(), Error> {
    let (kernel, mut ipvs) = open(None, false);
    assert_eq!(ipvs.tier()?, Tier::Stock);
    kernel.set_features(Some(Features::all_known()));
    kernel.set_add_on(true);
    assert_eq!(ipvs.tier()?, Tier::Stock);
    Ok(())
}

#[test]
fn a_stock_kernel_is_asked_for_nothing_that_it_lacks() {
    let (kernel, mut ipvs) = open(None, false);
    kernel.add_connection(connection(40000));
    let all = ConnectionFilter::new();
    unsupported(ipvs.connections(&all), Feature::ListConnections);
    unsupported(ipvs.connection(key(40000)), Feature::ListConnections);
    unsupported(ipvs.count_connections(&all), Feature::CountConnections);
    unsupported(ipvs.delete_connection(key(40000)), Feature::DeleteConnection);
    unsupported(ipvs.delete_connections(&all.service_port(80)), Feature::DeleteConnections);
    unsupported(ipvs.delete_all_connections(), Feature::DeleteConnections);
    unsupported(ipvs.snapshot(Extent::Rules), Feature::Snapshot);
    unsupported(ipvs.events().map(drop), Feature::Snapshot);
    assert_eq!(kernel.connections().len(), 1);
    let error = ipvs.count_connections(&all).expect_err("stock");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "count all connections: the fake interface has no count of connections here; it takes a \
         kernel with the family ipvs_ext (kernel-patches/); `ipvsadm -Lnc` reads \
         /proc/net/ip_vs_conn instead"
    );
}

#[test]
fn fullnat_goes_only_to_a_kernel_that_announces_it() -> Result<(), Error> {
    let dest: DestKey = "10.0.0.2:8080".parse().expect("destination");
    let (kernel, mut ipvs) = open(None, true);
    ipvs.create_service(web(), ServiceConfig::new(Scheduler::RR))?;
    ipvs.create_dest(web(), dest, DestConfig::new(Forward::Masq))?;
    let before = kernel.ruleset();
    let flush = Operation::Flush;
    let update = Operation::UpdateDest { service: web(), dest, config: fullnat() };
    for features in [None, Some(Features::all_known())] {
        // 6 is another method: it says nothing about 5.
        for number in [None, Some(Method::from_flags(6))] {
            kernel.set_features(features);
            kernel.set_fullnat(number);
            let mut ipvs = Ipvs::with_backend(kernel.clone());
            unsupported(ipvs.update_dest(web(), dest, fullnat()), Feature::Fullnat);
            unsupported(ipvs.create_dest(web(), dest, fullnat()), Feature::Fullnat);
            unsupported(
                ipvs.edit_dest(web(), dest, |config| *config = fullnat()),
                Feature::Fullnat,
            );
            unsupported(ipvs.commit(&[flush, update]), Feature::Fullnat);
            unsupported(ipvs.batch().push(flush).push(update).commit(), Feature::Fullnat);
            assert_eq!(kernel.ruleset(), before, "nothing was sent");
        }
    }
    let mut want = before.clone();
    want.set_dest(web(), dest, fullnat()).expect("there");
    let plan = ipvs.plan(&want).expect("a plan");
    plan.apply(&mut ipvs).expect_err("not announced");
    assert_eq!(kernel.ruleset(), before);

    kernel.set_fullnat(Some(Method::FULLNAT));
    let mut ipvs = Ipvs::with_backend(kernel.clone());
    ipvs.update_dest(web(), dest, fullnat())?;
    assert_eq!(kernel.ruleset(), want);
    Ok(())
}

#[test]
fn connections_are_shown_counted_and_deleted() -> Result<(), Error> {
    let (kernel, mut ipvs) = open(Some(Features::all_known()), false);
    (40000..40010).for_each(|port| kernel.add_connection(connection(port)));
    let mut udp = connection(53);
    udp.key.protocol = Protocol::UDP;
    kernel.add_connection(udp.clone());
    let tcp = ConnectionFilter::new().protocol(Protocol::TCP);
    let all = ConnectionFilter::new();
    assert_eq!((ipvs.count_connections(&all)?, ipvs.count_connections(&tcp)?), (11, 10));
    assert_eq!(ipvs.connections(&tcp)?.len(), 10);
    assert_eq!(ipvs.connection(key(40003))?, connection(40003));
    let mut seen = 0;
    let ended = ipvs.visit_connections(&tcp, |one| {
        seen += 1;
        if one.key == key(40003) { ControlFlow::Break(one.dest) } else { ControlFlow::Continue(()) }
    })?;
    assert_eq!((seen, ended), (4, ControlFlow::Break(socket("10.0.0.2:8080"))));

    ipvs.delete_connection(key(40003))?;
    let error = ipvs.delete_connection(key(40003)).expect_err("gone");
    assert_eq!((error.kind(), error.errno()), (ErrorKind::NoSuchConnection, Some(Errno::ENOENT)));
    assert_eq!(
        error.to_string(),
        "delete connection tcp 198.51.100.7:40003 > 192.0.2.10:80: no such connection: list them \
         with `ipvsadm conn list` (ENOENT)"
    );
    let error = ipvs.connection(key(40003)).expect_err("gone");
    assert_eq!(error.kind(), ErrorKind::NoSuchConnection);
    assert_eq!(ipvs.delete_connections(&tcp)?, Deleted { deleted: 9, busy: 0 });
    assert_eq!(kernel.connections(), [udp]);
    let error = ipvs.delete_connections(&all).expect_err("everything by mistake");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(ipvs.delete_all_connections()?, Deleted { deleted: 1, busy: 0 });
    Ok(())
}

#[test]
fn templates_stay_while_connections_need_them() -> Result<(), Error> {
    let (kernel, mut ipvs) = open(Some(Features::all_known()), true);
    let pin = ConnectionKey::template(Protocol::TCP, [198, 51, 100, 0].into(), key(0).service);
    kernel.add_connection(Connection::new(pin, socket("10.0.0.2:8080"), Method::MASQ));
    for port in [40000, 40001] {
        let mut one = connection(port);
        one.controller = Some(pin);
        kernel.add_connection(one);
    }
    let error = ipvs.delete_connection(pin).expect_err("in use");
    assert_eq!((error.kind(), error.errno()), (ErrorKind::Busy, Some(Errno::EBUSY)));
    let templates = ConnectionFilter::new().templates(true);
    assert_eq!(ipvs.delete_connections(&templates)?, Deleted { deleted: 0, busy: 1 });
    ipvs.delete_connection(key(40000))?;
    assert_eq!(kernel.connections().len(), 2, "the other one needs it");
    ipvs.delete_connection(key(40001))?;
    assert_eq!(kernel.connections(), [], "nobody needs it");
    Ok(())
}

#[test]
fn the_module_deletes_connections_but_no_templates() -> Result<(), Error> {
    let (kernel, mut ipvs) = open(None, true);
    kernel.add_connection(connection(40000));
    ipvs.delete_connection(key(40000))?;
    assert_eq!(kernel.connections(), []);
    let pin = ConnectionKey::mark_template([198, 51, 100, 0].into(), 7);
    unsupported(ipvs.delete_connection(pin), Feature::DeleteConnections);
    unsupported(ipvs.connections(&ConnectionFilter::new()), Feature::ListConnections);
    // A kernel whose patches stop before that command has the module, too.
    let (kernel, mut ipvs) = open(Some(Features::CONN_GET), true);
    kernel.add_connection(connection(40000));
    ipvs.delete_connection(key(40000))?;
    assert_eq!(kernel.connections(), []);
    Ok(())
}

#[test]
fn settled_listings_come_from_one_snapshot() -> Result<(), Error> {
    let (kernel, mut stock) = open(None, false);
    stock.create_service(web(), ServiceConfig::new(Scheduler::RR))?;
    let dns = "udp/192.0.2.10:53".parse().expect("service");
    stock.create_service(dns, ServiceConfig::new(Scheduler::WLC))?;
    for dest in ["10.0.0.2:8080", "10.0.0.3:8080"] {
        let dest = dest.parse().expect("destination");
        stock.create_dest(web(), dest, DestConfig::new(Forward::Masq))?;
    }
    let (classic, rules) = (stock.settled_table()?, stock.ruleset()?);
    kernel.set_features(Some(Features::SNAPSHOT));
    let mut patched = Ipvs::with_backend(kernel.clone());
    assert_eq!(patched.settled_table()?, classic);
    assert_eq!(patched.ruleset()?, rules);
    assert_eq!(
        patched.settled_service(web(), ipvs_netlink::Detail::FULL)?,
        stock.settled_service(web(), ipvs_netlink::Detail::FULL)?
    );
    let error =
        patched.settled_service("fwmark/7".parse().expect("mark"), ipvs_netlink::Detail::FULL);
    assert_eq!(error.expect_err("none").errno(), Some(Errno::ESRCH));

    // Two changes interrupt two attempts; the third shows both.
    for nth in 0..2 {
        let dest = DestKey::new([10, 0, 0, 4 + nth as u8].into(), 80);
        let config = DestConfig::new(Forward::Masq);
        kernel.change_before_listing(nth, Operation::CreateDest { service: web(), dest, config });
    }
    let snapshot = patched.snapshot(Extent::Rules)?;
    assert_eq!(snapshot.table, stock.settled_table()?);
    assert_eq!(snapshot.table.services.iter().map(|one| one.dests.len()).sum::<usize>(), 4);
    Ok(())
}

#[test]
fn a_snapshot_gives_up_in_the_end() -> Result<(), Error> {
    let (kernel, ipvs) = open(Some(Features::all_known()), false);
    let mut ipvs = ipvs.settling_within(std::time::Duration::ZERO);
    (0..100).for_each(|nth| kernel.change_before_listing(nth, Operation::Flush));
    let error = ipvs.settled_table().expect_err("never quiet");
    assert_eq!(error.kind(), ErrorKind::Unsettled);
    Ok(())
}

/// Each condition alone, with what it holds of and what it does not.
#[test]
fn conditions_hold_of_what_they_say() {
    let mut one = connection(40000);
    one.dest = socket("[2001:db8::2]:8080");
    (one.state, one.fwmark) = (1, std::num::NonZeroU32::new(7));
    one.flags = ConnectionFlags::SYNC | ConnectionFlags::INACTIVE;
    one.method = Method::TUNNEL;
    let seconds = std::time::Duration::from_secs;
    (one.timeout, one.expires) = (seconds(900), seconds(870));
    let all = ConnectionFilter::new();
    let network = |text: &str| text.parse::<Network>().expect("a network");
    let (sync, word) = (ConnectionFlags::SYNC, ConnectionFlags::from_bits_retain);
    for (holds, fails) in [
        (all.family(Family::Ipv4), all.family(Family::Ipv6)),
        (all.protocol(Protocol::TCP), all.protocol(Protocol(0))),
        (all.client(network("198.51.100.0/24")), all.client(network("198.51.101.0/24"))),
        (all.client(network("198.51.100.7")), all.client(network("::/0"))),
        (all.client_port(40000), all.client_port(0)),
        (all.service(network("0.0.0.0/0")), all.service(network("192.0.2.11"))),
        (all.service_port(80), all.service_port(81)),
        (all.dest(network("2001:db8::/32")), all.dest(network("10.0.0.0/8"))),
        (all.dest_port(8080), all.dest_port(80)),
        (all.fwmark(7), all.fwmark(0)),
        (all.flags(sync, sync), all.flags(word(0), sync)),
        (all.flags(sync, sync | ConnectionFlags::TEMPLATE), all.flags(sync, word(!0))),
        (all.flags(word(2), word(7)), all.flags(word(3), word(7))),
        (all.templates(false), all.templates(true)),
        (all.state(1).state(2), all.state(2).state(40)),
        (all.min_idle(seconds(30)), all.min_idle(seconds(31))),
    ] {
        assert!(holds.matches(&one), "{holds}");
        assert!(!fails.matches(&one), "{fails}");
        assert!(!holds.is_empty() && holds.to_string().starts_with("connections with "));
    }
    assert!(all.matches(&one) && all.is_empty());
}

/// It is forgotten when it goes, and found when it comes back.
#[test]
fn an_unloaded_add_on_is_no_missing_connection() -> Result<(), Error> {
    let (kernel, mut ipvs) = open(None, true);
    kernel.add_connection(connection(40000));
    assert_eq!(ipvs.tier()?, Tier::AddOn);
    kernel.set_add_on(false);
    unsupported(ipvs.delete_connection(key(40000)), Feature::DeleteConnection);
    assert_eq!((ipvs.tier()?, kernel.connections().len()), (Tier::Stock, 1));
    let (kernel, mut ipvs) = open(None, true);
    kernel.add_connection(connection(40000));
    assert_eq!(ipvs.tier()?, Tier::AddOn);
    kernel.set_add_on(false);
    unsupported(ipvs.delete_connection(key(40000)), Feature::DeleteConnection);
    kernel.set_add_on(true);
    ipvs.delete_connection(key(40000))
}

#[test]
fn a_client_of_a_module_that_is_gone_says_so() -> Result<(), Error> {
    let (kernel, mut ipvs) = open(Some(Features::all_known()), true);
    kernel.add_connection(connection(40000));
    ipvs.tier()?;
    kernel.unload();
    let all = ConnectionFilter::new();
    let errors = [
        ipvs.connections(&all).map(drop),
        ipvs.connection(key(40000)).map(drop),
        ipvs.count_connections(&all).map(drop),
        ipvs.delete_connection(key(40000)),
        ipvs.delete_all_connections().map(drop),
        ipvs.snapshot(Extent::Rules).map(drop),
        ipvs.events().map(drop),
        ipvs.services().map(drop),
        ipvs.timeouts().map(drop),
    ];
    for error in errors.map(|result| result.expect_err("gone")) {
        assert_eq!(error.kind(), ErrorKind::ModuleUnloaded, "{error}");
        assert_eq!(error.errno(), Some(Errno::ENOENT));
        assert!(error.to_string().ends_with("(`modprobe ip_vs`), and open a new client"));
    }
    Ok(())
}

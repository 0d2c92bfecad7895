// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listings from the cheapest source against those of netlink alone.

use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

use ipvs_netlink::types::{
    CounterWidth, DestConfig, DestKey, Forward, Method, RawForward, Scheduler, ServiceConfig,
    ServiceKey, Tunnel, TunnelFlags,
};
use ipvs_netlink::{DestEntry, Detail, Error, ErrorKind, Ipvs, Operation, ServiceTable, Table};

use crate::case::{Case, Failure};
use crate::ctx::{Ctx, Kernel};
use crate::model;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("listing::random_tables_are_the_same", random_tables).timeout(600),
    Case::new("listing::where_destinations_come_from", sources),
    Case::new("listing::what_is_counted_is_the_same", counted),
    Case::new("listing::no_trace_of_a_tunnel", no_trace),
];

const DETAILS: [Detail; 6] = [
    Detail::PLAIN,
    Detail::PLAIN.with_tunnels(),
    Detail::PLAIN.with_counters(),
    Detail::PLAIN.with_tunnels().with_counters(),
    Detail::PLAIN.with_rates(),
    Detail::FULL,
];

/// A client that may mix its sources, and one that may not. A busy host makes module lookups slow.
fn pair() -> Result<(Ipvs, Ipvs), Error> {
    let options = || Ipvs::options().timeout(Duration::from_secs(60));
    Ok((options().open()?, options().only_netlink().open()?))
}

/// Whether a destination came through the socket options.
fn is_narrow(dest: &DestEntry) -> bool {
    dest.stats.width == CounterWidth::Bits32
}

/// A destination with nothing but what a listing of `detail` shows.
fn shown(dest: &DestEntry, detail: Detail) -> DestEntry {
    let mut dest = dest.clone();
    if detail == Detail::FULL {
        return dest;
    }
    let method = dest.config.forward.method();
    if method != Method::TUNNEL || !detail.tunnels {
        dest.config.forward = RawForward::plain(method).into();
    }
    if !detail.counters {
        dest.stats.counters = Default::default();
    }
    if !detail.rates {
        dest.stats.rates = Default::default();
    }
    dest.stats.width = CounterWidth::Bits64;
    dest
}

/// Services by key: 7.2 hashes them anew, a while after changes, and lists them in another order.
/// The order of destinations stays.
fn all_shown(table: &Table, detail: Detail) -> Table {
    let services = table.services.iter().map(|one| ServiceTable {
        service: one.service.clone(),
        dests: one.dests.iter().map(|dest| shown(dest, detail)).collect(),
    });
    let mut services: Vec<_> = services.collect();
    services.sort_by_key(|one| one.service.key);
    Table { services }
}

/// How many destinations came from where.
#[derive(Debug, Default)]
struct Sources {
    sockopt: usize,
    netlink: usize,
}

impl Sources {
    fn count(&mut self, table: &Table) {
        let dests = || table.services.iter().flat_map(|service| &service.dests);
        let narrow = dests().filter(|dest| is_narrow(dest)).count();
        self.sockopt += narrow;
        self.netlink += dests().count() - narrow;
    }
}

/// Nobody else changes anything: any listing shows the same, field by field.
fn compare(mixed: &mut Ipvs, netlink: &mut Ipvs, sources: &mut Sources) -> Result<(), Failure> {
    let judge = netlink.table()?;
    for detail in DETAILS {
        let (read, settled) = (mixed.listing(detail)?, mixed.settled(detail)?);
        sources.count(&read);
        let expected = all_shown(&judge, detail);
        assert_eq!(all_shown(&read, detail), expected, "{detail:?}");
        assert_eq!(all_shown(&settled, detail), expected, "{detail:?}");
        for one in &judge.services {
            let (key, expected) = (one.service.key, &one.dests);
            let read = mixed.settled_service(key, detail)?;
            assert_eq!(read.service, one.service, "{detail:?}");
            let all = |dests: &[DestEntry]| -> Vec<_> {
                dests.iter().map(|dest| shown(dest, detail)).collect()
            };
            assert_eq!(all(&read.dests), all(expected), "{key} {detail:?}");
        }
    }
    Ok(())
}

fn random_tables(ctx: &mut Ctx) -> Result<(), Failure> {
    for line in model::SETUP {
        ctx.run(line)?;
    }
    let (mut mixed, mut netlink) = pair()?;
    let mut sources = Sources::default();
    for seed in [1, 2, 3] {
        let wanted = |operation: &Operation| {
            // Daemons forbid destinations of another family.
            !matches!(operation, Operation::StartDaemon { .. } | Operation::SetTimeouts { .. })
        };
        let mut operations = model::operations(seed).filter(wanted);
        for _ in 0..40 {
            for operation in operations.by_ref().take(15) {
                match netlink.change(operation) {
                    Ok(()) | Err(Error::Refused(_)) => {}
                    Err(error) if error.kind() == ErrorKind::Invalid => {}
                    Err(error) => return Err(error.into()),
                }
            }
            compare(&mut mixed, &mut netlink, &mut sources)?;
        }
        netlink.flush()?;
        compare(&mut mixed, &mut netlink, &mut sources)?;
    }
    println!("{sources:?}");
    assert!(sources.sockopt > 300 && sources.netlink > 300, "{sources:?}");
    Ok(())
}

/// Each reason why the socket options can't tell, alone.
fn sources(_: &mut Ctx) -> Result<(), Failure> {
    let (mut mixed, mut netlink) = pair()?;
    let masq = DestConfig::new(Forward::Masq);
    let ipip = DestConfig::new(Forward::Tunnel(Tunnel::Ipip));
    let gre = DestConfig::new(Forward::Tunnel(Tunnel::Gre { flags: TunnelFlags::CSUM }));
    let (v4, v6) = ("10.0.0.1:80", "[fd00::1]:80");
    let narrow = |ipvs: &mut Ipvs, key: ServiceKey, detail: Detail| -> Result<bool, Error> {
        let table = ipvs.listing(detail)?;
        let service = table.services.iter().find(|one| one.service.key == key);
        let dests = service.map(|one| one.dests.as_slice()).unwrap_or_default();
        let narrow = dests.iter().filter(|dest| is_narrow(dest)).count();
        assert!(narrow == 0 || narrow == dests.len(), "{dests:?}");
        let alone = ipvs.service_listing(key, detail)?.dests;
        assert_eq!(alone.iter().map(is_narrow).collect::<Vec<_>>(), vec![narrow > 0; alone.len()]);
        Ok(narrow > 0)
    };
    let plain = [true, true, true, true, false, false];
    let tunnelled = [true, false, true, false, false, false];
    let never = [false; 6];
    for (service, dests, expected) in [
        ("tcp/192.0.2.1:80", &[(v4, masq)][..], plain),
        ("udp/192.0.2.1:80", &[(v4, masq), ("10.0.0.2:80", ipip)], tunnelled),
        ("sctp/192.0.2.1:80", &[(v4, gre)], tunnelled),
        ("fwmark/7", &[(v4, masq)], plain),
        ("tcp/192.0.2.2:80", &[(v4, ipip), (v6, ipip)], never),
        ("tcp/192.0.2.3:80", &[(v6, ipip)], never),
        ("tcp/[2001:db8::1]:80", &[(v6, masq)], never),
        ("tcp/[2001:db8::2]:80", &[(v4, ipip)], never),
        ("fwmark6/7", &[(v6, masq)], never),
    ] {
        let key = service.parse()?;
        netlink.create_service(key, ServiceConfig::new(Scheduler::RR))?;
        for (dest, config) in dests {
            netlink.create_dest(key, dest.parse()?, *config)?;
        }
        for (detail, expected) in DETAILS.into_iter().zip(expected) {
            assert_eq!(narrow(&mut mixed, key, detail)?, expected, "{service} {detail:?}");
            assert!(!narrow(&mut netlink, key, detail)?, "{service} {detail:?}");
        }
        let mut seen = Sources::default();
        compare(&mut mixed, &mut netlink, &mut seen)?;
    }
    let missing = "tcp/192.0.2.9:80".parse()?;
    let error = mixed.settled_service(missing, Detail::PLAIN).expect_err("no such service");
    assert_eq!(error.kind(), ErrorKind::NoSuchService);
    Ok(())
}

/// Traffic, then the same counters, rates and connection numbers from both.
fn counted(ctx: &mut Ctx) -> Result<(), Failure> {
    if ctx.kernel() >= (Kernel { major: 6, minor: 2 }) {
        std::fs::write("/proc/sys/net/ipv4/vs/run_estimation", "1")?;
    }
    ctx.run("ip addr add 192.0.2.1/32 dev lo")?;
    let (mut mixed, mut netlink) = pair()?;
    let key: ServiceKey = "udp/192.0.2.1:9".parse()?;
    let dests: [DestKey; 2] = ["127.0.0.1:9".parse()?, "127.0.0.2:9".parse()?];
    netlink.create_service(key, ServiceConfig::new(Scheduler::RR))?;
    for dest in dests {
        netlink.create_dest(key, dest, DestConfig::new(Forward::Masq))?;
    }
    let _servers = [UdpSocket::bind("127.0.0.1:9")?, UdpSocket::bind("127.0.0.2:9")?];
    // All at once, so that no two have the same port.
    let clients = (0..20).map(|_| UdpSocket::bind("192.0.2.1:0")).collect::<Result<Vec<_>, _>>()?;
    for client in &clients {
        client.send_to(b"hello", "192.0.2.1:9")?;
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        thread::sleep(Duration::from_millis(500));
        let judge = netlink.service_listing(key, Detail::FULL)?;
        let all: u64 = judge.dests.iter().map(|dest| dest.stats.counters.connections).sum();
        if all == 20 && judge.service.stats.counters.connections == 20 {
            break;
        }
        assert!(Instant::now() < deadline, "nothing was counted: {judge:?}");
    }
    // Counters and connections stand still now; rates sink.
    let judge = netlink.table()?;
    assert!(judge.services[0].dests.iter().all(|dest| dest.inactive == 10), "{judge:?}");
    for detail in DETAILS.into_iter().filter(|detail| !detail.rates) {
        let read = mixed.listing(detail)?;
        assert!(read.services[0].dests.iter().all(is_narrow), "{detail:?}");
        let dests = |table: &Table| all_shown(table, detail).services.remove(0).dests;
        assert_eq!(dests(&read), dests(&judge), "{detail:?}");
    }
    Ok(())
}

/// Tunnel options that are zero are not sent; the kernel must forget what was there.
fn no_trace(_: &mut Ctx) -> Result<(), Failure> {
    let (_, mut netlink) = pair()?;
    let gue = Tunnel::Gue { port: 6080.try_into()?, flags: TunnelFlags::REMCSUM };
    let gre = Tunnel::Gre { flags: TunnelFlags::CSUM };
    for (service, dest) in
        [("tcp/192.0.2.1:80", "10.0.0.1:80"), ("tcp/[2001:db8::1]:80", "[fd00::1]:80")]
    {
        let (key, dest) = (service.parse()?, dest.parse()?);
        netlink.create_service(key, ServiceConfig::new(Scheduler::RR))?;
        netlink.create_dest(key, dest, DestConfig::new(Forward::Tunnel(gue)))?;
        let plain = [Forward::Masq, Forward::Route, Forward::Tunnel(Tunnel::Ipip)];
        for plain in plain {
            for tunnel in [gue, gre] {
                for forward in [Forward::Tunnel(tunnel), plain] {
                    netlink.update_dest(key, dest, DestConfig::new(forward))?;
                    // Anything left over would make a method of no name.
                    assert_eq!(netlink.dests(key)?[0].config.forward, forward);
                }
            }
        }
        // A destination that waits for its connections to end is used again when it comes back.
        netlink.update_dest(key, dest, DestConfig::new(Forward::Tunnel(gue)))?;
        netlink.delete_dest(key, dest)?;
        netlink.create_dest(key, dest, DestConfig::new(Forward::Masq))?;
        assert_eq!(netlink.dests(key)?[0].config.forward, Forward::Masq);
    }
    Ok(())
}

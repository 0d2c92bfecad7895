// SPDX-License-Identifier: MIT OR Apache-2.0
//! Known commands, then every file as the library reads it against what netlink tells.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::num::NonZeroU32;

use ipvs_netlink::types::{Counters, Method, ServiceFlags, ServiceKey};
use ipvs_netlink::{Ipvs, ServiceTable};
use ipvs_proc::{
    Apps, Connection, Forward, Identity, Layout, Origin, PerCpu, Root, Service, Status, Table,
    Totals,
};

use super::{FIRST_WITH_STATUS, datagrams};
use crate::case::Failure;
use crate::ctx::{Ctx, Kernel};
use crate::wait;

/// Fewer than 4 KiB in the file: of more, kernels before 7 leave services out while other namespaces
/// have some.
const COMMANDS: [&str; 14] = [
    "-A -t 192.0.2.1:80 -s wrr -p 600 -M 255.255.255.0",
    "-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 3",
    "-a -t 192.0.2.1:80 -r 10.0.0.2 -g -w 0",
    "-A -u 192.0.2.1:53 -s rr -o",
    "-a -u 192.0.2.1:53 -r 10.0.0.2:53 -i",
    "-A -t [2001:db8::1]:80 -s sh -p 300 -M 64",
    "-a -t [2001:db8::1]:80 -r [2001:db8::2]:80 -i -w 65535",
    "-A -f 7 -s rr -p 360",
    "-a -f 7 -r 10.0.0.3 -g",
    "-A -f 7 -6 -s rr",
    "-A -f 4294967295 -s wlc -o",
    "-A -u 192.0.2.1:9 -s rr",
    "-a -u 192.0.2.1:9 -r 127.0.0.1:9 -m",
    "-a -u 192.0.2.1:9 -r 127.0.0.2:9 -m",
];
/// To the last service.
const DATAGRAMS: u64 = 20;

pub(super) fn run(ctx: &mut Ctx) -> Result<(), Failure> {
    if ctx.kernel() >= (Kernel { major: 6, minor: 2 }) {
        std::fs::write("/proc/sys/net/ipv4/vs/run_estimation", "1")?;
    }
    ctx.run("ip addr add 192.0.2.1/32 dev lo")?;
    for line in COMMANDS {
        ctx.run(&format!("ipvsadm {line}"))?;
    }
    let _servers = [UdpSocket::bind("127.0.0.1:9")?, UdpSocket::bind("127.0.0.2:9")?];
    let _clients = datagrams(DATAGRAMS)?;
    let (root, mut ipvs) = (Root::thread(), Ipvs::open()?);
    counters(&root, &mut ipvs)?;
    let listed = ipvs.table()?.services;
    table(&root, &listed)?;
    connections(&root, &listed)?;
    let _: Apps = root.read()?;
    if ctx.kernel() >= FIRST_WITH_STATUS {
        let status: Status = root.read()?;
        assert_eq!(status.connections, Some(DATAGRAMS));
        assert_eq!(status.services, Some(listed.len() as u64));
    }
    Ok(())
}

/// All counters are sampled every two seconds, each at its own moment.
fn counters(root: &Root, ipvs: &mut Ipvs) -> Result<(), Failure> {
    let mut last = Counters::default();
    wait::until("counters of files, CPUs and services", &true, || {
        let services = sum(ipvs.services()?.iter().map(|entry| entry.stats.counters));
        let (totals, percpu) = (root.read::<Totals>()?, root.read::<PerCpu>()?);
        let cpus = sum(percpu.cpus.iter().map(|cpu| cpu.counters));
        last = totals.counters;
        Ok(services.connections == DATAGRAMS
            && [totals.counters, percpu.totals, cpus] == [services; 3])
    })?;
    // As many came in as were sent, of 33 bytes: 20 of IP, 8 of UDP, 5 of data.
    assert_eq!((last.in_packets, last.in_bytes), (DATAGRAMS, 33 * DATAGRAMS));
    Ok(())
}

fn sum(all: impl Iterator<Item = Counters>) -> Counters {
    all.fold(Counters::default(), |a, b| Counters {
        connections: a.connections + b.connections,
        in_packets: a.in_packets + b.in_packets,
        out_packets: a.out_packets + b.out_packets,
        in_bytes: a.in_bytes + b.in_bytes,
        out_bytes: a.out_bytes + b.out_bytes,
    })
}

fn table(root: &Root, listed: &[ServiceTable]) -> Result<(), Failure> {
    let table = settled(root)?;
    assert_eq!(table.version, "1.2.1");
    let hz = ticks(&table)?;
    let mut shown: Vec<_> = table.services.iter().map(|service| in_file(service, hz)).collect();
    let mut told: Vec<_> = listed.iter().map(in_netlink).collect();
    shown.sort();
    told.sort();
    assert_eq!(shown, told);
    Ok(())
}

/// The file as two looks in a row show it: up to 6.12, the changes of other tests disturb one.
fn settled(root: &Root) -> Result<Table, Failure> {
    let mut before: Table = root.read()?;
    for _ in 0..16 {
        let now: Table = root.read()?;
        if now.services == before.services {
            return Ok(now);
        }
        before = now;
    }
    Err(Failure::new("the file never is the same twice"))
}

/// The kernel's ticks a second, by the service that keeps clients for 600 seconds.
fn ticks(table: &Table) -> Result<NonZeroU32, Failure> {
    let tcp = table.services.iter().find(|service| match service.identity {
        Identity::Address { address, port, .. } => address.is_ipv4() && port == 80,
        Identity::Fwmark(_) => false,
    });
    let jiffies = tcp.and_then(|service| service.persistence).map_or(0, |shown| shown.jiffies);
    assert!([100, 250, 300, 1000].map(|hz| 600 * hz).contains(&jiffies), "{jiffies} jiffies");
    NonZeroU32::new(jiffies / 600).ok_or_else(|| Failure::new("no ticks"))
}

/// All that both sides know of a service, in words. The file does not show `-o` of IPv6 services, and
/// the family of marks, so it can't tell what their masks mean.
fn in_file(service: &Service, hz: NonZeroU32) -> String {
    let persistence = service.persistence.map(|shown| {
        let granularity =
            service.identity.family().map(|family| shown.granularity(family).ok_or(shown.mask));
        (shown.timeout(hz), granularity)
    });
    let dests: Vec<_> = service
        .dests
        .iter()
        .map(|dest| (dest.key, &dest.forward, dest.weight, dest.active, dest.inactive))
        .collect();
    let Service { identity, scheduler, one_packet, .. } = service;
    format!("{identity:?} {scheduler} {one_packet} {persistence:?} {dests:?}")
}

fn in_netlink(one: &ServiceTable) -> String {
    let (key, config) = (one.service.key, &one.service.config);
    let identity = match key {
        ServiceKey::Address { protocol, address, port } => {
            Identity::Address { protocol, address, port }
        }
        ServiceKey::Fwmark { mark, .. } => Identity::Fwmark(mark.get()),
    };
    let persistence = config.persistence.map(|persistence| {
        let granularity = identity.family().map(|_| Ok::<_, u32>(persistence.granularity));
        (persistence.timeout, granularity)
    });
    let dests: Vec<_> = one
        .dests
        .iter()
        .map(|dest| {
            let forward = match dest.config.forward.method() {
                Method::LOCAL => Forward::Local,
                Method::TUNNEL => Forward::Tunnel,
                Method::ROUTE => Forward::Route,
                _ => Forward::Masq,
            };
            let [weight, active, inactive] =
                [dest.config.weight, dest.active, dest.inactive].map(i64::from);
            (dest.key, forward, weight, active, inactive)
        })
        .collect();
    let (scheduler, one_packet) =
        (config.scheduler, config.flags.contains(ServiceFlags::ONE_PACKET));
    format!("{identity:?} {scheduler} {one_packet} {persistence:?} {dests:?}")
}

/// Each destination has as many as the kernel counts, in both files.
fn connections(root: &Root, listed: &[ServiceTable]) -> Result<(), Failure> {
    let mut told = BTreeMap::new();
    for dest in listed.iter().flat_map(|one| &one.dests) {
        let count = dest.active + dest.inactive;
        if count > 0 {
            told.insert(dest.key.to_string(), count);
        }
    }
    for layout in [Layout::Plain, Layout::Sync] {
        let all = root.connections(layout)?.collect::<Result<Vec<Connection<'_>>, _>>()?;
        assert_eq!(all.len() as u64, DATAGRAMS);
        let mut shown = BTreeMap::new();
        for connection in &all {
            assert_eq!(connection.service.to_string(), "192.0.2.1:9");
            assert_eq!(connection.state.name(), "UDP");
            assert_eq!(connection.origin, (layout == Layout::Sync).then_some(Origin::Local));
            *shown.entry(connection.dest.to_string()).or_insert(0) += 1;
        }
        assert_eq!(shown, told, "{layout:?}");
    }
    Ok(())
}

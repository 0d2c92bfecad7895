// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every listing of one table against what the C tool printed for it (`golden/README.md`).

mod support;

use std::time::Duration;

use ipvs_netlink::types::*;
use ipvs_netlink::{
    Backend, DestEntry, Error, Feature, Info, Ipvs, Operation, Outcome, ServiceEntry, ServiceTable,
    Support, Table, Version,
};
use ipvsadm_rs::legacy::streams::World;
use support::{NO_CONNECTIONS, fixture};

/// A kernel with a fixed table.
struct Fixed(Table);

impl Backend for Fixed {
    fn name(&self) -> &'static str {
        "fixed"
    }
    fn commit(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        panic!("a listing changes nothing: {operations:?}")
    }
    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        Ok(self.0.services.iter().map(|table| table.service.clone()).collect())
    }
    fn service(&mut self, service: ServiceKey) -> Result<ServiceEntry, Error> {
        let found = self.0.services.iter().find(|table| table.service.key == service);
        Ok(found.expect("tests list what exists").service.clone())
    }
    fn dests(&mut self, service: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        let found = self.0.services.iter().find(|table| table.service.key == service);
        Ok(found.expect("tests list what exists").dests.clone())
    }
    fn daemons(&mut self) -> Result<Vec<DaemonConfig>, Error> {
        Ok(Vec::new())
    }
    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        let seconds = Duration::from_secs;
        Ok(Timeouts { tcp: seconds(900), tcp_fin: seconds(120), udp: seconds(300) })
    }
    fn info(&mut self) -> Result<Info, Error> {
        Ok(Info::new(Version(0x010201), 512))
    }
    fn supports(&mut self, _: Feature) -> Support {
        Support::Supported
    }
}

fn service(key: &str, config: ServiceConfig, counters: [u64; 5]) -> ServiceTable {
    let mut service = ServiceEntry::new(key.parse().expect("a service"), config);
    service.stats.counters = count(counters);
    ServiceTable { service, dests: Vec::new() }
}

fn count([connections, in_packets, out_packets, in_bytes, out_bytes]: [u64; 5]) -> Counters {
    Counters { connections, in_packets, out_packets, in_bytes, out_bytes }
}

trait With {
    fn with(self, key: &str, config: DestConfig, seen: [u32; 3], counters: [u64; 5]) -> Self;
}

impl With for ServiceTable {
    /// Adds a destination; `seen` is active, inactive, persistent.
    fn with(mut self, key: &str, config: DestConfig, seen: [u32; 3], counters: [u64; 5]) -> Self {
        let mut dest = DestEntry::new(key.parse().expect("a destination"), config);
        [dest.active, dest.inactive, dest.persistent] = seen;
        dest.stats.counters = count(counters);
        self.dests.push(dest);
        self
    }
}

/// The table of the captures, in the order in which that kernel listed it.
fn table() -> Table {
    let rr = ServiceConfig::new(Scheduler::RR);
    let persistent = |seconds| rr.persistence(Persistence::new(Duration::from_secs(seconds)));
    let sip = EngineName::new("sip").expect("a name");
    let (masq, route) = (DestConfig::new(Forward::Masq), DestConfig::new(Forward::Route));
    let ipip = DestConfig::new(Forward::Tunnel(Tunnel::Ipip));
    let gue_port = 6080.try_into().expect("not zero");
    let gue = Tunnel::Gue { port: gue_port, flags: TunnelFlags::empty() };
    let gue = DestConfig::new(Forward::Tunnel(gue));
    let mask24 = Granularity::ipv4([255, 255, 255, 0].into());
    let prefix64 = Granularity::ipv6(64).expect("a prefix");
    let wlc = ServiceConfig::new(Scheduler::WLC)
        .persistence(Persistence::new(Duration::from_secs(300)).granularity(mask24));
    let v6 = rr.persistence(Persistence::new(Duration::from_secs(600)).granularity(prefix64));
    let mh = ServiceConfig::new(Scheduler::MH).flags(ServiceFlags::SCHED1 | ServiceFlags::SCHED2);
    let sh = ServiceConfig::new(Scheduler::SH).flags(ServiceFlags::ONE_PACKET);
    let ops = rr.flags(ServiceFlags::ONE_PACKET);
    let none = [0; 5];
    let sip_count = [1, 4, 4, 644, 644];
    let ops_count = [8, 4, 4, 644, 644];
    let services = vec![
        service("udp/10.1.0.100:5070", persistent(200).engine(sip).flags(ops.flags), ops_count)
            .with("10.2.0.2:5060", masq, [0, 0, 1], ops_count),
        service("tcp/10.1.0.100:82", ServiceConfig::new(Scheduler::WRR), none),
        service("udp/10.1.0.100:5060", persistent(240).engine(sip), sip_count).with(
            "10.2.0.2:5060",
            masq,
            [0, 1, 2],
            sip_count,
        ),
        service("proto47/10.1.0.100:0", rr, none),
        service("sctp/10.1.0.100:9", rr, [1, 1, 0, 52, 0]).with(
            "10.2.0.2:9",
            route,
            [0, 0, 0],
            [1, 1, 0, 52, 0],
        ),
        service("udp/10.1.0.100:53", rr, [1, 1, 0, 29, 0]).with(
            "10.2.0.2:53",
            route.weight(65535),
            [0, 1, 0],
            [1, 1, 0, 29, 0],
        ),
        service("fwmark/4294967295", sh, none),
        service("udp/10.1.0.100:54", ops, [1, 1, 0, 29, 0])
            .with("127.0.0.1:54", route, [0, 0, 0], [1, 1, 0, 29, 0])
            .with("10.2.0.2:54", gue, [0, 0, 0], none),
        service("tcp/10.1.0.100:81", wlc, [1, 11, 8, 585, 429]).with(
            "10.2.0.2:80",
            masq,
            [0, 1, 1],
            [1, 11, 8, 585, 429],
        ),
        service("fwmark/66", persistent(120), [1, 13, 8, 689, 429]).with(
            "10.2.0.2:0",
            masq,
            [0, 1, 1],
            [1, 13, 8, 689, 429],
        ),
        service("tcp/[fd01::100]:80", rr, [2, 12, 7, 893, 517])
            .with("10.2.0.3:80", ipip, [1, 0, 0], [1, 2, 0, 160, 0])
            .with("[fd02::2]:8080", masq.weight(10), [0, 0, 0], [1, 10, 7, 733, 517]),
        service("tcp/10.1.0.100:80", rr, [2, 12, 8, 625, 429]).with(
            "10.2.0.2:80",
            masq,
            [2, 2, 0],
            [2, 12, 8, 625, 429],
        ),
        service("proto58/10.1.0.100:7", rr, none),
        service("fwmark6/255", mh, none),
        service("tcp/[fd01::100]:81", v6, [1, 11, 8, 805, 589]).with(
            "[fd02::2]:8080",
            masq,
            [0, 1, 1],
            [1, 11, 8, 805, 589],
        ),
    ];
    Table { services }
}

fn listed_of(table: Table, arguments: &[&str]) -> String {
    let host = fixture(NO_CONNECTIONS);
    let world = World { host: &host, posixly_correct: false, hints: false };
    let connect = || Ok(Ipvs::with_backend(Fixed(table)));
    let outcome = support::run("ipvsadm", arguments, b"", &world, connect);
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0), "{arguments:?}");
    outcome.stdout
}

fn listed(arguments: &[&str]) -> String {
    listed_of(table(), arguments)
}

#[test]
fn the_golden_listings() {
    assert_eq!(listed(&["-Ln"]), include_str!("golden/Ln.txt"));
    assert_eq!(listed(&["-Sn"]), include_str!("golden/S-n.txt"));
    assert_eq!(listed(&["-Ln", "--stats", "--exact"]), include_str!("golden/stats-exact.txt"));
    assert_eq!(
        listed(&["-Ln", "--thresholds"]) + &listed(&["-Ln", "--persistent-conn"]),
        include_str!("golden/thresholds-persistent.txt")
    );
}

#[test]
fn one_service_comes_without_the_banner() {
    assert_eq!(
        listed(&["-Ln", "-u", "10.1.0.100:54", "--tun-info"]),
        "Prot LocalAddress:Port Scheduler Flags\n\
         \x20 -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n\
         UDP  10.1.0.100:54 rr ops\n\
         \x20 -> 10.2.0.2:54                  Tunnel  gue:6080:-c   1      0          0         \n\
         \x20 -> 127.0.0.1:54                 Route   n/a           1      0          0         \n"
    );
}

#[test]
fn nosort_keeps_the_kernels_order() {
    let text = listed(&["-Ln", "-u", "10.1.0.100:54", "--nosort"]);
    let (local, remote) = (text.find("127.0.0.1"), text.find("10.2.0.2"));
    assert!(local < remote, "{text}");
    assert!(listed(&["-Ln", "--nosort"]).contains("InActConn\nUDP  10.1.0.100:5070 "));
}

#[test]
fn rates_of_destinations_are_not_shortened() {
    let mut table = Table { services: vec![table().services.remove(0)] };
    let big = 123_456_789_012;
    let rates = Rates {
        connections: big,
        in_packets: 7,
        out_packets: 99_999_999,
        in_bytes: big,
        out_bytes: 100_000_000,
    };
    table.services[0].service.stats.rates = rates;
    table.services[0].dests[0].stats.rates = rates;
    assert_eq!(
        listed_of(table, &["-Ln", "--rate"]),
        "IP Virtual Server version 1.2.1 (size=512)\n\
         Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n\
         \x20 -> RemoteAddress:Port\n\
         UDP  10.1.0.100:5070                  123G        7 99999999     123G  100000K\n\
         \x20 -> 10.2.0.2:5060                123456789012        7 99999999     123G  100000K\n"
    );
}

#[test]
fn what_another_tool_stored_is_listed() {
    let flags = TunnelFlags::CSUM | TunnelFlags::REMCSUM;
    let odd = DestConfig::new(Forward::Tunnel(Tunnel::Gre { flags })).weight(u32::MAX);
    let bypass = DestConfig::new(Forward::Bypass).thresholds(u32::MAX, 1);
    let table = || Table {
        services: vec![
            service(
                "tcp/10.0.0.1:80",
                ServiceConfig::new(Scheduler::SH).flags(ServiceFlags::SCHED3),
                [0; 5],
            )
            .with("10.0.0.2:80", odd, [0; 3], [0; 5])
            .with("10.0.0.3:80", bypass, [0; 3], [0; 5]),
        ],
    };
    let text = listed_of(table(), &["-Ln", "--tun-info"]);
    let rows: Vec<&str> = text.lines().skip(3).collect();
    assert_eq!(
        rows,
        [
            "TCP  10.0.0.1:80 sh ()",
            "  -> 10.0.0.2:80                  Tunnel  gre:+c        -1     0          0         ",
            "  -> 10.0.0.3:80                  (null)  n/a           1      0          0         ",
        ]
    );
    let saved = listed_of(table(), &["-Sn"]);
    assert!(saved.starts_with("-A -t 10.0.0.1:80 -s sh -b \n"), "{saved}");
    assert!(saved.contains("-r 10.0.0.2:80 -i -w -1 --tun-type gre --tun-csum\n"), "{saved}");
}

const CONNECTIONS: &str =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT       106
UDP 0A010002 0000 0A010064 13C4 0A020002 13C4 ASSURED         230 sip x y
z
IP  0A010002 0000 00000042 0000 0A020002 0000 NONE            111
IP_50 0A010002 C355 0A010064 0050 0A020002 0050 ERR!         2678400
TCP fd01:0000:0000:0000:0000:0000:0000:0002 C353 fd01:0000:0000:0000:0000:0000:0000:0100 0050 \
     fd02:0000:0000:0000:0000:0000:0000:0002 1F90 FIN_WAIT        5
";

fn connections(arguments: &[&str], connections: &'static str) -> support::Outcome {
    let host = fixture(connections);
    let world = World { host: &host, posixly_correct: false, hints: false };
    let connect = || Ok(Ipvs::with_backend(Fixed(Table::default())));
    support::run("ipvsadm", arguments, b"", &world, connect)
}

#[test]
fn connections_with_and_without_details() {
    assert_eq!(
        connections(&["-Lnc"], CONNECTIONS).stdout,
        "IPVS connection entries
pro expire state       source             virtual            destination
TCP 01:46  TIME_WAIT   10.1.0.2:40001     10.1.0.100:81      10.2.0.2:80
UDP 03:50  ASSURED     10.1.0.2:0         10.1.0.100:5060    10.2.0.2:5060
IP  01:51  NONE        10.1.0.2:0         0.0.0.66:0         10.2.0.2:0
IP_50 44640:00 ERR!        10.1.0.2:50005     10.1.0.100:80      10.2.0.2:80
TCP 00:05  FIN_WAIT    [fd01::2]:50003    [fd01::100]:80     [fd02::2]:8080
"
    );
    let details = connections(&["-Lnc", "--persistent-conn"], CONNECTIONS).stdout;
    let rows: Vec<&str> = details.lines().skip(1).take(3).collect();
    assert_eq!(
        rows,
        [
            "pro expire state       source             virtual            destination        pe name          pe_data",
            "TCP 01:46  TIME_WAIT   10.1.0.2:40001     10.1.0.100:81      10.2.0.2:80",
            "UDP 03:50  ASSURED     10.1.0.2:0         10.1.0.100:5060    10.2.0.2:5060    sip                x",
        ]
    );
}

#[test]
fn no_headings_no_connections() {
    let outcome = connections(&["-Lc"], "");
    assert_eq!(outcome.stderr, "unexpected input from /proc/net/ip_vs_conn\n");
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1));
}

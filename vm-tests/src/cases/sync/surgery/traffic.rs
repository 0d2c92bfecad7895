// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections with packets that go on all the time.

use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::super::transfer::{INTERVAL, PATIENCE, Transfer, associate, echo_sctp, echo_tcp};
use crate::case::Failure;
use crate::connections::daemons;
use crate::ctx::Ctx;
use crate::full_nat::program;
use crate::lan::Lan;
use crate::site::Site;
use crate::topology::Host;

use super::asker::{Asker, name_udp};
use super::by_messages;

/// What was promised; emulated guests get more.
const STEERED_WITHIN: Duration = Duration::from_secs(2);

/// Who talks through whom, and how packets are forwarded.
struct Way<'a> {
    client: &'a Host,
    director: &'a Host,
    servers: &'a [Host; 3],
    method: &'static str,
    /// Whether a firewall mark makes packets those of a service.
    marked: bool,
}

/// The addresses of a family.
struct Family {
    client: &'static str,
    service: &'static str,
    dests: [&'static str; 2],
}

/// Behind a director that is the servers' router.
const ROUTED: [Family; 2] = [
    Family { client: "192.0.2.10", service: "192.0.2.100:7", dests: ["10.0.0.1:7", "10.0.0.2:7"] },
    Family {
        client: "2001:db8:1::10",
        service: "[2001:db8:1::100]:7",
        dests: ["[2001:db8:2::1]:7", "[2001:db8:2::2]:7"],
    },
];

/// On one segment.
const NEAR: [Family; 2] = [
    Family { dests: ["192.0.2.1:7", "192.0.2.2:7"], ..ROUTED[0] },
    Family { dests: ["[2001:db8:1::1]:7", "[2001:db8:1::2]:7"], ..ROUTED[1] },
];

/// Marks what comes for the services' port.
const MARKING: &str = "table inet marks { chain in { type filter hook prerouting priority -150;\n\
    meta l4proto { tcp, udp } th dport 7 meta mark set 7\n}\n}\n";

/// What is cut in the middle.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Tcp,
    Sctp,
}

pub(super) fn tcp_ipv4(ctx: &mut Ctx) -> Result<(), Failure> {
    masqueraded(ctx, |way| way.cut(Stream::Tcp, &ROUTED[0]))
}

pub(super) fn tcp_ipv6(ctx: &mut Ctx) -> Result<(), Failure> {
    masqueraded(ctx, |way| way.cut(Stream::Tcp, &ROUTED[1]))
}

pub(super) fn udp_ipv4(ctx: &mut Ctx) -> Result<(), Failure> {
    masqueraded(ctx, |way| way.moved(&ROUTED[0]))
}

pub(super) fn udp_ipv6(ctx: &mut Ctx) -> Result<(), Failure> {
    masqueraded(ctx, |way| way.moved(&ROUTED[1]))
}

pub(super) fn sctp(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut cut = |family| masqueraded(ctx, |way| way.cut(Stream::Sctp, family));
    ROUTED.iter().try_for_each(&mut cut)
}

/// Packets that leave no tick of the kernel's clock without them, as far as an emulated guest has any.
pub(super) fn without_pause(ctx: &mut Ctx) -> Result<(), Failure> {
    masqueraded(ctx, |way| {
        for family in &ROUTED {
            way.cut_flood(family)?;
        }
        ROUTED.iter().try_for_each(|family| way.ended_flood(family))
    })
}

/// The kernel keeps conntrack entries, too.
pub(super) fn with_conntrack(ctx: &mut Ctx) -> Result<(), Failure> {
    masqueraded(ctx, |way| {
        way.director.sysctl("net.ipv4.vs.conntrack", "1")?;
        for family in &ROUTED {
            way.cut(Stream::Tcp, family)?;
            way.moved(family)?;
        }
        Ok(())
    })
}

/// Services of a firewall mark.
pub(super) fn marked(ctx: &mut Ctx) -> Result<(), Failure> {
    masqueraded(ctx, |way| {
        way.director.cmd_with_input(&program("nft", "-f -")?, MARKING.as_bytes())?.success()?;
        for family in &ROUTED {
            let way = Way { marked: true, ..*way };
            way.cut(Stream::Tcp, family)?;
            way.clear()?;
            way.moved(family)?;
            way.clear()?;
        }
        Ok(())
    })
}

pub(super) fn direct(ctx: &mut Ctx) -> Result<(), Failure> {
    near(ctx, "-g")
}

pub(super) fn tunnelled(ctx: &mut Ctx) -> Result<(), Failure> {
    near(ctx, "-i")
}

fn masqueraded(
    ctx: &mut Ctx,
    test: impl FnOnce(&Way<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let _messages = by_messages()?;
    let Site { client, director, servers, .. } = &Site::build(ctx.topology())?;
    test(&Way { client, director, servers, method: "-m", marked: false })
}

/// Each protocol and family on one segment.
fn near(ctx: &mut Ctx, method: &'static str) -> Result<(), Failure> {
    let _messages = by_messages()?;
    let lan = Lan::build(ctx.topology())?;
    lan.accept_tunnels()?;
    let Lan { client, director, servers, .. } = &lan;
    let way = Way { client, director, servers, method, marked: false };
    for family in &NEAR {
        way.cut(Stream::Tcp, family)?;
        way.cut(Stream::Sctp, family)?;
        way.moved(family)?;
    }
    Ok(())
}

impl Way<'_> {
    /// Where servers get the packets: with NAT at their own addresses.
    fn local(&self, family: &Family, server: usize) -> Result<SocketAddr, Failure> {
        let address = if self.method == "-m" { family.dests[server] } else { family.service };
        Ok(address.parse()?)
    }

    /// How `ipvsadm` is told of a service.
    fn service(&self, option: &str, family: &Family) -> String {
        match (self.marked, family.service.contains('[')) {
            (false, _) => format!("{option} {}", family.service),
            (true, false) => "-f 7".to_owned(),
            (true, true) => "-f 7 -6".to_owned(),
        }
    }

    fn clear(&self) -> Result<(), Failure> {
        self.director.run("ipvsadm -C").map(drop)
    }

    /// Two transfers to one server; one is cut, within a time in which the other gets answers.
    fn cut(&self, stream: Stream, family: &Family) -> Result<(), Failure> {
        let Family { client, service, dests } = family;
        let (option, protocol) = match stream {
            Stream::Tcp => ("-t", "tcp"),
            Stream::Sctp => ("--sctp-service", "sctp"),
        };
        let named = self.service(option, family);
        self.director.run(&format!("ipvsadm -A {named} -s rr"))?;
        self.director.run(&format!("ipvsadm -a {named} -r {} {}", dests[0], self.method))?;
        let address: SocketAddr = service.parse()?;
        match stream {
            Stream::Tcp => echo_tcp(&self.servers[0], self.local(family, 0)?)?,
            Stream::Sctp => echo_sctp(&self.servers[0], self.local(family, 0)?)?,
        }
        let from = client.parse()?;
        let connect = || {
            self.client.inside(|| match stream {
                Stream::Tcp => Ok(TcpStream::connect_timeout(&address, PATIENCE)?),
                Stream::Sctp => associate(from, address),
            })
        };
        let (cut, kept) = (Transfer::start(connect()?)?, Transfer::start(connect()?)?);
        let before = daemons(self.director)?;
        let client = cut.client;
        let command = format!("ipvsadm conn delete --client {client} --protocol {protocol}");
        self.director.run(&command)?;
        assert_eq!(daemons(self.director)?, before);
        assert!(cut.is_cut(), "{protocol} {}: {client} goes on", self.method);
        assert!(kept.goes_on(), "{protocol} {}: {} was cut, too", self.method, kept.client);
        Ok(())
    }

    /// A transfer that never pauses.
    fn cut_flood(&self, family: &Family) -> Result<(), Failure> {
        let Family { service, dests, .. } = family;
        self.director.run(&format!("ipvsadm -A -t {service} -s rr"))?;
        self.director.run(&format!("ipvsadm -a -t {service} -r {} -m", dests[0]))?;
        echo_tcp(&self.servers[0], self.local(family, 0)?)?;
        let address: SocketAddr = service.parse()?;
        let stream = self.client.inside(|| Ok(TcpStream::connect_timeout(&address, PATIENCE)?))?;
        let flood = Transfer::flood(stream)?;
        thread::sleep(INTERVAL * 10);
        let before = self.packets(&format!("-t {service}"))?;
        let begin = Instant::now();
        self.director.run(&format!("ipvsadm conn delete --client {}", flood.client))?;
        assert!(flood.is_cut(), "{service}: {} goes on", flood.client);
        let took = begin.elapsed();
        let packets = self.packets(&format!("-t {service}"))? - before;
        println!("{service}: cut within {took:.1?}, {packets} packets");
        Ok(())
    }

    /// Datagrams that never pause, to a server that takes no new connections.
    fn ended_flood(&self, family: &Family) -> Result<(), Failure> {
        let Family { client, service, dests } = family;
        self.director.run(&format!("ipvsadm -A -u {service} -s rr"))?;
        for (server, weight) in [1, 0].into_iter().enumerate() {
            let dest = format!("-u {service} -r {} -m -w {weight}", dests[server]);
            self.director.run(&format!("ipvsadm -a {dest}"))?;
            name_udp(&self.servers[server], self.local(family, server)?)?;
        }
        let asker = Asker::flood(self.client, client.parse()?, service)?;
        asker.expect("s1", PATIENCE)?;
        for (dest, weight) in dests.iter().zip([0, 1]) {
            self.director.run(&format!("ipvsadm -e -u {service} -r {dest} -m -w {weight}"))?;
        }
        let before = self.packets(&format!("-u {service}"))?;
        let begin = Instant::now();
        let command = format!("ipvsadm conn delete --protocol udp --service {service}");
        let output = self.director.cmd(&command)?;
        let took = begin.elapsed();
        let packets = self.packets(&format!("-u {service}"))? - before;
        println!("{service}: ended within {took:.1?}, {packets} packets: {}", output.text());
        output.success()?;
        asker.expect("s2", PATIENCE)
    }

    /// How many packets came in for a service.
    fn packets(&self, service: &str) -> Result<u64, Failure> {
        let output =
            self.director.cmd(&format!("ipvsadm -Ln --stats --exact {service}"))?.success()?;
        let line = output.lines().nth(3).and_then(|line| line.split_whitespace().nth(3));
        let text = line.ok_or_else(|| Failure::new(output.clone()))?;
        Ok(text.parse()?)
    }

    /// A client that asks all the time; then its connection is moved, then ended.
    fn moved(&self, family: &Family) -> Result<(), Failure> {
        let Family { client, service, dests } = family;
        let named = self.service("-u", family);
        self.director.run(&format!("ipvsadm -A {named} -s rr"))?;
        for (server, weight) in [1, 0].into_iter().enumerate() {
            let dest = format!("-r {} {} -w {weight}", dests[server], self.method);
            self.director.run(&format!("ipvsadm -a {named} {dest}"))?;
            name_udp(&self.servers[server], self.local(family, server)?)?;
        }
        let asker = Asker::start(self.client, client.parse()?, service)?;
        asker.expect("s1", PATIENCE)?;
        let chosen = format!("--protocol udp --service {service}");
        self.director.run(&format!("ipvsadm conn steer {chosen} --to {}", dests[1]))?;
        // It got there by the time that the command ended; the answer to it comes within two seconds.
        let begin = Instant::now();
        asker.expect("s2", PATIENCE)?;
        let took = begin.elapsed();
        println!("{service} {}: answered by the other server after {took:.1?}", self.method);
        assert!(took < STEERED_WITHIN, "{took:?}");
        // The scheduler would give it to the first only.
        let output = self.director.cmd(&format!("ipvsadm conn delete {chosen}"))?;
        assert!(output.text().contains("made anew"), "{}", output.text());
        output.success()?;
        asker.expect("s1", PATIENCE)
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A director fails, and its backup goes on with the transfers that it had.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpStream};

use ipvs_proc::Connection;
use serde_json::Value;

use super::coverage::{events, monitored};
use super::transfer::{ANY, PATIENCE, Transfer, echo_tcp};
use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::http::{self, Server};
use crate::listed;
use crate::topology::{Host, Topology};
use crate::wait;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("sync::transfers_survive_fail_over_to_a_backup_that_was_made_anew", resynced)
        .timeout(600),
    Case::new("sync::transfers_survive_fail_over_with_several_sync_ports", several_ports)
        .timeout(600),
    Case::new("sync::transfers_survive_fail_over_with_version_0", version_0).timeout(600),
];

const IPV4: &str = "192.0.2.100:7";
const IPV6: &str = "[2001:db8:1::100]:7";
/// A persistent service.
const STICKY: &str = "192.0.2.100:80";
/// What the director that is active has, on the interfaces to clients and to servers.
const FLOATING: [(&str, &str); 4] = [
    ("eth0", "192.0.2.100/32"),
    ("eth0", "2001:db8:1::100/128"),
    ("eth1", "10.0.0.254/24"),
    ("eth1", "2001:db8:2::fe/64"),
];
/// Transfers over each service.
const TRANSFERS: usize = 6;

/// Directors of which one is active, between a client and servers.
struct Site {
    directors: [Host; 3],
    servers: [Host; 3],
    client: Host,
    _web: Vec<Server>,
    _topology: Topology,
}

impl Site {
    /// The first director is the active one. Each has these services.
    fn build(ctx: &mut Ctx, services: &[&str]) -> Result<Self, Failure> {
        let mut topology = ctx.topology();
        let servers = [topology.host("s1")?, topology.host("s2")?, topology.host("s3")?];
        let directors = [topology.host("d1")?, topology.host("d2")?, topology.host("d3")?];
        let client = topology.host("client")?;
        topology.segment(
            "front",
            &[
                (&client, "eth0", &["192.0.2.10/24", "2001:db8:1::10/64"]),
                (&directors[0], "eth0", &["192.0.2.201/24", "2001:db8:1::201/64"]),
                (&directors[1], "eth0", &["192.0.2.202/24", "2001:db8:1::202/64"]),
                (&directors[2], "eth0", &["192.0.2.203/24", "2001:db8:1::203/64"]),
            ],
        )?;
        topology.segment(
            "back",
            &[
                (&servers[0], "eth0", &["10.0.0.1/24", "2001:db8:2::1/64"]),
                (&servers[1], "eth0", &["10.0.0.2/24", "2001:db8:2::2/64"]),
                (&servers[2], "eth0", &["10.0.0.3/24", "2001:db8:2::3/64"]),
                (&directors[0], "eth1", &["10.0.0.201/24", "2001:db8:2::201/64"]),
                (&directors[1], "eth1", &["10.0.0.202/24", "2001:db8:2::202/64"]),
                (&directors[2], "eth1", &["10.0.0.203/24", "2001:db8:2::203/64"]),
            ],
        )?;
        for server in &servers {
            server.ip("route add default via 10.0.0.254\nroute add default via 2001:db8:2::fe")?;
            echo_tcp(server, ANY)?;
        }
        let web = servers.iter().map(|host| Server::start(host, 80)).collect::<Result<_, _>>()?;
        for director in &directors {
            director.sysctl("net.ipv4.ip_forward", "1")?;
            director.sysctl("net.ipv6.conf.all.forwarding", "1")?;
            for service in services {
                serve(director, service)?;
            }
        }
        let site = Self { directors, servers, client, _web: web, _topology: topology };
        site.activate(&site.directors[0])?;
        Ok(site)
    }

    /// Gives a director the addresses that the others talk to, and makes the others look for them.
    fn activate(&self, director: &Host) -> Result<(), Failure> {
        for (interface, address) in FLOATING {
            director.address(interface, address)?;
        }
        let mut others = self.servers.iter().chain([&self.client]);
        others.try_for_each(|host| host.ip("neigh flush dev eth0"))
    }

    /// Cuts the first director off, and has another take over.
    fn fail_over(&self, to: &Host) -> Result<(), Failure> {
        self.directors[0].ip("link set eth0 down\nlink set eth1 down")?;
        self.activate(to)
    }

    fn transfers(&self, service: &str) -> Result<Vec<Transfer>, Failure> {
        let address: SocketAddr = service.parse()?;
        let connect = || Ok(TcpStream::connect_timeout(&address, PATIENCE)?);
        (0..TRANSFERS).map(|_| Transfer::start(self.client.inside(connect)?)).collect()
    }

    /// Who answers the client.
    fn asked(&self) -> Result<String, Failure> {
        self.client.inside(|| http::get(STICKY.parse()?))
    }
}

fn serve(director: &Host, service: &str) -> Result<(), Failure> {
    let address: SocketAddr = service.parse()?;
    let persistent = if service == STICKY { "-p 3600" } else { "" };
    director.run(&format!("ipvsadm -A -t {service} -s rr {persistent}"))?;
    for number in 1..=3 {
        let server = match address.is_ipv4() {
            true => format!("10.0.0.{number}"),
            false => format!("[2001:db8:2::{number}]"),
        };
        let port = address.port();
        director.run(&format!("ipvsadm -a -t {service} -r {server}:{port} -m"))?;
    }
    Ok(())
}

fn daemon(director: &Host, role: &str) -> Result<(), Failure> {
    let line = format!("ipvsadm --start-daemon {role} --mcast-interface eth1 --syncid 7");
    director.run(&line).map(drop)
}

/// What a director has of what a fail-over must not lose: open connections and templates.
fn held(director: &Host) -> Result<BTreeSet<String>, Failure> {
    director.inside(|| {
        let mut all = listed::connections()?;
        all.retain(|c| c.is_template() || c.state.name() == "ESTABLISHED");
        let line =
            |c: &Connection<'_>| format!("{} {} {} {}", c.protocol, c.client, c.service, c.dest);
        Ok(all.iter().map(line).collect())
    })
}

/// Waits until the second director has what the first has, which are so many.
fn arrived(from: &Host, to: &Host, count: usize) -> Result<(), Failure> {
    let expected = held(from)?;
    assert_eq!(expected.len(), count, "{expected:?}");
    wait::until("connections of the backup", &expected, || held(to))
}

fn all_go_on(transfers: &[Transfer]) {
    for transfer in transfers {
        assert!(transfer.goes_on(), "the transfer from {} was cut", transfer.client);
    }
}

/// The backup is lost and made anew while transfers go on that no packet threshold sends again soon;
/// `send -B` fills the new one, which then takes over.
fn resynced(ctx: &mut Ctx) -> Result<(), Failure> {
    let site = Site::build(ctx, &[IPV4, IPV6, STICKY])?;
    let [master, old, new] = &site.directors;
    // Once a connection is established, and never again.
    master.sysctl("net.ipv4.vs.sync_threshold", "3 0")?;
    daemon(old, "backup")?;
    daemon(master, "master")?;
    let mut transfers = site.transfers(IPV4)?;
    transfers.extend(site.transfers(IPV6)?);
    let server = site.asked()?;
    let count = transfers.len() + 1;
    wait::until("open connections", &count, || Ok(held(master)?.len()))?;
    ctx.run(&format!("ip netns del {}", old.namespace()))?;
    daemon(new, "backup")?;
    master.run("ipvs-syncd -B")?;
    arrived(master, new, count)?;
    site.fail_over(new)?;
    all_go_on(&transfers);
    // The others would be next, of a director that knew nothing of this client.
    for _ in 0..3 {
        assert_eq!(site.asked()?, server);
    }
    Ok(())
}

/// Masters and backups with four threads, each with a port of its own.
fn several_ports(ctx: &mut Ctx) -> Result<(), Failure> {
    let site = Site::build(ctx, &[IPV4, IPV6, STICKY])?;
    let ports = [8848, 8849, 8850, 8851].map(|port| format!("224.0.0.81:{port}"));
    for director in &site.directors {
        director.sysctl("net.ipv4.vs.sync_ports", "4")?;
    }
    let stream = synchronised(ctx, &site, &[IPV4, IPV6])?;
    let heard = stream["destinations"].as_array().cloned().unwrap_or_default();
    assert!(heard.len() > 1, "only {heard:?} of {ports:?}");
    assert!(heard.iter().all(|one| ports.iter().any(|port| one == port.as_str())), "{heard:?}");
    assert_eq!(stream["versions"][0], 0, "{stream}");
    Ok(())
}

/// What directors older than Linux 3.0 understand: IPv4 only.
fn version_0(ctx: &mut Ctx) -> Result<(), Failure> {
    let site = Site::build(ctx, &[IPV4, STICKY])?;
    for director in &site.directors {
        director.sysctl("net.ipv4.vs.sync_version", "0")?;
    }
    let stream = synchronised(ctx, &site, &[IPV4])?;
    assert_eq!(stream["versions"][1], 0, "{stream}");
    assert_ne!(stream["versions"][0], 0, "{stream}");
    Ok(())
}

/// The kernel's master tells the kernel's backup, which takes over. Returns what the monitor on the
/// backup says of the only stream that it heard.
fn synchronised(ctx: &Ctx, site: &Site, services: &[&str]) -> Result<Value, Failure> {
    let [master, backup, _] = &site.directors;
    daemon(backup, "backup")?;
    daemon(master, "master")?;
    let mut transfers = Vec::new();
    let lines = monitored(ctx, backup, "", |_| {
        for service in services {
            transfers.extend(site.transfers(service)?);
        }
        let server = site.asked()?;
        let count = transfers.len() + 1;
        wait::until("open connections", &count, || Ok(held(master)?.len()))?;
        arrived(master, backup, count)?;
        site.fail_over(backup)?;
        all_go_on(&transfers);
        for _ in 0..3 {
            assert_eq!(site.asked()?, server);
        }
        Ok(())
    })?;
    assert_eq!(events(&lines, "alarm"), Vec::<Value>::new());
    let last = events(&lines, "summary").pop().unwrap_or_default();
    let streams = last["streams"].as_array().cloned().unwrap_or_default();
    assert_eq!(streams.len(), 1, "{last}");
    Ok(streams[0].clone())
}

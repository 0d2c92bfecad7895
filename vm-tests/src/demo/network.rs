// SPDX-License-Identifier: MIT OR Apache-2.0
//! The demonstration's network and services.

use crate::case::Failure;
use crate::site::connect_servers;
use crate::topology::{Host, Topology};

/// The network, for people.
pub const PICTURE: &str = "   c1 .11    c2 .12
    |         |
 ---+----+----+--------+---------+---------+---  front: 192.0.2.0/24, 2001:db8:1::/64
         |             |         |         |
     director        s1 .21    s2 .22    s3 .23
         |             |         |         |
 --------+-------------+---------+---------+---  back: 10.0.0.0/24, 2001:db8:2::/64

 NAT:            the director rewrites addresses; servers answer through it (back segment)
 direct routing: the director only picks a server, which has the service's address itself and
                 answers the client directly (front segment)";

/// The port of the services and of the servers.
pub const PORT: u16 = 80;
/// The servers' names.
pub const SERVERS: [&str; 3] = ["s1", "s2", "s3"];

/// How packets get to a server.
#[derive(Debug, Clone, Copy)]
pub enum Method {
    /// Network address translation (`-m`).
    Masquerading,
    /// Direct routing (`-g`).
    DirectRouting,
}

/// A virtual service with its destinations.
#[derive(Debug)]
pub struct Service {
    /// Address and port, as `ipvsadm` takes and prints them.
    pub address: &'static str,
    /// The scheduler.
    pub scheduler: &'static str,
    /// How packets get to the servers.
    pub method: Method,
    servers: [(&'static str, u16); 3],
}

/// The services: each method over each protocol version.
pub const SERVICES: [Service; 4] = [
    Service {
        address: "192.0.2.100:80",
        scheduler: "rr",
        method: Method::Masquerading,
        servers: [("10.0.0.1:80", 1), ("10.0.0.2:80", 1), ("10.0.0.3:80", 1)],
    },
    Service {
        address: "192.0.2.200:80",
        scheduler: "wrr",
        method: Method::DirectRouting,
        servers: [("192.0.2.21:80", 1), ("192.0.2.22:80", 2), ("192.0.2.23:80", 3)],
    },
    Service {
        address: "[2001:db8:1::100]:80",
        scheduler: "rr",
        method: Method::Masquerading,
        servers: [("[2001:db8:2::1]:80", 1), ("[2001:db8:2::2]:80", 1), ("[2001:db8:2::3]:80", 1)],
    },
    Service {
        address: "[2001:db8:1::200]:80",
        scheduler: "wrr",
        method: Method::DirectRouting,
        servers: [
            ("[2001:db8:1::21]:80", 1),
            ("[2001:db8:1::22]:80", 2),
            ("[2001:db8:1::23]:80", 3),
        ],
    },
];

impl Service {
    /// The destinations with their weights, in the order of [`SERVERS`].
    pub fn destinations(&self) -> impl Iterator<Item = (&'static str, u16)> {
        self.servers.into_iter()
    }

    /// Method and scheduler, for people.
    pub fn title(&self) -> String {
        let method = match self.method {
            Method::Masquerading => "NAT",
            Method::DirectRouting => "direct routing",
        };
        format!("{method}, {}", self.scheduler)
    }
}

/// The hosts; removed when dropped.
#[derive(Debug)]
pub struct Network {
    /// The load balancer.
    pub director: Host,
    /// Who asks.
    pub clients: [Host; 2],
    /// Who answers.
    pub servers: [Host; 3],
    _topology: Topology,
}

impl Network {
    /// Makes the hosts and wires them.
    ///
    /// # Errors
    /// A command fails; the message has its line.
    pub fn build() -> Result<Self, Failure> {
        let mut topology = Topology::new("demo");
        let director = topology.host("director")?;
        let clients = [topology.host("c1")?, topology.host("c2")?];
        let [s1, s2, s3] = SERVERS.map(|name| topology.host(name));
        let servers = [s1?, s2?, s3?];
        topology.segment(
            "front",
            &[
                (&clients[0], "eth0", &["192.0.2.11/24", "2001:db8:1::11/64"]),
                (&clients[1], "eth0", &["192.0.2.12/24", "2001:db8:1::12/64"]),
                (
                    &director,
                    "eth0",
                    &[
                        "192.0.2.254/24",
                        "2001:db8:1::fe/64",
                        "192.0.2.100/32",
                        "2001:db8:1::100/128",
                        "192.0.2.200/32",
                        "2001:db8:1::200/128",
                    ],
                ),
                // The servers' way to the clients is the director, except for direct answers.
                (
                    &servers[0],
                    "eth1",
                    &["192.0.2.21/24 noprefixroute", "2001:db8:1::21/64 noprefixroute"],
                ),
                (
                    &servers[1],
                    "eth1",
                    &["192.0.2.22/24 noprefixroute", "2001:db8:1::22/64 noprefixroute"],
                ),
                (
                    &servers[2],
                    "eth1",
                    &["192.0.2.23/24 noprefixroute", "2001:db8:1::23/64 noprefixroute"],
                ),
            ],
        )?;
        connect_servers(&mut topology, &director, &servers)?;
        servers.iter().try_for_each(direct_answers)?;
        Ok(Self { director, clients, servers, _topology: topology })
    }
}

/// Lets a server own the services' addresses without announcing them, and answer for them on the
/// front segment; everything else goes through the director.
fn direct_answers(server: &Host) -> Result<(), Failure> {
    server.sysctl("net.ipv4.conf.all.arp_ignore", "1")?;
    server.sysctl("net.ipv4.conf.all.arp_announce", "2")?;
    server.ip("address add 192.0.2.200/32 dev lo\n\
         address add 2001:db8:1::200/128 dev lo nodad\n\
         route add default via 10.0.0.254\n\
         route add default via 2001:db8:2::fe\n\
         rule add from 192.0.2.200 lookup 100\n\
         route add 192.0.2.0/24 dev eth1 table 100\n\
         route add 2001:db8:1::/64 dev eth1 table 100")?;
    server.run("ip -6 rule add from 2001:db8:1::200 lookup 100").map(drop)
}

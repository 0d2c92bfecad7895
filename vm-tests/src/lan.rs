// SPDX-License-Identifier: MIT OR Apache-2.0
//! A client, a director and three servers on one segment: servers have the services' addresses, too, and
//! answer clients directly.

use crate::case::Failure;
use crate::site::FRONT;
use crate::topology::{Host, Topology};

/// The hosts; removed when dropped.
pub struct Lan {
    /// The load balancer, with the services' addresses.
    pub director: Host,
    /// Who answers: 192.0.2.1, 2001:db8:1::1 and so on.
    pub servers: [Host; 3],
    /// Who asks.
    pub client: Host,
    _topology: Topology,
}

impl Lan {
    /// Makes the hosts and wires them.
    ///
    /// # Errors
    /// They can't be made.
    pub fn build(mut topology: Topology) -> Result<Self, Failure> {
        let servers = [topology.host("s1")?, topology.host("s2")?, topology.host("s3")?];
        let (client, director) = (topology.host("client")?, topology.host("director")?);
        topology.segment(
            "lan",
            &[
                (&client, "eth0", &["192.0.2.10/24", "2001:db8:1::10/64"]),
                (&director, "eth0", &FRONT),
                (&servers[0], "eth0", &["192.0.2.1/24", "2001:db8:1::1/64"]),
                (&servers[1], "eth0", &["192.0.2.2/24", "2001:db8:1::2/64"]),
                (&servers[2], "eth0", &["192.0.2.3/24", "2001:db8:1::3/64"]),
            ],
        )?;
        for server in &servers {
            server.sysctl("net.ipv4.conf.all.arp_ignore", "1")?;
            server.sysctl("net.ipv4.conf.all.arp_announce", "2")?;
            server.address("lo", "192.0.2.100/32")?;
            server.address("lo", "2001:db8:1::100/128")?;
        }
        Ok(Self { director, servers, client, _topology: topology })
    }

    /// Lets the servers take packets out of IP in IP and of IPv6 in IPv6, from whomever.
    ///
    /// # Errors
    /// A server can't.
    pub fn accept_tunnels(&self) -> Result<(), Failure> {
        for server in &self.servers {
            server.run("modprobe -a ipip ip6_tunnel")?;
            server.sysctl("net.ipv4.conf.all.rp_filter", "0")?;
            server.sysctl("net.ipv4.conf.tunl0.rp_filter", "0")?;
            server.ip("link set tunl0 up\nlink set ip6tnl0 up")?;
        }
        // The director's packets must not come from the service's address, which the servers have, too:
        // they drop what claims to come from themselves.
        self.director.ip("address change 2001:db8:1::100/128 dev eth0 preferred_lft 0")
    }
}

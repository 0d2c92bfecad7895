// SPDX-License-Identifier: MIT OR Apache-2.0
//! A client, a director and three servers behind it, with the questions that tests ask them.

use std::collections::BTreeMap;

use ipvs_netlink::Ipvs;
use ipvs_netlink::types::{DestConfig, DestKey, ServiceKey};

use crate::case::Failure;
use crate::http::{self, Server};
use crate::topology::{Host, Topology};
use crate::wait;

/// The hosts; removed when dropped.
pub struct Site {
    /// The load balancer, with the services' addresses.
    pub director: Host,
    /// Who answers: 10.0.0.1, 2001:db8:2::1 and so on.
    pub servers: [Host; 3],
    /// Who asks.
    pub client: Host,
    _topology: Topology,
}

/// The director's addresses on its clients' side; the second and the last are the services'.
pub const FRONT: [&str; 4] =
    ["192.0.2.254/24", "192.0.2.100/32", "2001:db8:1::fe/64", "2001:db8:1::100/128"];

/// The client's side of a director, with the services' addresses.
///
/// # Errors
/// The segment can't be made.
pub fn connect_client(
    topology: &mut Topology,
    client: &Host,
    director: &Host,
) -> Result<(), Failure> {
    topology.segment(
        "front",
        &[(client, "eth0", &["192.0.2.10/24", "2001:db8:1::10/64"]), (director, "eth0", &FRONT)],
    )
}

/// Connects servers to a segment behind the director, and has that forward.
///
/// # Errors
/// It can't be wired.
pub fn connect_servers(
    topology: &mut Topology,
    director: &Host,
    servers: &[Host; 3],
) -> Result<(), Failure> {
    topology.segment(
        "back",
        &[
            (director, "eth1", &["10.0.0.254/24", "2001:db8:2::fe/64"]),
            (&servers[0], "eth0", &["10.0.0.1/24", "2001:db8:2::1/64"]),
            (&servers[1], "eth0", &["10.0.0.2/24", "2001:db8:2::2/64"]),
            (&servers[2], "eth0", &["10.0.0.3/24", "2001:db8:2::3/64"]),
        ],
    )?;
    director.sysctl("net.ipv4.ip_forward", "1")?;
    director.sysctl("net.ipv6.conf.all.forwarding", "1")
}

impl Site {
    /// Makes the hosts and wires them.
    ///
    /// # Errors
    /// They can't be made.
    pub fn build(mut topology: Topology) -> Result<Self, Failure> {
        let servers = [topology.host("s1")?, topology.host("s2")?, topology.host("s3")?];
        let (client, director) = (topology.host("client")?, topology.host("director")?);
        connect_client(&mut topology, &client, &director)?;
        connect_servers(&mut topology, &director, &servers)?;
        for server in &servers {
            server.ip("route add default via 10.0.0.254\nroute add default via 2001:db8:2::fe")?;
        }
        Ok(Self { director, servers, client, _topology: topology })
    }

    /// Starts a web server on each server.
    ///
    /// # Errors
    /// It does not come to that, or a host fails.
    pub fn serve(&self, port: u16) -> Result<Vec<Server>, Failure> {
        self.servers.iter().map(|host| Server::start(host, port)).collect()
    }

    /// Waits until a service has these destinations (`address:port=weight`, then the thresholds if
    /// there are any), sorted.
    ///
    /// # Errors
    /// It does not come to that, or a host fails.
    pub fn expect(&self, event: &str, service: &str, dests: &[&str]) -> Result<(), Failure> {
        let key: ServiceKey = service.parse()?;
        wait::until(
            &format!("{service} after {event}"),
            &Some(dests.iter().map(|&dest| dest.to_owned()).collect::<Vec<_>>()),
            || {
                let rules = self.director.inside(|| Ok(Ipvs::open()?.ruleset()?))?;
                Ok(rules.service(key).map(|rules| rules.dests().map(shown).collect()))
            },
        )
    }

    /// Sends requests to a TCP service and compares who answered, and how often.
    ///
    /// # Errors
    /// It does not come to that, or a host fails.
    pub fn expect_answers(&self, service: &str, shares: &[(&str, u64)]) -> Result<(), Failure> {
        let address = service.trim_start_matches("tcp/").parse()?;
        let total = shares.iter().map(|(_, count)| count).sum();
        let answers = self.client.inside(|| {
            let mut answers = BTreeMap::<String, u64>::new();
            for _ in 0..total {
                *answers.entry(http::get(address)?).or_default() += 1;
            }
            Ok(answers)
        })?;
        let expected = shares.iter().map(|&(name, count)| (name.to_owned(), count)).collect();
        assert_eq!(answers, expected, "{service}");
        Ok(())
    }

    /// How many services the director has.
    ///
    /// # Errors
    /// It does not come to that, or a host fails.
    pub fn services(&self) -> Result<usize, Failure> {
        self.director.inside(|| Ok(Ipvs::open()?.services()?.len()))
    }
}

fn shown((key, config): (DestKey, &DestConfig)) -> String {
    let thresholds = match (config.lower_threshold, config.upper_threshold) {
        (Some(lower), Some(upper)) => format!(" {lower}..{upper}"),
        _ => String::new(),
    };
    format!("{key}={}{thresholds}", config.weight)
}

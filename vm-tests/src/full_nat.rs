// SPDX-License-Identifier: MIT OR Apache-2.0
//! A director that hides clients from the server, which has no route to them: NAT with conntrack and
//! SNAT, as stock kernels can.

use std::net::{IpAddr, SocketAddr};

use ipvs_proc::{CaStats, Document as _};

use crate::case::Failure;
use crate::installation;
use crate::site::connect_client;
use crate::topology::{Host, Topology};

/// The services' addresses, on port 80 for TCP and UDP.
pub const SERVICES: [&str; 2] = ["192.0.2.100:80", "[2001:db8:1::100]:80"];
/// Who the server sees without help.
pub const DIRECTOR: [&str; 2] = ["10.0.0.254", "2001:db8:2::fe"];

/// The hosts; removed when dropped.
pub struct FullNat {
    /// Who asks.
    pub client: Host,
    /// The load balancer, which does SNAT towards the server.
    pub director: Host,
    /// Who answers: 10.0.0.1 and 2001:db8:2::1.
    pub server: Host,
    _topology: Topology,
}

impl FullNat {
    /// Makes the hosts and wires them.
    ///
    /// # Errors
    /// They can't be made.
    pub fn build(mut topology: Topology) -> Result<Self, Failure> {
        let (client, director) = (topology.host("client")?, topology.host("director")?);
        let server = topology.host("server")?;
        connect_client(&mut topology, &client, &director)?;
        topology.segment(
            "back",
            &[
                (&director, "eth1", &["10.0.0.254/24", "2001:db8:2::fe/64"]),
                (&server, "eth0", &["10.0.0.1/24", "2001:db8:2::1/64"]),
            ],
        )?;
        director.sysctl("net.ipv4.ip_forward", "1")?;
        director.sysctl("net.ipv6.conf.all.forwarding", "1")?;
        director.sysctl("net.ipv4.vs.conntrack", "1")?;
        let rules = "table inet full { chain out { type nat hook postrouting priority 100;\n\
            oifname eth1 masquerade\n}\n}\n";
        director.cmd_with_input(&program("nft", "-f -")?, rules.as_bytes())?.success()?;
        for (service, server) in SERVICES.iter().zip(["10.0.0.1:80", "[2001:db8:2::1]:80"]) {
            for protocol in ["-t", "-u"] {
                director.run(&format!("ipvsadm-c -A {protocol} {service} -s rr"))?;
                director.run(&format!("ipvsadm-c -a {protocol} {service} -r {server} -m"))?;
            }
        }
        Ok(Self { client, director, server, _topology: topology })
    }

    /// Has every host compute checksums itself, as without hardware that does.
    ///
    /// # Errors
    /// `ethtool` fails.
    pub fn without_offload(&self) -> Result<(), Failure> {
        for (host, interface) in [
            (&self.client, "eth0"),
            (&self.director, "eth0"),
            (&self.director, "eth1"),
            (&self.server, "eth0"),
        ] {
            host.run(&program("ethtool", &format!("-K {interface} tx off"))?)?;
        }
        Ok(())
    }

    /// The sum of a counter of `ip_vs_ca` on the server over all CPUs.
    ///
    /// # Errors
    /// The file can't be read, or has no such counter.
    pub fn server_count(&self, row: &str) -> Result<u64, Failure> {
        count(&self.server, "ip_vs_ca_stats", row)
    }

    /// The sum of a counter of `ip_vs_toa` on the director over all CPUs.
    ///
    /// # Errors
    /// As [`FullNat::server_count`].
    pub fn director_count(&self, row: &str) -> Result<u64, Failure> {
        count(&self.director, "ip_vs_toa_stats", row)
    }
}

fn count(host: &Host, file: &str, row: &str) -> Result<u64, Failure> {
    let text = host.run(&format!("cat /proc/net/{file}"))?;
    if file == "ip_vs_ca_stats" {
        let total = CaStats::parse(&text)?.total(row);
        return total.ok_or_else(|| Failure::new(format!("no {row} in {text}")));
    }
    let line = text.lines().find(|line| line.split(':').next().map(str::trim) == Some(row));
    let line = line.ok_or_else(|| Failure::new(format!("no {row} in {text}")))?;
    let values = line.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
    Ok(values.sum())
}

/// The command line of a program that `vm setup` has unpacked for servers and directors.
///
/// # Errors
/// The setup has not fetched it.
pub fn program(name: &str, arguments: &str) -> Result<String, Failure> {
    let root = installation::shared("servers")?;
    let root = root.display();
    Ok(format!(
        "LD_LIBRARY_PATH={root}/usr/lib/x86_64-linux-gnu:{root}/lib/x86_64-linux-gnu \
         PATH={root}/usr/sbin:{root}/sbin {name} {arguments}"
    ))
}

/// An address and a port without regard to how a dual-stack socket writes them.
pub fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The director's address for the family of a service.
///
/// # Errors
/// None: the addresses are constants.
pub fn director_for(service: SocketAddr) -> Result<IpAddr, Failure> {
    Ok(DIRECTOR[usize::from(service.is_ipv6())].parse()?)
}

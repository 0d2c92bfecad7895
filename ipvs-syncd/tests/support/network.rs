// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two hosts on a cable: network namespaces that end with the test.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use ipvs_netlink::Netns;
use ipvs_syncd::{Connection, Encoder, Version};
use ipvs_types::{Protocol, TcpState};
use socket2::{Domain, Socket, Type};

/// The address of a host.
pub const fn v4(host: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 9, 0, 1 + host as u8))
}

/// The same in IPv6.
pub const fn v6(host: usize) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, 1 + host as u16))
}

/// Two hosts; each has `lo` and the cable's end `eth0`.
pub struct Network {
    names: [String; 2],
}

impl Network {
    /// `None`, and a word about it, where namespaces can't be made.
    pub fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let names = [0, 1].map(|host| format!("syncd-{}-{number}-{host}", std::process::id()));
        let network = Self { names };
        for name in &network.names {
            if let Err(error) = ip(&["netns", "add", name]) {
                eprintln!("skipped: needs root and `ip` to make network namespaces: {error}");
                return None;
            }
        }
        let [one, two] = &network.names;
        let cable = ["link", "add", "eth0", "netns", one, "type", "veth", "peer", "name", "eth0"];
        ip(&[&cable[..], &["netns", two]].concat()).expect("a cable");
        for (host, name) in network.names.iter().enumerate() {
            let addresses = [format!("{}/24", v4(host)), format!("{}/64", v6(host))];
            ip(&["-n", name, "link", "set", "lo", "up"]).expect("lo");
            ip(&["-n", name, "link", "set", "eth0", "up"]).expect("eth0");
            for address in &addresses {
                let add = ["-n", name, "address", "add", address, "dev", "eth0"];
                let nodad = if address.contains(':') { &["nodad"][..] } else { &[] };
                ip(&[&add[..], nodad].concat()).expect("an address");
            }
        }
        Some(network)
    }

    /// The namespace of a host, 0 or 1.
    pub fn name(&self, host: usize) -> &str {
        &self.names[host]
    }

    /// Runs `work` on a host.
    pub fn on<T: Send>(&self, host: usize, work: impl FnOnce() -> T + Send) -> T {
        Netns::from(self.name(host)).run(work).expect("the namespace is there")
    }

    /// Runs `ip` on a host.
    pub fn ip(&self, host: usize, args: &str) {
        let args = args.split_whitespace();
        ip(&["-n", self.name(host)].into_iter().chain(args).collect::<Vec<_>>())
            .expect("ip succeeds");
    }

    /// A socket on a host that sends to groups out of `eth0`, without loop as the kernel's master.
    pub fn sender(&self, host: usize, group: SocketAddr) -> UdpSocket {
        self.on(host, || {
            let socket = Socket::new(Domain::for_address(group), Type::DGRAM, None).expect("UDP");
            if group.is_ipv4() {
                let IpAddr::V4(own) = v4(host) else { unreachable!("it is IPv4") };
                socket.set_multicast_if_v4(&own).expect("eth0");
                socket.set_multicast_loop_v4(false).expect("no loop");
            } else {
                let index = index_of("eth0");
                socket.set_multicast_if_v6(index).expect("eth0");
                socket.set_multicast_loop_v6(false).expect("no loop");
            }
            socket.connect(&group.into()).expect("a route to the group");
            socket.into()
        })
    }
}

/// Where masters send by default.
pub fn group() -> SocketAddr {
    "224.0.0.81:8848".parse().expect("a group")
}

/// The datagrams of a master that sends so many connections.
pub fn datagrams(connections: u32) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(Version::V1, 7);
    let [service, dest] = ["192.0.2.1:80", "10.1.0.2:80"].map(|a| a.parse().expect("an address"));
    let mut full: Vec<_> = (0..connections)
        .filter_map(|number| {
            let client = (Ipv4Addr::from_bits(0x0a00_0000 + number), 1000).into();
            let connection = Connection::new(Protocol::TCP, client, service, dest);
            let connection = connection.expect("one family").state(TcpState::Established.number());
            encoder.push(&connection).expect("it fits")
        })
        .collect();
    full.extend(encoder.finish());
    full
}

/// An interface's number in this thread's namespace.
fn index_of(name: &str) -> u32 {
    let list = Command::new("ip").args(["-o", "link", "show", name]).output().expect("ip runs");
    let text = String::from_utf8_lossy(&list.stdout).into_owned();
    text.split(':').next().and_then(|number| number.parse().ok()).expect("a number")
}

impl Drop for Network {
    fn drop(&mut self) {
        for name in &self.names {
            // It may not have been made.
            let _ = ip(&["netns", "del", name]);
        }
    }
}

fn ip(args: &[&str]) -> Result<(), String> {
    let output = Command::new("ip").args(args).output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("ip {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr))),
    }
}

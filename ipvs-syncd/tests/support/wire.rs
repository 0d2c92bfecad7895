// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two hosts on a wire: network namespaces of the test's own.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use ipvs_netlink::Netns;
use socket2::{Domain, Protocol, Socket, Type};

/// The index of each `eth0`.
const INDEX: u32 = 77;

/// Two hosts on a wire, removed when dropped.
pub struct Wire {
    /// The names of their namespaces.
    pub hosts: [String; 2],
}

fn ip(line: &str) -> bool {
    Command::new("ip").args(line.split(' ')).status().is_ok_and(|status| status.success())
}

fn carrier(host: &str) {
    for _ in 0..100 {
        let output = Command::new("ip").args(["-n", host, "link", "show", "eth0"]).output();
        if String::from_utf8_lossy(&output.expect("ip").stdout).contains("state UP") {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("eth0 of {host} does not come up");
}

impl Wire {
    /// `None` without the privilege for it.
    pub fn new(name: &str) -> Option<Self> {
        let unique = format!("{name}{}", std::process::id());
        let hosts = ["a", "b"].map(|end| format!("{unique}{end}"));
        if !hosts.iter().all(|host| ip(&format!("netns add {host}"))) {
            eprintln!("skipped: making network namespaces needs root and iproute2");
            return None;
        }
        let wire = Self { hosts };
        let [a, b] = &wire.hosts;
        assert!(ip(&format!(
            "-n {a} link add eth0 index {INDEX} type veth peer name eth0 index {INDEX} netns {b}"
        )));
        for (host, number) in [(a, 1), (b, 2)] {
            assert!(ip(&format!("-n {host} link set lo up")));
            assert!(ip(&format!("-n {host} addr add 198.51.100.{number}/24 dev eth0")));
            assert!(ip(&format!("-n {host} addr add fd00::{number}/64 dev eth0 nodad")));
            assert!(ip(&format!("-n {host} link set eth0 up")));
        }
        // A moment passes until the kernel lets packets through.
        wire.hosts.iter().for_each(|host| carrier(host));
        Some(wire)
    }

    pub fn netns(&self, host: usize) -> Netns {
        Netns::from(self.hosts[host].as_str())
    }

    /// A listener as a backup is one.
    pub fn listen(
        &self,
        host: usize,
        interface: &str,
        local: Ipv4Addr,
        to: SocketAddr,
    ) -> UdpSocket {
        let open = || -> io::Result<UdpSocket> {
            let socket = Socket::new(Domain::for_address(to), Type::DGRAM, Some(Protocol::UDP))?;
            socket.bind_device(Some(interface.as_bytes()))?;
            socket.bind(&to.into())?;
            match to.ip() {
                IpAddr::V4(group) => socket.join_multicast_v4(&group, &local)?,
                IpAddr::V6(group) => socket.join_multicast_v6(&group, INDEX)?,
            }
            socket.set_read_timeout(Some(Duration::from_millis(500)))?;
            Ok(socket.into())
        };
        self.netns(host).run(open).expect("the namespace").expect("a listener")
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for host in &self.hosts {
            ip(&format!("netns del {host}"));
        }
    }
}

/// What a listener has got.
pub fn received(listener: &UdpSocket) -> Vec<(Vec<u8>, SocketAddr)> {
    let mut buffer = [0; 2000];
    let next = || {
        let (length, from) = listener.recv_from(&mut buffer).ok()?;
        Some((buffer[..length].to_vec(), from))
    };
    std::iter::from_fn(next).collect()
}

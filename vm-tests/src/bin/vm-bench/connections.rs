// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many connections at a low price: a datagram each, from one of many local addresses.

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::thread;
use std::time::Duration;

use vm_tests::{Failure, command};

use crate::Result;

/// The rules that connections are made with: the server is an interface that swallows everything.
pub const RULES: &str = "-A -u 192.0.2.1:9 -s rr\n-a -u 192.0.2.1:9 -r 10.3.0.1:9 -g -w 1\n";

/// For how many seconds they may take to appear.
const PATIENCE: usize = 20;

const TARGET: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 9);

/// Makes the addresses of clients, service and server usable in this namespace.
pub fn route() -> Result<()> {
    command::ip(
        &[],
        "link add sink0 type dummy\nlink set sink0 up\naddr add 10.3.255.254/16 dev sink0\n\
         addr add 192.0.2.1/32 dev lo\nroute add local 10.4.0.0/15 dev lo",
    )
}

/// Sends so many datagrams, each a new connection, and makes sure that they are.
pub fn make(count: usize) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    for n in 0..count as u32 {
        let client = Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 4, 0, 1)) + n);
        UdpSocket::bind((client, 0))?.send_to(b"x", TARGET)?;
    }
    // Where the kernel is busy with the namespace before, datagrams wait in a queue.
    for _ in 0..PATIENCE {
        if listed()? == count {
            return Ok(());
        }
        thread::sleep(Duration::from_secs(1));
    }
    Err(Failure::new(format!("{} of {count} connections", listed()?)))
}

/// How many there are: a heading, then a line each.
fn listed() -> Result<usize> {
    let text = fs::read("/proc/thread-self/net/ip_vs_conn")?;
    Ok(text.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1))
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Several hosts in one guest: network namespaces, joined by Ethernet segments.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Instant;
use std::{fs, thread};

use crate::case::Failure;
use crate::command::{self, Output};
use crate::{netns, wait};

/// Hosts and the segments between them; everything is removed when this value is dropped.
#[derive(Debug)]
pub struct Topology {
    prefix: String,
    namespaces: Vec<String>,
}

/// One host of a topology.
#[derive(Debug, Clone)]
pub struct Host {
    /// The name within the topology.
    pub name: String,
    namespace: String,
}

impl Topology {
    /// An empty topology whose namespaces all start with `prefix`.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), namespaces: Vec::new() }
    }

    /// Adds a host with `lo` up.
    ///
    /// # Errors
    /// `ip netns add` fails.
    pub fn host(&mut self, name: &str) -> Result<Host, Failure> {
        let namespace = format!("{}-{name}", self.prefix);
        command::ip(&[], &format!("netns add {namespace}"))?;
        self.namespaces.push(namespace.clone());
        let host = Host { name: name.to_owned(), namespace };
        // Neither for the addresses that interfaces give themselves: nothing is sent from them for a
        // second or two, neighbour discovery neither.
        host.sysctl("net.ipv6.conf.default.accept_dad", "0")?;
        host.ip("link set lo up")?;
        Ok(host)
    }

    /// Joins hosts by an Ethernet segment, a bridge in a namespace of its own. Each gets an
    /// interface with this name and these addresses (`192.0.2.1/24`, `2001:db8::1/64`), up and
    /// without duplicate address detection.
    ///
    /// # Errors
    /// A command fails; the message has its line.
    pub fn segment(&mut self, name: &str, ports: &[(&Host, &str, &[&str])]) -> Result<(), Failure> {
        let switch = self.host(name)?;
        let mut wiring = "link add br0 type bridge\nlink set br0 up".to_owned();
        for (number, (host, interface, _)) in ports.iter().enumerate() {
            wiring.push_str(&format!(
                "\nlink add p{number} type veth peer name {interface} netns {}\n\
                 link set p{number} master br0 up",
                host.namespace
            ));
        }
        switch.ip(&wiring)?;
        for (host, interface, addresses) in ports {
            let addresses = addresses.iter().map(|address| addition(interface, address));
            let up = std::iter::once(format!("link set {interface} up"));
            host.ip(&up.chain(addresses).collect::<Vec<_>>().join("\n"))?;
        }
        Ok(())
    }
}

impl Drop for Topology {
    fn drop(&mut self) {
        let lines = self.namespaces.iter().map(|namespace| format!("netns del {namespace}"));
        // Best effort: the guest ends soon, and names are never used again.
        let _ = command::ip(&["-force"], &lines.collect::<Vec<_>>().join("\n"));
    }
}

/// The `ip` command that adds an address.
fn addition(interface: &str, address: &str) -> String {
    let nodad = if address.contains(':') { " nodad" } else { "" };
    format!("address add {address} dev {interface}{nodad}")
}

impl Host {
    /// Adds an address; options of `ip address add` may follow it (`192.0.2.9/32 noprefixroute`).
    ///
    /// # Errors
    /// The command fails.
    pub fn address(&self, interface: &str, address: &str) -> Result<(), Failure> {
        self.ip(&addition(interface, address))
    }

    /// Runs commands of `ip` on this host, one per line: `link set eth0 up`.
    ///
    /// # Errors
    /// A command fails.
    pub fn ip(&self, lines: &str) -> Result<(), Failure> {
        command::ip(&["-n", &self.namespace], lines).map_err(|failure| failure.context(&self.name))
    }

    /// Runs a shell command line on this host; any status is a result.
    ///
    /// # Errors
    /// It cannot be started or takes longer than [`command::TIMEOUT`].
    pub fn cmd(&self, line: &str) -> Result<Output, Failure> {
        self.cmd_with_input(line, &[])
    }

    /// Like [`Host::cmd`], with this standard input.
    ///
    /// # Errors
    /// As [`Host::cmd`].
    pub fn cmd_with_input(&self, line: &str, input: &[u8]) -> Result<Output, Failure> {
        self.inside(|| command::run(line, input, command::TIMEOUT))
    }

    /// Runs a shell command line that must succeed, and returns its standard output.
    ///
    /// # Errors
    /// As [`Host::cmd`], and when the status is not 0.
    pub fn run(&self, line: &str) -> Result<String, Failure> {
        self.cmd(line)?.success().map_err(|failure| failure.context(&self.name))
    }

    /// Sets a sysctl by its dotted name.
    ///
    /// # Errors
    /// There is no such sysctl, or the value is refused.
    pub fn sysctl(&self, name: &str, value: &str) -> Result<(), Failure> {
        let path = Path::new("/proc/sys").join(name.replace('.', "/"));
        self.inside(|| fs::write(&path, value).map_err(Failure::from))
            .map_err(|failure| failure.context(&format!("{}: {name}={value}", self.name)))
    }

    /// Runs `work` on this host, in a thread of its own.
    ///
    /// # Errors
    /// What `work` returns.
    pub fn inside<T: Send>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        netns::inside(&self.namespace, work)
    }

    /// Opens a socket on this host that listens, and waits while its address is in use: a process that
    /// another test has forked keeps copies of all sockets until it becomes another program.
    ///
    /// # Errors
    /// The address stays in use, or something else is wrong with it.
    pub fn listen<S: Send>(
        &self,
        open: impl Fn() -> io::Result<S> + Send + Sync,
    ) -> Result<S, Failure> {
        let deadline = Instant::now() + wait::PATIENCE;
        loop {
            match self.inside(|| Ok(open()))? {
                Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < deadline => {
                    thread::sleep(wait::POLL);
                }
                result => return Ok(result?),
            }
        }
    }

    /// The namespace's name for `ip netns`.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }
}

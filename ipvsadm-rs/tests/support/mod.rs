// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs the program in process.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod shell;

use std::io::{self, BufRead, Cursor};
use std::net::{IpAddr, Ipv4Addr};

use ipvs_netlink::types::Protocol;
use ipvs_netlink::{Error, Ipvs};
use ipvsadm_rs::legacy::argv::Arguments;
use ipvsadm_rs::legacy::host::{Host, NoAnswer};
use ipvsadm_rs::legacy::services_file::ServicesFile;
use ipvsadm_rs::legacy::streams::{Io, World};
use ipvsadm_rs::program;

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    pub status: u8,
}

/// Runs `name` with `arguments`; returns standard output, standard error and the exit status.
pub fn raw(
    name: &str,
    arguments: &[impl AsRef<[u8]>],
    stdin: &[u8],
    world: &World<'_>,
    connect: impl FnOnce() -> Result<Ipvs, Error>,
) -> (Vec<u8>, Vec<u8>, u8) {
    let arguments: Arguments = arguments.iter().collect();
    let (mut stdin, mut stdout, mut stderr) = (stdin, Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    let status = program::run(name.as_bytes(), arguments.argv(), &mut io, world, connect);
    (stdout, stderr, status)
}

/// The same, as text.
pub fn run(
    name: &str,
    arguments: &[impl AsRef<[u8]>],
    stdin: &[u8],
    world: &World<'_>,
    connect: impl FnOnce() -> Result<Ipvs, Error>,
) -> Outcome {
    let (stdout, stderr, status) = raw(name, arguments, stdin, world, connect);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Outcome { stdout: text(stdout), stderr: text(stderr), status }
}

/// The machine on which the scenarios were observed: its `/etc/hosts` and `/etc/services`, and a
/// list of connections.
pub struct Fixture {
    pub connections: &'static str,
}

pub const NO_CONNECTIONS: &str =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";

const HOSTS: &str = include_str!("hosts");
const SERVICES: &[u8] = include_bytes!("services");

fn hosts() -> impl Iterator<Item = (IpAddr, Vec<&'static str>)> {
    HOSTS.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.parse().ok()?, words.collect()))
    })
}

impl Host for Fixture {
    fn address_of(&self, name: &str) -> Option<Ipv4Addr> {
        hosts().filter(|(_, names)| names.contains(&name)).find_map(|(address, _)| match address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
    }

    fn name_of(&self, address: IpAddr) -> Result<Option<String>, NoAnswer> {
        Ok(self.local_name_of(address))
    }

    fn local_name_of(&self, address: IpAddr) -> Option<String> {
        hosts().find(|(known, _)| *known == address).map(|(_, names)| names[0].to_owned())
    }

    fn port_of(&self, service: &[u8], protocol: Protocol) -> Option<u16> {
        ServicesFile::parse(SERVICES).port(service, protocol)
    }

    fn service_of(&self, port: u16, protocol: Protocol) -> Option<String> {
        ServicesFile::parse(SERVICES).name(port, protocol).map(str::to_owned)
    }

    fn connections(&self) -> io::Result<Box<dyn BufRead>> {
        Ok(Box::new(Cursor::new(self.connections)))
    }
}

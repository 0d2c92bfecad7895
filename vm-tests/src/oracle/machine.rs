// SPDX-License-Identifier: MIT OR Apache-2.0
//! The machine around our program: names from the fixture, and a list of connections.

use std::io::{self, BufRead, Cursor};
use std::net::{IpAddr, Ipv4Addr};

use ipvs_netlink::types::Protocol;
use ipvsadm_rs::legacy::host::{Host, NoAnswer};
use ipvsadm_rs::legacy::services_file::ServicesFile;

use crate::words::fixture::{HOSTS, SERVICES};

/// A machine with the fixture's names and these connections.
pub(super) struct Machine {
    connections: Option<String>,
    services: ServicesFile,
}

impl Machine {
    pub fn new(connections: Option<String>) -> Self {
        Self { connections, services: ServicesFile::parse(SERVICES.as_bytes()) }
    }
}

fn hosts() -> impl Iterator<Item = (IpAddr, Vec<&'static str>)> {
    HOSTS.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.parse().ok()?, words.collect()))
    })
}

impl Host for Machine {
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
        self.services.port(service, protocol)
    }

    fn service_of(&self, port: u16, protocol: Protocol) -> Option<String> {
        self.services.name(port, protocol).map(str::to_owned)
    }

    fn connections(&self) -> io::Result<Box<dyn BufRead>> {
        let text = self.connections.clone().ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(text)))
    }
}

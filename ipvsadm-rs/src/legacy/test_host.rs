// SPDX-License-Identifier: MIT OR Apache-2.0
//! The names of the fixture with which the scenarios were observed, for tests without a machine.

use std::io::{self, BufRead, Cursor};
use std::net::{IpAddr, Ipv4Addr};

use ipvs_netlink::types::Protocol;

use super::host::{Host, NoAnswer};
use super::services_file::ServicesFile;

/// `/etc/hosts` and `/etc/services` of the scenarios.
#[derive(Debug)]
pub struct Fixture;

const HOSTS: &[(&str, &[&str])] = &[
    ("127.0.0.1", &["localhost"]),
    ("::1", &["localhost", "ip6-localhost"]),
    ("10.0.0.1", &["vip1", "www.example.com"]),
    ("10.0.0.2", &["real2"]),
    ("10.1.1.1", &["a-really-quite-long-host-name-for-truncation.example.com"]),
    ("10.1.1.2", &["an-even-longer-host-name-that-will-exceed-sixty-characters.sub.example.com"]),
    ("2001:db8::1", &["vip6"]),
    ("255.255.255.0", &["maskname"]),
];

const SERVICES: &str = "ftp 21/tcp\nssh 22/tcp\ndomain 53/tcp\ndomain 53/udp\nhttp 80/tcp www\n\
    https 443/tcp\nhttps 443/udp\nsip 5060/tcp\nsip 5060/udp\nsua 14001/sctp\n\
    a-long-service-nm 4321/tcp\n";

impl Host for Fixture {
    fn address_of(&self, name: &str) -> Option<Ipv4Addr> {
        HOSTS.iter().filter(|(_, names)| names.contains(&name)).find_map(|(a, _)| a.parse().ok())
    }

    fn name_of(&self, address: IpAddr) -> Result<Option<String>, NoAnswer> {
        Ok(self.local_name_of(address))
    }

    fn local_name_of(&self, address: IpAddr) -> Option<String> {
        let found = HOSTS.iter().find(|(text, _)| text.parse() == Ok(address))?;
        Some(found.1[0].to_owned())
    }

    fn port_of(&self, service: &[u8], protocol: Protocol) -> Option<u16> {
        ServicesFile::parse(SERVICES.as_bytes()).port(service, protocol)
    }

    fn service_of(&self, port: u16, protocol: Protocol) -> Option<String> {
        ServicesFile::parse(SERVICES.as_bytes()).name(port, protocol).map(str::to_owned)
    }

    fn connections(&self) -> io::Result<Box<dyn BufRead>> {
        Ok(Box::new(Cursor::new(
            "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires\n",
        )))
    }
}

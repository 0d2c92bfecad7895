// SPDX-License-Identifier: MIT OR Apache-2.0
//! A machine that is described by the texts of its files.

use std::io::{self, BufRead, Cursor};
use std::net::{IpAddr, Ipv4Addr};

use ipvs_netlink::types::Protocol;
use ipvs_proc::{ProcFile, ReadError, Root, RootError, Table};

use super::host::{Host, NoAnswer};
use super::hosts_file::HostsFile;
use super::services_file::ServicesFile;

/// A machine whose names come from the texts of two files and from nowhere else: to run commands
/// for another machine than this one, as tests do.
///
/// ```
/// use ipvs_netlink::types::Protocol;
/// use ipvsadm_rs::legacy::described::Described;
/// use ipvsadm_rs::legacy::host::Host;
///
/// let machine = Described::new("10.0.0.1 vip1 www\n", "http 80/tcp\n", None);
/// assert_eq!(machine.address_of("www"), Some([10, 0, 0, 1].into()));
/// assert_eq!(machine.port_of(b"http", Protocol::TCP), Some(80));
/// assert!(machine.connections().is_err());
/// ```
#[derive(Debug)]
pub struct Described {
    hosts: HostsFile,
    services: ServicesFile,
    connections: Option<String>,
    proc: Option<Root>,
}

impl Described {
    /// A machine with these texts of `/etc/hosts`, `/etc/services`, and, unless there is no such
    /// file, `/proc/net/ip_vs_conn`.
    pub fn new(hosts: &str, services: &str, connections: Option<String>) -> Self {
        let (hosts, services) = (HostsFile::parse(hosts), ServicesFile::parse(services.as_bytes()));
        Self { hosts, services, connections, proc: None }
    }

    /// The same with a copy of `/proc`, from which the table is read.
    pub fn with_proc(self, proc: Root) -> Self {
        Self { proc: Some(proc), ..self }
    }
}

impl Host for Described {
    fn address_of(&self, name: &str) -> Option<Ipv4Addr> {
        self.hosts.address(name)
    }

    fn name_of(&self, address: IpAddr) -> Result<Option<String>, NoAnswer> {
        Ok(self.local_name_of(address))
    }

    fn local_name_of(&self, address: IpAddr) -> Option<String> {
        self.hosts.name(address).map(str::to_owned)
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

    fn table(&self) -> Result<Table, ReadError> {
        let path = "/proc/net/ip_vs".into();
        match &self.proc {
            Some(proc) => proc.read(),
            None => Err(RootError::Missing { file: ProcFile::Table, path }.into()),
        }
    }
}

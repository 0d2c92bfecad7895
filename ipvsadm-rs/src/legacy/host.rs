// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a command needs from the machine besides the kernel's IPVS: names, and what is read under
//! `/proc`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};
use std::sync::{Mutex, OnceLock, PoisonError};

use dns_lookup::LookupErrorKind;
use ipvs_netlink::types::Protocol;
use ipvs_proc::{ReadError, Root, Table};

use super::hosts_file::HostsFile;
use super::services_file::ServicesFile;

/// The resolver did not say whether there is a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoAnswer;

/// Names, and files of the kernel. Tests bring their own.
pub trait Host: Sync {
    /// The first IPv4 address of a host name.
    fn address_of(&self, name: &str) -> Option<Ipv4Addr>;
    /// The canonical name of an address, if it has one.
    ///
    /// # Errors
    /// When the resolver does not answer.
    fn name_of(&self, address: IpAddr) -> Result<Option<String>, NoAnswer>;
    /// The name of an address that is known without the network.
    fn local_name_of(&self, address: IpAddr) -> Option<String>;
    /// The port of a service name.
    fn port_of(&self, service: &[u8], protocol: Protocol) -> Option<u16>;
    /// The service name of a port.
    fn service_of(&self, port: u16, protocol: Protocol) -> Option<String>;
    /// The kernel's list of connections (`/proc/net/ip_vs_conn`).
    ///
    /// # Errors
    /// When the file can't be opened.
    fn connections(&self) -> io::Result<Box<dyn BufRead>>;
    /// The kernel's table as everybody may read it (`/proc/net/ip_vs`).
    ///
    /// # Errors
    /// When it can't be read.
    fn table(&self) -> Result<Table, ReadError>;
    /// What messages call the standard input: the file's name, if it is one.
    fn input_name(&self) -> String {
        "standard input".to_owned()
    }
}

/// This machine: the system's resolver for hosts, `/etc/services` for ports.
#[derive(Debug, Default)]
pub struct System {
    services: OnceLock<ServicesFile>,
    hosts: OnceLock<HostsFile>,
    // Not hashed: the keys of a hash cost a system call at every start.
    addresses: Mutex<BTreeMap<String, Option<Ipv4Addr>>>,
}

impl System {
    fn services(&self) -> &ServicesFile {
        // Without the file there are no service names; numbers still work.
        self.services.get_or_init(|| {
            ServicesFile::parse(&std::fs::read("/etc/services").unwrap_or_default())
        })
    }
}

impl Host for System {
    fn address_of(&self, name: &str) -> Option<Ipv4Addr> {
        // The lines of a restore say the same names again and again.
        let mut known = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(name.to_owned()).or_insert_with(|| first_ipv4(name))
    }

    fn name_of(&self, address: IpAddr) -> Result<Option<String>, NoAnswer> {
        match dns_lookup::lookup_addr(&address) {
            Ok(name) => Ok(Some(name)),
            Err(error) if matches!(error.kind(), LookupErrorKind::Again) => Err(NoAnswer),
            Err(_) => Ok(None),
        }
    }

    fn local_name_of(&self, address: IpAddr) -> Option<String> {
        let read = || HostsFile::parse(&std::fs::read_to_string("/etc/hosts").unwrap_or_default());
        self.hosts.get_or_init(read).name(address).map(str::to_owned)
    }

    fn port_of(&self, service: &[u8], protocol: Protocol) -> Option<u16> {
        self.services().port(service, protocol)
    }

    fn service_of(&self, port: u16, protocol: Protocol) -> Option<String> {
        self.services().name(port, protocol).map(str::to_owned)
    }

    fn connections(&self) -> io::Result<Box<dyn BufRead>> {
        // The kernel fills at most a page a read.
        let file = File::open("/proc/net/ip_vs_conn")?;
        Ok(Box::new(BufReader::with_capacity(4096, file)))
    }

    fn table(&self) -> Result<Table, ReadError> {
        Root::system().read()
    }

    fn input_name(&self) -> String {
        let input = "/proc/self/fd/0";
        let path = std::fs::read_link(input).ok().filter(|path| path.is_file());
        path.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
    }
}

fn first_ipv4(name: &str) -> Option<Ipv4Addr> {
    let addresses = (name, 0).to_socket_addrs().ok()?;
    addresses.into_iter().find_map(|socket| match socket.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    })
}

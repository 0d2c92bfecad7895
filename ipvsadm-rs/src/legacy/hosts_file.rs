// SPDX-License-Identifier: MIT OR Apache-2.0
//! `/etc/hosts`: names of addresses (hosts(5)).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// The entries of a hosts file.
#[derive(Debug, Default)]
pub struct HostsFile {
    /// The canonical name of each address.
    names: BTreeMap<IpAddr, String>,
    /// The first IPv4 address of each name and alias.
    addresses: BTreeMap<String, Ipv4Addr>,
}

impl HostsFile {
    /// Reads the text of a hosts file; lines that make no sense are skipped. Of two lines for an
    /// address or a name, the first counts.
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        for line in text.lines() {
            let line = line.split_once('#').map_or(line, |(line, _)| line);
            let mut words = line.split_whitespace();
            let Some(Ok(address)) = words.next().map(str::parse::<IpAddr>) else { continue };
            for name in words {
                file.names.entry(address).or_insert_with(|| name.to_owned());
                if let IpAddr::V4(address) = address {
                    file.addresses.entry(name.to_owned()).or_insert(address);
                }
            }
        }
        file
    }

    /// The canonical name of an address.
    pub fn name(&self, address: IpAddr) -> Option<&str> {
        self.names.get(&address).map(String::as_str)
    }

    /// The IPv4 address of a name or alias.
    pub fn address(&self, name: &str) -> Option<Ipv4Addr> {
        self.addresses.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_for_an_address_or_a_name_counts() {
        let text = "# comment\n10.0.0.1\tvip1 www # x\n\n::1 localhost\n10.0.0.1 other\nbad x\n\
            9.9.9.9\n10.0.0.2 www\n";
        let file = HostsFile::parse(text);
        let name = |address: &str| file.name(address.parse().expect("an address"));
        assert_eq!(name("10.0.0.1"), Some("vip1"));
        assert_eq!(name("::1"), Some("localhost"));
        assert_eq!(name("9.9.9.9"), None);
        assert_eq!(file.address("www"), Some(Ipv4Addr::new(10, 0, 0, 1)));
        assert_eq!(file.address("other"), Some(Ipv4Addr::new(10, 0, 0, 1)));
        assert_eq!((file.address("localhost"), file.address("x")), (None, None));
    }
}

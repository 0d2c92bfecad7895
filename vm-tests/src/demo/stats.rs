// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading the listings of `ipvsadm`.

use crate::case::Failure;

/// The connection counters of `ipvsadm -Ln --stats`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    services: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    address: String,
    connections: u64,
    destinations: Vec<(String, u64)>,
}

impl Table {
    /// Connections of a service; 0 for one that is not there.
    pub fn connections(&self, service: &str) -> u64 {
        self.entry(service).map_or(0, |entry| entry.connections)
    }

    /// Connections of a destination; 0 for one that is not there.
    pub fn destination(&self, service: &str, destination: &str) -> u64 {
        let destinations = self.entry(service).map(|entry| entry.destinations.as_slice());
        let found = destinations.unwrap_or_default().iter().find(|(name, _)| name == destination);
        found.map_or(0, |(_, connections)| *connections)
    }

    fn entry(&self, service: &str) -> Option<&Entry> {
        self.services.iter().find(|entry| entry.address == service)
    }
}

/// Parses `ipvsadm -Ln --stats`.
///
/// # Errors
/// A line is not as the tool prints it.
pub fn parse(listing: &str) -> Result<Table, Failure> {
    let mut table = Table::default();
    for line in listing.lines().skip(3) {
        let unexpected = || Failure::new(format!("unexpected line in the listing: {line:?}"));
        let mut words = line.split_whitespace();
        let kind = words.next().ok_or_else(unexpected)?;
        let address = words.next().ok_or_else(unexpected)?.to_owned();
        let connections = words.next().and_then(|word| word.parse().ok()).ok_or_else(unexpected)?;
        if kind == "->" {
            let service = table.services.last_mut().ok_or_else(unexpected)?;
            service.destinations.push((address, connections));
        } else {
            table.services.push(Entry { address, connections, destinations: Vec::new() });
        }
    }
    Ok(table)
}

/// The lines of `ipvsadm -Ln` without the two last columns of destinations, the connections.
pub fn rules(listing: &str) -> Vec<String> {
    let lines = listing.lines().map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let kept = if words.first() == Some(&"->") { words.len().min(4) } else { words.len() };
        words[..kept].join(" ")
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  192.0.2.100:80                     60      420      360    31020    33900
  -> 10.0.0.1:80                        20      140      120    10340    11300
TCP  [2001:db8:1::100]:80               60      420        0    31020        0
";

    #[test]
    fn counters_are_found_by_address() {
        let table = parse(LISTING).unwrap();
        assert_eq!(table.connections("192.0.2.100:80"), 60);
        assert_eq!(table.destination("192.0.2.100:80", "10.0.0.1:80"), 20);
        assert_eq!(table.destination("192.0.2.100:80", "10.0.0.2:80"), 0);
        assert_eq!(table.connections("[2001:db8:1::100]:80"), 60);
    }

    #[test]
    fn a_strange_line_is_an_error() {
        let message = parse("1\n2\n3\nTCP  192.0.2.100:80 many\n").unwrap_err().to_string();
        assert_eq!(message, "unexpected line in the listing: \"TCP  192.0.2.100:80 many\"");
    }

    #[test]
    fn connection_columns_are_left_out_of_rules() {
        let line = "  -> 10.0.0.1:80                  Masq    1      0          20        ";
        assert_eq!(rules(line), ["-> 10.0.0.1:80 Masq 1"]);
    }
}

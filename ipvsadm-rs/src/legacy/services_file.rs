// SPDX-License-Identifier: MIT OR Apache-2.0
//! `/etc/services`: names of ports (services(5)).

use ipvs_netlink::types::Protocol;

/// The entries of a services file.
#[derive(Debug, Default)]
pub struct ServicesFile {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    port: u16,
    protocol: String,
    /// The official name, then aliases.
    names: Vec<String>,
}

fn protocol_name(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::TCP => Some("tcp"),
        Protocol::UDP => Some("udp"),
        Protocol::SCTP => Some("sctp"),
        _ => None,
    }
}

impl ServicesFile {
    /// Reads the text of a services file; lines that make no sense are skipped, as everywhere.
    pub fn parse(text: &[u8]) -> Self {
        Self { entries: text.split(|byte| *byte == b'\n').filter_map(entry).collect() }
    }

    /// The port of a service by name or alias.
    pub fn port(&self, name: &[u8], protocol: Protocol) -> Option<u16> {
        let protocol = protocol_name(protocol)?;
        let named = |entry: &&Entry| {
            entry.protocol == protocol && entry.names.iter().any(|n| n.as_bytes() == name)
        };
        self.entries.iter().find(named).map(|entry| entry.port)
    }

    /// The official name of a port.
    pub fn name(&self, port: u16, protocol: Protocol) -> Option<&str> {
        let protocol = protocol_name(protocol)?;
        let entry = self.entries.iter().find(|e| e.port == port && e.protocol == protocol)?;
        entry.names.first().map(String::as_str)
    }
}

fn entry(line: &[u8]) -> Option<Entry> {
    let line = std::str::from_utf8(line.split(|byte| *byte == b'#').next()?).ok()?;
    let mut words = line.split_ascii_whitespace();
    let name = words.next()?;
    let (port, protocol) = words.next()?.split_once('/')?;
    let names = std::iter::once(name).chain(words).map(str::to_owned).collect();
    let protocol = protocol.trim_start_matches('/').to_owned();
    Some(Entry { port: number(port)?, protocol, names })
}

/// A number as the C library reads it here: decimal, octal or hexadecimal, cut to 16 bits.
fn number(text: &str) -> Option<u16> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let value = match hexadecimal {
        Some(digits) => u32::from_str_radix(digits, 16),
        None if digits.starts_with('0') => u32::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    value.ok().map(|value| value as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_aliases_and_protocols() {
        let file = ServicesFile::parse(
            b"# comment\nhttp\t80/tcp  www # web\ndomain 53/udp\nbad line\nsua 14001/sctp\n\xff 1/tcp\n",
        );
        assert_eq!(file.port(b"http", Protocol::TCP), Some(80));
        assert_eq!(file.port(b"www", Protocol::TCP), Some(80));
        assert_eq!(file.port(b"HTTP", Protocol::TCP), None);
        assert_eq!(file.port(b"http", Protocol::UDP), None);
        assert_eq!(file.port(b"web", Protocol::TCP), None);
        assert_eq!(file.name(80, Protocol::TCP), Some("http"));
        assert_eq!(file.name(14001, Protocol::SCTP), Some("sua"));
        assert_eq!(file.name(53, Protocol::TCP), None);
        assert_eq!(file.name(80, Protocol(47)), None);
    }

    #[test]
    fn numbers_of_the_c_library() {
        for (text, expected) in [
            ("0", Some(0)),
            ("070", Some(56)),
            ("0x1A", Some(26)),
            ("+7", Some(7)),
            ("70000", Some(4464)),
            ("65536", Some(0)),
            ("08", None),
            ("0x", None),
            ("-1", None),
            ("13x", None),
            ("", None),
            ("4294967297", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
        let file = ServicesFile::parse(b"a 14//tcp\n");
        assert_eq!(file.port(b"a", Protocol::TCP), Some(14));
    }
}

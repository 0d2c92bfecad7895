// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections (`-L -c`), from the kernel's text in `/proc/net/ip_vs_conn`, line by line.

use std::io::{self, BufRead, Write};
use std::net::{IpAddr, Ipv4Addr};

use ipvs_netlink::types::Protocol;

use super::names::Names;
use super::text;

/// How many lines are read before their names are looked up, all at once.
const BLOCK: usize = 4096;

/// How many bytes of rows are written together.
const ROWS: usize = 16 * 1024;

/// Why the connections can't be listed.
#[derive(Debug)]
pub enum ConnectionsError {
    /// There is not even a heading.
    Empty,
    /// Reading failed.
    Read(io::Error),
}

/// Copies the connections in `input` to `out`; with `details`, with their persistence data. Takes the
/// same memory for any number of them, but for the names.
pub fn write(
    out: &mut dyn Write,
    input: &mut dyn BufRead,
    names: &mut Names<'_>,
    details: bool,
) -> Result<(), ConnectionsError> {
    let mut line = Vec::with_capacity(256);
    if !next_line(input, &mut line)? {
        return Err(ConnectionsError::Empty);
    }
    let mut row = Vec::with_capacity(256);
    row.extend_from_slice(b"IPVS connection entries\n");
    row.extend_from_slice(b"pro expire state       source             virtual            ");
    row.extend_from_slice(match details {
        true => b"destination        pe name          pe_data\n",
        false => b"destination\n",
    });
    // A reader that went away is the business of whoever flushes.
    let _ = out.write_all(&row);
    if !names.are_numbers() {
        return with_names(out, input, names, details);
    }
    row.clear();
    while next_line(input, &mut line)? {
        if let Some(connection) = Connection::parse(&line) {
            connection.write(&mut row, names, details);
        }
        if row.len() >= ROWS {
            let _ = out.write_all(&row);
            row.clear();
        }
    }
    let _ = out.write_all(&row);
    Ok(())
}

/// The same block by block, each with its names looked up together.
fn with_names(
    out: &mut dyn Write,
    input: &mut dyn BufRead,
    names: &mut Names<'_>,
    details: bool,
) -> Result<(), ConnectionsError> {
    let (mut lines, mut row, mut ended) = (vec![Vec::new(); BLOCK], Vec::new(), false);
    while !ended {
        let mut count = 0;
        for line in &mut lines {
            ended = !next_line(input, line)?;
            if ended {
                break;
            }
            count += 1;
        }
        let connections = || lines[..count].iter().filter_map(|line| Connection::parse(line));
        names.look_up(connections().flat_map(|connection| connection.ends.map(|(host, _)| host)));
        for connection in connections() {
            row.clear();
            connection.write(&mut row, names, details);
            let _ = out.write_all(&row);
        }
    }
    Ok(())
}

fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> Result<bool, ConnectionsError> {
    line.clear();
    let length = input.read_until(b'\n', line).map_err(ConnectionsError::Read)?;
    Ok(length > 0)
}

/// One line of the kernel's text.
struct Connection<'l> {
    protocol: &'l [u8],
    /// Client, virtual address, destination.
    ends: [(IpAddr, u16); 3],
    state: &'l [u8],
    seconds: u64,
    /// The persistence engine and its data.
    engine: Option<(&'l [u8], &'l [u8])>,
}

impl<'l> Connection<'l> {
    /// `None` if the line is no connection: persistence data comes from the network and may hold line
    /// breaks, and what follows one is none.
    #[inline]
    fn parse(line: &'l [u8]) -> Option<Self> {
        let mut words = Words(line);
        let protocol = words.next()?;
        let mut ends = [(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0); 3];
        for end in &mut ends {
            *end = (address(words.next()?)?, port(words.next()?)?);
        }
        let (state, expires) = (words.next()?, words.next()?);
        let seconds = digits(expires, 10)?;
        let engine = words.next().zip(words.next());
        Some(Self { protocol, ends, state, seconds, engine })
    }

    #[inline]
    fn write(&self, row: &mut Vec<u8>, names: &mut Names<'_>, details: bool) {
        let protocol = match self.protocol {
            b"TCP" => Some(Protocol::TCP),
            b"UDP" => Some(Protocol::UDP),
            b"SCTP" => Some(Protocol::SCTP),
            _ => None,
        };
        let start = row.len();
        row.extend_from_slice(self.protocol);
        text::pad(row, start, 3);
        text::left(row, 6, |row| {
            two_digits(row, self.seconds / 60);
            row.push(b':');
            two_digits(row, self.seconds % 60);
        });
        text::left(row, 11, |row| row.extend_from_slice(self.state));
        let [source, service, dest] = self.ends;
        text::left(row, 18, |row| names.endpoint(row, source, protocol));
        text::left(row, 18, |row| names.endpoint(row, service, protocol));
        let engine = self.engine.filter(|_| details);
        let dest_width = if engine.is_some() { 16 } else { 0 };
        text::left(row, dest_width, |row| names.endpoint(row, dest, protocol));
        if let Some((name, data)) = engine {
            text::left(row, 18, |row| row.extend_from_slice(name));
            row.push(b' ');
            row.extend_from_slice(data);
        }
        row.push(b'\n');
    }
}

/// The words of a line.
struct Words<'l>(&'l [u8]);

impl<'l> Iterator for Words<'l> {
    type Item = &'l [u8];

    #[inline]
    fn next(&mut self) -> Option<&'l [u8]> {
        let start = self.0.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let rest = &self.0[start..];
        let length = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let (word, rest) = rest.split_at(length);
        self.0 = rest;
        Some(word)
    }
}

/// Eight hexadecimal digits, or IPv6 text.
#[inline]
fn address(word: &[u8]) -> Option<IpAddr> {
    match digits(word, 16) {
        Some(bits) => Some(Ipv4Addr::from_bits(bits.try_into().ok()?).into()),
        None => std::str::from_utf8(word).ok()?.parse().ok().map(IpAddr::V6),
    }
}

#[inline]
fn port(word: &[u8]) -> Option<u16> {
    digits(word, 16)?.try_into().ok()
}

/// A number of at least one digit and nothing else. The standard library's reader costs several times
/// as much, and there are seven numbers in a line.
#[inline]
fn digits(word: &[u8], radix: u32) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0u64, |value, byte| {
        let digit = char::from(*byte).to_digit(radix)?;
        value.checked_mul(radix.into())?.checked_add(digit.into())
    })
}

fn two_digits(row: &mut Vec<u8>, value: u64) {
    if value < 10 {
        row.push(b'0');
    }
    text::number(row, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(digits(b"0A000001", 16), Some(0x0a00_0001));
        assert_eq!(digits(b"18446744073709551615", 10), Some(u64::MAX));
        for bad in ["", "+1", "-1", " 1", "1 ", "g", "18446744073709551616", ":"] {
            assert_eq!(digits(bad.as_bytes(), 10), None, "{bad}");
        }
        assert_eq!(address(b"100000000"), None);
        assert_eq!(port(b"10000"), None);
        assert_eq!(address(b"::1"), Some(std::net::Ipv6Addr::LOCALHOST.into()));
    }

    #[test]
    fn words_of_a_line() {
        let words: Vec<_> = Words(b"  a\tbc  d\n").collect();
        assert_eq!(words, [&b"a"[..], b"bc", b"d"]);
        assert_eq!(Words(b" \n").next(), None);
    }
}

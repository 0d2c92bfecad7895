// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections (`-L -c`), from the kernel's text in `/proc/net/ip_vs_conn`, line by line.

use std::io::{self, BufRead, Write};
use std::net::{IpAddr, Ipv4Addr};

use ipvs_netlink::types::Protocol;

use super::names::Names;
use super::text;

/// How many lines are read before their names are looked up, all at once.
const BLOCK: usize = 4096;

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
    while next_line(input, &mut line)? {
        row.clear();
        if let Some(connection) = Connection::parse(&line) {
            connection.write(&mut row, names, details);
            let _ = out.write_all(&row);
        }
    }
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
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let protocol = words.next()?;
        let mut ends = [(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0); 3];
        for end in &mut ends {
            *end = (address(words.next()?)?, port(words.next()?)?);
        }
        let (state, expires) = (words.next()?, words.next()?);
        let seconds = std::str::from_utf8(expires).ok()?.parse().ok()?;
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
        row.extend_from_slice(self.protocol);
        text::pad(row, 0, 3);
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

/// Eight hexadecimal digits, or IPv6 text.
fn address(word: &[u8]) -> Option<IpAddr> {
    let word = std::str::from_utf8(word).ok()?;
    match word.contains(':') {
        true => word.parse().ok().map(IpAddr::V6),
        false => {
            let bits = u32::from_str_radix(word, 16).ok()?;
            Some(Ipv4Addr::from_bits(bits).into())
        }
    }
}

fn port(word: &[u8]) -> Option<u16> {
    u16::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()
}

fn two_digits(row: &mut Vec<u8>, value: u64) {
    if value < 10 {
        row.push(b'0');
    }
    text::number(row, value);
}

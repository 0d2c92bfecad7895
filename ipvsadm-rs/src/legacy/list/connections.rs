// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections (`-L -c`), from the kernel's text in `/proc/net/ip_vs_conn`, line by line.

use std::io::{self, BufRead, Write};
use std::net::{IpAddr, Ipv4Addr};

use ipvs_netlink::types::Protocol;

use super::names::Names;
use super::text;

/// Why the connections can't be listed.
#[derive(Debug)]
pub enum ConnectionsError {
    /// There is not even a heading.
    Empty,
    /// Reading failed.
    Read(io::Error),
}

/// Copies the connections in `input` to `out`; with `details`, with their persistence data.
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
    loop {
        // A reader that went away is the business of whoever flushes.
        let _ = out.write_all(&row);
        row.clear();
        if !next_line(input, &mut line)? {
            return Ok(());
        }
        // Persistence data comes from the network and may hold line breaks: what follows one is no
        // connection.
        if connection(&mut row, &line, names, details).is_none() {
            row.clear();
        }
    }
}

fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> Result<bool, ConnectionsError> {
    line.clear();
    let length = input.read_until(b'\n', line).map_err(ConnectionsError::Read)?;
    Ok(length > 0)
}

/// Writes one connection; `None` if the line is none.
fn connection(row: &mut Vec<u8>, line: &[u8], names: &mut Names<'_>, details: bool) -> Option<()> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let word = words.next()?;
    let protocol = match word {
        b"TCP" => Some(Protocol::TCP),
        b"UDP" => Some(Protocol::UDP),
        b"SCTP" => Some(Protocol::SCTP),
        _ => None,
    };
    row.extend_from_slice(word);
    text::pad(row, 0, 3);
    let mut ends = [(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0); 3];
    for end in &mut ends {
        *end = (address(words.next()?)?, port(words.next()?)?);
    }
    let (state, expires) = (words.next()?, words.next()?);
    let seconds: u64 = std::str::from_utf8(expires).ok()?.parse().ok()?;
    text::left(row, 6, |row| {
        two_digits(row, seconds / 60);
        row.push(b':');
        two_digits(row, seconds % 60);
    });
    text::left(row, 11, |row| row.extend_from_slice(state));
    let engine = words.next().zip(words.next()).filter(|_| details);
    let [source, service, dest] = ends;
    text::left(row, 18, |row| names.endpoint(row, source, protocol));
    text::left(row, 18, |row| names.endpoint(row, service, protocol));
    let dest_width = if engine.is_some() { 16 } else { 0 };
    text::left(row, dest_width, |row| names.endpoint(row, dest, protocol));
    if let Some((name, data)) = engine {
        text::left(row, 18, |row| row.extend_from_slice(name));
        row.push(b' ');
        row.extend_from_slice(data);
    }
    row.push(b'\n');
    Some(())
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

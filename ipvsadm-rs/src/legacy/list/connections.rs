// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections (`-L -c`), from the kernel's text in `/proc/net/ip_vs_conn`, line by line.

use std::io::{self, BufRead, Write};
use std::net::{IpAddr, SocketAddr};

use ipvs_netlink::types::Protocol;
use ipvs_proc::{Layout, RawConnection};

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
        if let Some(connection) = parse(&line) {
            write_row(&mut row, &connection, names, details);
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
        let connections = || lines[..count].iter().filter_map(|line| parse(line));
        names.look_up(connections().flat_map(|RawConnection { client, service, dest, .. }| {
            [client, service, dest].map(|end| end.ip())
        }));
        for connection in connections() {
            row.clear();
            write_row(&mut row, &connection, names, details);
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

/// The connection that `line` tells of. `None` if it is none: persistence data comes from the network
/// and may hold line breaks, and what follows one is none.
#[inline]
fn parse(line: &[u8]) -> Option<RawConnection<'_>> {
    RawConnection::loose(line, Layout::Plain)
}

#[inline]
fn write_row(
    row: &mut Vec<u8>,
    connection: &RawConnection<'_>,
    names: &mut Names<'_>,
    details: bool,
) {
    let protocol = match connection.protocol {
        b"TCP" => Some(Protocol::TCP),
        b"UDP" => Some(Protocol::UDP),
        b"SCTP" => Some(Protocol::SCTP),
        _ => None,
    };
    let start = row.len();
    row.extend_from_slice(connection.protocol);
    text::pad(row, start, 3);
    text::left(row, 6, |row| {
        two_digits(row, connection.seconds / 60);
        row.push(b':');
        two_digits(row, connection.seconds % 60);
    });
    text::left(row, 11, |row| row.extend_from_slice(connection.state));
    text::left(row, 18, |row| names.endpoint(row, end(connection.client), protocol));
    text::left(row, 18, |row| names.endpoint(row, end(connection.service), protocol));
    let engine = details.then(|| engine(connection)).flatten();
    let dest_width = if engine.is_some() { 16 } else { 0 };
    text::left(row, dest_width, |row| names.endpoint(row, end(connection.dest), protocol));
    if let Some((name, data)) = engine {
        text::left(row, 18, |row| row.extend_from_slice(name));
        row.push(b' ');
        row.extend_from_slice(data);
    }
    row.push(b'\n');
}

/// The persistence engine and its data, as far as the first blank in it.
fn engine<'l>(connection: &RawConnection<'l>) -> Option<(&'l [u8], &'l [u8])> {
    let words = connection.rest.split(u8::is_ascii_whitespace);
    let mut words = words.filter(|word| !word.is_empty());
    words.next().zip(words.next())
}

/// An address and its port.
fn end(socket: SocketAddr) -> (IpAddr, u16) {
    (socket.ip(), socket.port())
}

fn two_digits(row: &mut Vec<u8>, value: u64) {
    if value < 10 {
        row.push(b'0');
    }
    text::number(row, value);
}

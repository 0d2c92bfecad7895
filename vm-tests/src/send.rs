// SPDX-License-Identifier: MIT OR Apache-2.0
//! Test traffic: packets from a known port, with a firewall mark if wanted.
//!
//! `send PROTOCOL FROM TO [FILE]`, where the protocol is `udp`, `tcp` (a SYN) or `sctp` (an INIT),
//! the ends are `address:port`, and the variable `MARK` holds the mark and `COUNT` how many datagrams it shall be. It is the suite itself under
//! another name, because what the guest's shell can send has neither.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::process::ExitCode;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::case::Failure;

/// The name under which the suite sends.
const NAME: &str = "send";
const SCTP: i32 = 132;

/// Sends what the command line asks for, if the program is called so.
pub fn main() -> Option<ExitCode> {
    let words: Vec<String> = env::args().collect();
    let (program, arguments) = words.split_first()?;
    if program.rsplit('/').next() != Some(NAME) {
        return None;
    }
    Some(match send(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{NAME}: {failure}");
            ExitCode::FAILURE
        }
    })
}

fn send(arguments: &[String]) -> Result<(), Failure> {
    let [protocol, from, to, file @ ..] = arguments else {
        return Err(Failure::new("usage: send PROTOCOL FROM TO [FILE]"));
    };
    let (from, to): (SocketAddr, SocketAddr) = (from.parse()?, to.parse()?);
    let payload = match file {
        [] => b"x".to_vec(),
        [file, ..] => fs::read(file)?,
    };
    let domain = Domain::for_address(from);
    let socket = match protocol.as_str() {
        "udp" => Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?,
        "tcp" => Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?,
        "sctp" => Socket::new(domain, Type::RAW, Some(SCTP.into()))?,
        other => return Err(Failure::new(format!("`{other}` is no protocol"))),
    };
    if let Ok(mark) = env::var("MARK") {
        socket.set_mark(mark.parse()?)?;
    }
    // A raw socket takes addresses only.
    let end = |address: SocketAddr| match protocol.as_str() {
        "sctp" => SockAddr::from(SocketAddr::new(address.ip(), 0)),
        _ => SockAddr::from(address),
    };
    socket.set_reuse_address(true)?;
    socket.bind(&end(from))?;
    match protocol.as_str() {
        "tcp" => {
            // The SYN is on its way when the call returns; nobody will answer.
            socket.set_nonblocking(true)?;
            match socket.connect(&end(to)) {
                Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(()),
                other => Ok(other?),
            }
        }
        "sctp" => Ok(socket.send_to(&init(from.port(), to.port()), &end(to)).map(drop)?),
        _ => {
            let count = env::var("COUNT").map_or(Ok(1), |count| count.parse())?;
            (0..count).try_for_each(|_: u32| Ok(socket.send_to(&payload, &end(to)).map(drop)?))
        }
    }
}

/// An SCTP packet with an INIT chunk; nothing that it meets here looks at the checksum.
fn init(from: u16, to: u16) -> Vec<u8> {
    let mut packet = [from.to_be_bytes(), to.to_be_bytes()].concat();
    packet.extend([0; 8]);
    packet.extend([1, 0, 0, 20]);
    packet.extend([0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1]);
    packet
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! A server that tells its clients who they are to it, and a client that compares.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use crate::case::Failure;
use crate::full_nat::plain;
use crate::topology::Host;

const TIMEOUT: Duration = Duration::from_secs(30);

/// The server; it stops when dropped.
pub struct Teller {
    listener: TcpListener,
    thread: Option<JoinHandle<()>>,
}

/// How a client and the server name the client's end of one connection.
#[derive(Debug, PartialEq, Eq)]
pub struct Names {
    /// What the client calls it.
    pub own: SocketAddr,
    /// What accept(2) or accept4(2) said to the server.
    pub accepted: SocketAddr,
    /// What getpeername(2) said to the server.
    pub peer: SocketAddr,
}

impl Teller {
    /// Listens on a host. Every other connection is taken by accept(2) instead of accept4(2).
    ///
    /// # Errors
    /// The address is taken.
    pub fn start(host: &Host, address: &str) -> Result<Self, Failure> {
        let address: SocketAddr = address.parse()?;
        let listener = host.listen(|| TcpListener::bind(address))?;
        let accepting = listener.try_clone()?;
        let thread = thread::spawn(move || {
            for plain_call in [false, true].into_iter().cycle() {
                let Some((stream, name)) = accept(&accepting, plain_call) else { break };
                thread::spawn(move || tell(stream, name));
            }
        });
        Ok(Self { listener, thread: Some(thread) })
    }
}

fn accept(listener: &TcpListener, plain_call: bool) -> Option<(TcpStream, SocketAddr)> {
    if !plain_call {
        return listener.accept().ok();
    }
    let (socket, name) = rustix::net::acceptfrom(listener).ok()?;
    Some((socket.into(), name?.try_into().ok()?))
}

/// Says who the client is, each time that it sends a line, then echoes what comes after an empty one.
fn tell(stream: TcpStream, accepted: SocketAddr) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 0 {
        if line == "\n" {
            std::io::copy(&mut reader, &mut writer).ok()?;
            break;
        }
        line.clear();
        let peer = writer.peer_addr().ok()?;
        writer.write_all(format!("{accepted} {peer}\n").as_bytes()).ok()?;
    }
    Some(())
}

impl Drop for Teller {
    fn drop(&mut self) {
        // Wakes the thread that waits in accept(2).
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A connection to a [`Teller`].
pub struct Client {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Client {
    /// Connects from the calling thread's namespace.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn connect(service: SocketAddr) -> Result<Self, Failure> {
        Self::over(TcpStream::connect_timeout(&service, TIMEOUT)?)
    }

    /// Connects from this port.
    ///
    /// # Errors
    /// The port is taken, or nobody answers.
    pub fn connect_from(service: SocketAddr, port: u16) -> Result<Self, Failure> {
        let socket = Socket::new(Domain::for_address(service), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        let any: SocketAddr = match service {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, port).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, port).into(),
        };
        socket.bind(&any.into())?;
        socket.connect_timeout(&service.into(), TIMEOUT)?;
        Self::over(socket.into())
    }

    fn over(stream: TcpStream) -> Result<Self, Failure> {
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let reader = BufReader::new(stream.try_clone()?);
        Ok(Self { stream, reader })
    }

    /// Ends the connection at once, with a reset.
    ///
    /// # Errors
    /// The socket does not want to.
    pub fn reset(self) -> Result<(), Failure> {
        Ok(SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?)
    }

    /// Asks the server who this client is.
    ///
    /// # Errors
    /// No answer, or none of this server.
    pub fn names(&mut self) -> Result<Names, Failure> {
        self.stream.write_all(b"who?\n")?;
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let (accepted, peer) = line
            .trim_end()
            .split_once(' ')
            .ok_or_else(|| Failure::new(format!("unexpected answer {line:?}")))?;
        Ok(Names {
            own: self.stream.local_addr()?,
            accepted: plain(accepted.parse()?),
            peer: plain(peer.parse()?),
        })
    }

    /// Sends so many bytes, has them sent back and compares.
    ///
    /// # Errors
    /// They do not come back, or not as they were.
    pub fn echo(mut self, bytes: usize) -> Result<(), Failure> {
        let data: Vec<u8> = (0..bytes).map(|i| (i * 31 / 7) as u8).collect();
        self.stream.write_all(b"\n")?;
        let mut writer = self.stream.try_clone()?;
        let sent = data.clone();
        let sender = thread::spawn(move || writer.write_all(&sent));
        let mut back = vec![0; bytes];
        self.reader.read_exact(&mut back)?;
        sender.join().map_err(|_| Failure::new("the sender panicked"))??;
        match back == data {
            true => Ok(()),
            false => Err(Failure::new(format!("{bytes} bytes came back changed"))),
        }
    }
}

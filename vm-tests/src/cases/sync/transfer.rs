// SPDX-License-Identifier: MIT OR Apache-2.0
//! TCP connections and SCTP associations over which bytes go all the time.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::Timeout;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto};

use crate::case::Failure;
use crate::topology::Host;

/// Where servers listen on all addresses.
pub(super) const ANY: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 7);
/// Between two packets: less than the shortest timeout, so that it never runs out.
pub(super) const INTERVAL: Duration = Duration::from_millis(50);
/// How long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes that come and go over a connection, in a thread of their own.
pub(super) struct Transfer {
    pub(super) client: SocketAddr,
    stop: Arc<AtomicBool>,
    cut: Arc<AtomicBool>,
    exchanged: Arc<AtomicU64>,
}

impl Transfer {
    pub(super) fn start(mut stream: TcpStream) -> Result<Self, Failure> {
        let client = stream.local_addr()?;
        let (stop, cut) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        stream.set_read_timeout(Some(PATIENCE))?;
        // The connection is open in the director's table, too, once a byte came back.
        exchange(&mut stream)?;
        let exchanged = Arc::new(AtomicU64::new(0));
        let (stopped, reported) = (Arc::clone(&stop), Arc::clone(&cut));
        let counter = Arc::clone(&exchanged);
        thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                if exchange(&mut stream).is_err() {
                    reported.store(true, Ordering::SeqCst);
                    break;
                }
                counter.fetch_add(1, Ordering::SeqCst);
                thread::sleep(INTERVAL);
            }
        });
        Ok(Self { client, stop, cut, exchanged })
    }

    /// The same with bytes in both directions that never pause.
    pub(super) fn flood(mut stream: TcpStream) -> Result<Self, Failure> {
        let client = stream.local_addr()?;
        let (stop, cut) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        stream.set_read_timeout(Some(PATIENCE))?;
        exchange(&mut stream)?;
        let exchanged = Arc::new(AtomicU64::new(0));
        let mut writer = stream.try_clone()?;
        let stopped = Arc::clone(&stop);
        thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) && writer.write_all(&[0; 1400]).is_ok() {}
            let _ = writer.shutdown(Shutdown::Both);
        });
        let (reported, counter) = (Arc::clone(&cut), Arc::clone(&exchanged));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(1..) = stream.read(&mut buffer) {
                counter.fetch_add(1, Ordering::SeqCst);
            }
            reported.store(true, Ordering::SeqCst);
        });
        Ok(Self { client, stop, cut, exchanged })
    }

    /// Whether it is cut within the time that an answer may take.
    pub(super) fn is_cut(&self) -> bool {
        let deadline = Instant::now() + PATIENCE * 2;
        while Instant::now() < deadline && !self.cut.load(Ordering::SeqCst) {
            thread::sleep(INTERVAL);
        }
        self.cut.load(Ordering::SeqCst)
    }

    /// Whether bytes come back still.
    pub(super) fn goes_on(&self) -> bool {
        let before = self.exchanged.load(Ordering::SeqCst);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && self.exchanged.load(Ordering::SeqCst) < before + 3 {
            thread::sleep(INTERVAL);
        }
        self.exchanged.load(Ordering::SeqCst) >= before + 3
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

fn exchange(stream: &mut TcpStream) -> io::Result<()> {
    let mut byte = [0];
    stream.write_all(b"x")?;
    stream.read_exact(&mut byte)
}

/// A server that sends back what it gets, until the guest ends.
pub(super) fn echo_tcp(host: &Host, address: SocketAddr) -> Result<(), Failure> {
    echo(host.inside(|| Ok(TcpListener::bind(address)?))?);
    Ok(())
}

/// The same with SCTP, on one address: an association would have all of the host's otherwise.
pub(super) fn echo_sctp(host: &Host, address: SocketAddr) -> Result<(), Failure> {
    let listener = host.inside(|| {
        let socket = sctp(address)?;
        rustix::net::listen(&socket, 16)?;
        Ok(socket)
    })?;
    // Sockets of both kinds are used by the same calls.
    echo(TcpListener::from(listener));
    Ok(())
}

/// An association of the calling thread's host, between two addresses only.
pub(super) fn associate(from: IpAddr, to: SocketAddr) -> Result<TcpStream, Failure> {
    let socket = sctp(SocketAddr::new(from, 0))?;
    rustix::net::sockopt::set_socket_timeout(&socket, Timeout::Send, Some(PATIENCE))?;
    rustix::net::connect(&socket, &to)?;
    Ok(TcpStream::from(socket))
}

/// A one-to-one SCTP socket (RFC 6458, section 4).
fn sctp(address: SocketAddr) -> Result<OwnedFd, Failure> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = rustix::net::socket_with(
        family,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        Some(ipproto::SCTP),
    )?;
    rustix::net::bind(&socket, &address)?;
    Ok(socket)
}

fn echo(listener: TcpListener) {
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut buffer = [0; 64];
                while let Ok(length @ 1..) = stream.read(&mut buffer)
                    && stream.write_all(&buffer[..length]).is_ok()
                {}
            });
        }
    });
}

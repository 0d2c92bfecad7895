// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections with packets that go on all the time, through NAT.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::table::daemons;
use crate::case::Failure;
use crate::ctx::Ctx;
use crate::site::Site;
use crate::topology::Host;

const PORT: u16 = 7;
/// Between two packets: less than the shortest timeout, so that it never runs out.
const INTERVAL: Duration = Duration::from_millis(50);
/// How long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// What was promised; emulated guests get more.
const STEERED_WITHIN: Duration = Duration::from_secs(2);

pub(super) fn tcp_ipv4(ctx: &mut Ctx) -> Result<(), Failure> {
    tcp(ctx, "192.0.2.100:7", "10.0.0.1:7")
}

pub(super) fn tcp_ipv6(ctx: &mut Ctx) -> Result<(), Failure> {
    tcp(ctx, "[2001:db8:1::100]:7", "[2001:db8:2::1]:7")
}

pub(super) fn udp_ipv4(ctx: &mut Ctx) -> Result<(), Failure> {
    udp(ctx, "192.0.2.100:7", ["10.0.0.1:7", "10.0.0.2:7"], "0.0.0.0:0")
}

pub(super) fn udp_ipv6(ctx: &mut Ctx) -> Result<(), Failure> {
    udp(ctx, "[2001:db8:1::100]:7", ["[2001:db8:2::1]:7", "[2001:db8:2::2]:7"], "[::]:0")
}

/// Two transfers to one server; one is cut, within a time in which the other gets answers.
fn tcp(ctx: &mut Ctx, service: &str, dest: &str) -> Result<(), Failure> {
    let site = Site::build(ctx.topology())?;
    site.director.run(&format!("ipvsadm -A -t {service} -s rr"))?;
    site.director.run(&format!("ipvsadm -a -t {service} -r {dest} -m"))?;
    echo_tcp(&site.servers[0])?;
    let address: SocketAddr = service.parse()?;
    let connect = || site.client.inside(|| Ok(TcpStream::connect_timeout(&address, PATIENCE)?));
    let (cut, kept) = (Transfer::start(connect()?)?, Transfer::start(connect()?)?);
    let before = daemons(&site.director)?;
    let client = cut.client;
    site.director.run(&format!("ipvsadm conn delete --client {client} --protocol tcp"))?;
    assert_eq!(daemons(&site.director)?, before);
    assert!(cut.is_cut(), "the transfer from {client} goes on");
    assert!(kept.goes_on(), "the transfer from {} was cut, too", kept.client);
    Ok(())
}

/// Bytes that come and go over a connection, in a thread of their own.
struct Transfer {
    client: SocketAddr,
    stop: Arc<AtomicBool>,
    cut: Arc<AtomicBool>,
    exchanged: Arc<AtomicU64>,
}

impl Transfer {
    fn start(mut stream: TcpStream) -> Result<Self, Failure> {
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

    /// Whether it is cut within the time that an answer may take.
    fn is_cut(&self) -> bool {
        let deadline = Instant::now() + PATIENCE * 2;
        while Instant::now() < deadline && !self.cut.load(Ordering::SeqCst) {
            thread::sleep(INTERVAL);
        }
        self.cut.load(Ordering::SeqCst)
    }

    /// Whether bytes come back still.
    fn goes_on(&self) -> bool {
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
fn echo_tcp(host: &Host) -> Result<(), Failure> {
    let any: SocketAddr = format!("[::]:{PORT}").parse()?;
    let listener = host.inside(|| Ok(TcpListener::bind(any)?))?;
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || io::copy(&mut &stream, &mut &stream));
        }
    });
    Ok(())
}

/// A client that asks all the time; then its connection is moved, then ended.
fn udp(ctx: &mut Ctx, service: &str, dests: [&str; 2], any: &str) -> Result<(), Failure> {
    let site = Site::build(ctx.topology())?;
    site.director.run(&format!("ipvsadm -A -u {service} -s rr"))?;
    for (dest, weight) in dests.iter().zip([1, 0]) {
        site.director.run(&format!("ipvsadm -a -u {service} -r {dest} -m -w {weight}"))?;
    }
    for host in &site.servers[..2] {
        name_udp(host)?;
    }
    let asker = Asker::start(&site.client, any, service)?;
    asker.expect("s1", PATIENCE)?;
    let chosen = format!("--protocol udp --service {service}");
    site.director.run(&format!("ipvsadm conn steer {chosen} --to {}", dests[1]))?;
    // It got there by the time that the command ended; the answer to it comes within two seconds.
    let begin = Instant::now();
    asker.expect("s2", PATIENCE)?;
    let took = begin.elapsed();
    println!("{service}: steered, answered by the other server after {took:.1?}");
    assert!(took < STEERED_WITHIN, "{took:?}");
    // The scheduler would give it to the first only.
    let output = site.director.cmd(&format!("ipvsadm conn delete {chosen}"))?;
    assert!(output.text().contains("made anew"), "{}", output.text());
    output.success()?;
    asker.expect("s1", PATIENCE)
}

/// A server that answers with its name, until the guest ends.
pub(super) fn name_udp(host: &Host) -> Result<(), Failure> {
    let any: SocketAddr = format!("[::]:{PORT}").parse()?;
    let socket = host.inside(|| Ok(UdpSocket::bind(any)?))?;
    let name = host.name.clone();
    thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((_, from)) = socket.recv_from(&mut buffer) {
            // A client that is gone is no reason to end.
            let _ = socket.send_to(name.as_bytes(), from);
        }
    });
    Ok(())
}

/// A client that asks who is there, in a thread of its own, from one port.
pub(super) struct Asker {
    last: Arc<Mutex<String>>,
    stop: Arc<AtomicBool>,
}

impl Asker {
    pub(super) fn start(host: &Host, any: &str, service: &str) -> Result<Self, Failure> {
        let socket = host.inside(|| {
            let socket = UdpSocket::bind(any)?;
            socket.connect(service)?;
            Ok(socket)
        })?;
        socket.set_read_timeout(Some(INTERVAL))?;
        let last = Arc::new(Mutex::new(String::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, heard) = (Arc::clone(&stop), Arc::clone(&last));
        thread::spawn(move || {
            let mut buffer = [0; 64];
            while !stopped.load(Ordering::SeqCst) {
                // Refused, for want of a server, is an answer that matters to nobody here.
                let _ = socket.send(b"who");
                match socket.recv(&mut buffer) {
                    Ok(length) => {
                        let name = String::from_utf8_lossy(&buffer[..length]).into_owned();
                        if let Ok(mut last) = heard.lock() {
                            *last = name;
                        }
                        thread::sleep(INTERVAL);
                    }
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                        thread::sleep(INTERVAL);
                    }
                    Err(_) => {}
                }
            }
        });
        Ok(Self { last, stop })
    }

    /// Waits until this server answered last.
    pub(super) fn expect(&self, name: &str, within: Duration) -> Result<(), Failure> {
        let deadline = Instant::now() + within;
        loop {
            let last = self.last.lock().map(|last| last.clone()).unwrap_or_default();
            if last == name {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Failure::new(format!("`{last}` answers, not `{name}`")));
            }
            thread::sleep(INTERVAL);
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

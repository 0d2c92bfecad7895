// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections with packets that go on all the time, through NAT.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::super::transfer::{INTERVAL, PATIENCE, PORT, Transfer, echo_tcp};
use crate::case::Failure;
use crate::connections::daemons;
use crate::ctx::Ctx;
use crate::site::Site;
use crate::topology::Host;

use super::by_messages;

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
    let _messages = by_messages()?;
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

/// A client that asks all the time; then its connection is moved, then ended.
fn udp(ctx: &mut Ctx, service: &str, dests: [&str; 2], any: &str) -> Result<(), Failure> {
    let _messages = by_messages()?;
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

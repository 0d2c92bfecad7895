// SPDX-License-Identifier: MIT OR Apache-2.0
//! Servers that tell their names over UDP, and a client that asks all the time.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::super::transfer::INTERVAL;
use crate::case::Failure;
use crate::topology::Host;

/// A server that answers with its name from this address, until the guest ends.
pub(super) fn name_udp(host: &Host, address: SocketAddr) -> Result<(), Failure> {
    let socket = host.inside(|| Ok(UdpSocket::bind(address)?))?;
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
    pub(super) fn start(host: &Host, from: IpAddr, service: &str) -> Result<Self, Failure> {
        Self::paced(host, from, service, INTERVAL)
    }

    /// One that sends whenever it heard something.
    pub(super) fn flood(host: &Host, from: IpAddr, service: &str) -> Result<Self, Failure> {
        Self::paced(host, from, service, Duration::ZERO)
    }

    fn paced(host: &Host, from: IpAddr, service: &str, pause: Duration) -> Result<Self, Failure> {
        let socket = host.inside(|| {
            let socket = UdpSocket::bind((from, 0))?;
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
                        thread::sleep(pause);
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

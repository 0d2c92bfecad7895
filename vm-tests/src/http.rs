// SPDX-License-Identifier: MIT OR Apache-2.0
//! As much of HTTP/1.1 (RFC 9112) as real traffic needs: a server that answers with its name, and
//! one request with one answer.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::case::Failure;
use crate::topology::Host;

const TIMEOUT: Duration = Duration::from_secs(30);
/// After a connection that can't be accepted, for want of file descriptors for example.
const PAUSE: Duration = Duration::from_millis(100);

/// A server on a host, on IPv4 and IPv6; it stops when dropped.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    served: Arc<AtomicU64>,
    body: Arc<Mutex<String>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server that answers every request with the host's name.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start(host: &Host, port: u16) -> Result<Self, Failure> {
        let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
        let listener = host.inside(|| TcpListener::bind(any).map_err(Failure::from))?;
        let served = Arc::new(AtomicU64::new(0));
        let (accepting, counter) = (listener.try_clone()?, Arc::clone(&served));
        let body = Arc::new(Mutex::new(host.name.clone()));
        let page = Arc::clone(&body);
        let thread = thread::spawn(move || {
            for stream in accepting.incoming() {
                let stream = match stream {
                    Ok(stream) => stream,
                    // So ends a listener that was shut down.
                    Err(error) if error.kind() == ErrorKind::InvalidInput => break,
                    Err(_) => {
                        thread::sleep(PAUSE);
                        continue;
                    }
                };
                let text = page.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // A client that goes away early is the client's matter.
                let _ = answer(&stream, &text, &counter);
            }
        });
        Ok(Self { listener, served, body, thread: Some(thread) })
    }

    /// Answers with this text from now on.
    pub fn say(&self, body: &str) {
        body.clone_into(&mut self.body.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// How many requests it has answered.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Wakes the thread that waits in accept(2).
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(mut stream: &TcpStream, body: &str, served: &AtomicU64) -> std::io::Result<()> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    let mut lines = BufReader::new(stream).lines();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes())?;
    // Counted before the client can see the answer's end, so that a client that has its answer
    // finds it counted.
    served.fetch_add(1, Ordering::SeqCst);
    stream.shutdown(Shutdown::Write)
}

/// Requests `/` from the calling thread's namespace and returns the body.
///
/// # Errors
/// No connection or no answer within ten seconds, or an answer that is not `200 OK`.
pub fn get(server: SocketAddr) -> Result<String, Failure> {
    let context =
        |error: std::io::Error| Failure::from(error).context(&format!("http://{server}/"));
    let mut stream = TcpStream::connect_timeout(&server, TIMEOUT).map_err(context)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let request = format!("GET / HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(context)?;
    let mut text = String::new();
    stream.read_to_string(&mut text).map_err(context)?;
    match text.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200 OK\r\n") => Ok(body.to_owned()),
        _ => Err(Failure::new(format!("http://{server}/: unexpected answer {text:?}"))),
    }
}

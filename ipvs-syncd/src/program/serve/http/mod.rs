// SPDX-License-Identifier: MIT OR Apache-2.0
//! A server of two pages, which no client can hold up for long.
//!
//! A fixed number of threads take one connection each, answer one request, and close. A connection ends
//! after [`DEADLINE`], however slowly its client reads or writes. Nothing here waits for the thread that
//! hears messages, nor it for what happens here.

mod request;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use request::{Head, Method, head};

/// How many connections are answered at a time; more wait in the queue of the kernel.
const THREADS: usize = 8;
/// How long one connection may take in all.
const DEADLINE: Duration = Duration::from_secs(5);
/// A request is small: this many bytes with all its headers.
const MAX_HEAD: usize = 8192;

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: &'static str,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Response {
    /// A short text for people.
    pub(super) fn plain(status: &'static str, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }
}

/// Starts the threads. `pages` answers a path, or has no such page; the threads last as long as the
/// process.
pub(super) fn serve<P>(listener: TcpListener, pages: P) -> io::Result<()>
where
    P: Fn(&str) -> Option<Response> + Send + Sync + 'static,
{
    let shared = Arc::new((listener, pages));
    for _ in 0..THREADS {
        let shared = Arc::clone(&shared);
        let answering = move || {
            let (listener, pages) = &*shared;
            loop {
                match listener.accept() {
                    // A client that goes away is none of our business.
                    Ok((client, _)) => drop(answer(&client, pages)),
                    // Too many open files, for one: it may pass, and must not make this loop hot.
                    Err(_) => thread::sleep(Duration::from_millis(100)),
                }
            }
        };
        thread::Builder::new().name("http".to_owned()).spawn(answering)?;
    }
    Ok(())
}

fn answer(client: &TcpStream, pages: &impl Fn(&str) -> Option<Response>) -> io::Result<()> {
    let mut client = Timed { client, end: Instant::now() + DEADLINE };
    let (method, response) = match read_head(&mut client)? {
        Head::Request(Method::Other, _) => (
            Method::Get,
            Response::plain("405 Method Not Allowed", "only GET and HEAD are answered\n"),
        ),
        Head::Request(method, path) => {
            let missing = || Response::plain("404 Not Found", "see /metrics and /healthz\n");
            (method, pages(&path).unwrap_or_else(missing))
        }
        Head::Partial | Head::TooLong => (
            Method::Get,
            Response::plain("431 Request Header Fields Too Large", "the request is too long\n"),
        ),
        Head::Wrong => (Method::Get, Response::plain("400 Bad Request", "this is not HTTP/1\n")),
    };
    let Response { status, content_type, body } = response;
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n{allow}\r\n",
        body.len(),
    );
    let body = if method == Method::Head { "" } else { &body };
    client.write_all([head.as_str(), body].concat().as_bytes())
}

/// Reads until the head is complete, or longer than it may be.
fn read_head(client: &mut Timed<'_>) -> io::Result<Head> {
    let (mut buffer, mut length) = ([0; MAX_HEAD], 0);
    while length < MAX_HEAD {
        match client.read(&mut buffer[length..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => length += more,
        }
        match head(&buffer[..length]) {
            Head::Partial => {}
            complete => return Ok(complete),
        }
    }
    Ok(Head::TooLong)
}

/// A connection with an end: a limit on each single read or write would let a client take its time.
struct Timed<'c> {
    client: &'c TcpStream,
    end: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.client.set_read_timeout(Some(self.left()?))?;
        self.client.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.client.set_write_timeout(Some(self.left()?))?;
        self.client.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

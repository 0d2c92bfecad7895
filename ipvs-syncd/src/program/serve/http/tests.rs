// SPDX-License-Identifier: MIT OR Apache-2.0

use std::net::{Ipv4Addr, Shutdown, SocketAddr};

use super::*;

const PAGE: &str = "12345678";

/// A server with one small page and one that no buffer of a socket takes.
fn start() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("its address");
    let big = "x".repeat(32 << 20);
    let pages = move |path: &str| match path {
        "/page" => Some(Response::plain("200 OK", PAGE)),
        "/big" => Some(Response::plain("200 OK", big.clone())),
        _ => None,
    };
    serve(listener, pages).expect("threads");
    address
}

fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut client = TcpStream::connect(address).expect("connected");
    client.write_all(request.as_bytes()).expect("sent");
    client
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut text = String::new();
    let read = send(address, request).read_to_string(&mut text);
    // What the server has not read makes for a reset behind the answer.
    assert!(read.is_ok() || text.starts_with("HTTP/1.1 4"), "{read:?}");
    text
}

fn status(address: SocketAddr, request: &str) -> String {
    ask(address, request).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_page_and_no_other() {
    let server = start();
    let answer = ask(server, "GET /page?x=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    assert_eq!(body, PAGE);
    for line in ["HTTP/1.1 200 OK", "Content-Length: 8", "Connection: close"] {
        assert!(head.lines().any(|own| own == line), "{head}");
    }
    let answer = ask(server, "HEAD /page HTTP/1.0\r\n\r\n");
    assert!(answer.ends_with("\r\n\r\n") && answer.contains("Content-Length: 8\r\n"), "{answer}");
    for path in ["/", "/metrics", "/page/", "/../page", "*"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(status(server, &request), "HTTP/1.1 404 Not Found", "{path}");
    }
    let answer = ask(server, "POST /page HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("\r\nAllow: GET, HEAD\r\n"));
}

#[test]
fn what_is_no_request_or_too_long_is_refused() {
    let server = start();
    assert_eq!(status(server, "\u{16}\u{3}\u{1}\u{2}\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    assert_eq!(status(server, "GET /page SPDY\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    let long = format!("GET /page HTTP/1.1\r\nX: {}", "y".repeat(MAX_HEAD));
    let too_long = "HTTP/1.1 431 Request Header Fields Too Large";
    assert_eq!(status(server, &long[..MAX_HEAD]), too_long);
    let many = format!("GET /page HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(65));
    assert_eq!(status(server, &many), too_long);
    // One byte at a time is a request all the same.
    let mut client = TcpStream::connect(server).expect("connected");
    for byte in b"GET /page HTTP/1.1\r\n\r\n" {
        client.write_all(&[*byte]).expect("sent");
    }
    let mut text = String::new();
    client.read_to_string(&mut text).expect("an answer");
    assert!(text.ends_with(PAGE));
    // Nor does one who leaves in the middle matter.
    send(server, "GET /pa").shutdown(Shutdown::Both).expect("closed");
    assert_eq!(status(server, "GET /page HTTP/1.1\r\n\r\n"), "HTTP/1.1 200 OK");
}

#[test]
fn slow_clients_have_an_end_and_keep_others_waiting_no_longer() {
    let server = start();
    let start = Instant::now();
    // Half say nothing or little, half read nothing; together all the threads there are.
    let mut clients = Vec::new();
    for number in 0..THREADS {
        let request = ["GET /page HTTP/1.1\r\nX:", "GET /big HTTP/1.1\r\n\r\n"][number % 2];
        clients.push(send(server, request));
    }
    thread::sleep(Duration::from_millis(300));
    let answer = thread::spawn(move || status(server, "GET /page HTTP/1.1\r\n\r\n"));
    // Those who write bytes now and then gain nothing by it.
    while start.elapsed() < DEADLINE + Duration::from_secs(1) {
        clients.iter_mut().step_by(2).for_each(|client| drop(client.write_all(b"y")));
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(answer.join().expect("it ends"), "HTTP/1.1 200 OK");
    for client in clients.iter_mut().step_by(2) {
        let mut rest = Vec::new();
        let read = client.read_to_end(&mut rest);
        assert!(rest.is_empty(), "answered: {read:?}");
    }
    let mut taken = Vec::new();
    // The server has closed it in the middle of the page.
    let _ = clients[1].read_to_end(&mut taken);
    assert!(!taken.is_empty() && taken.len() < 32 << 20, "{} bytes", taken.len());
}

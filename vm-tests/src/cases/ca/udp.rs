// SPDX-License-Identifier: MIT OR Apache-2.0
//! UDP: announced by ICMP, seen and answered by servers that know nothing of it.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use super::MODULES;
use crate::case::Failure;
use crate::ctx::Ctx;
use crate::full_nat::{DIRECTOR, FullNat, SERVICES, director_for, plain};
use crate::topology::Host;
use crate::{modules, wait};

/// A client that sends one datagram after another and waits for the answer to each.
fn client(host: &Host, service: SocketAddr) -> Result<UdpSocket, Failure> {
    let any = match service {
        SocketAddr::V4(_) => "192.0.2.10:0",
        SocketAddr::V6(_) => "[2001:db8:1::10]:0",
    };
    let socket = host.inside(|| Ok(UdpSocket::bind(any)?))?;
    socket.connect(service)?;
    bounded(&socket)?;
    Ok(socket)
}

fn bounded(socket: &UdpSocket) -> Result<(), Failure> {
    Ok(socket.set_read_timeout(Some(Duration::from_secs(30)))?)
}

/// Sends a datagram and returns who the server says has sent it; the answer goes there.
fn exchange(client: &UdpSocket, server: &UdpSocket) -> Result<SocketAddr, Failure> {
    let mut buffer = [0; 64];
    client.send(b"who?")?;
    let (len, name) = server.recv_from(&mut buffer)?;
    assert_eq!(&buffer[..len], b"who?");
    server.send_to(b"you", name)?;
    let len = client.recv(&mut buffer)?;
    assert_eq!(&buffer[..len], b"you");
    Ok(plain(name))
}

pub fn run(ctx: &mut Ctx, offload: bool) -> Result<(), Failure> {
    let _modules = modules::shared(&MODULES)?;
    let site = FullNat::build(ctx.topology())?;
    if !offload {
        site.without_offload()?;
    }
    unnamed(&site)?;
    let (announced, new) = (site.director_count("udp_announced")?, site.server_count("conn_new")?);
    site.server.sysctl("net.ca.trusted", &DIRECTOR.join(","))?;
    let mut flows = 0;
    for (listen, services) in [
        ("0.0.0.0:80", &SERVICES[..1]),
        ("[2001:db8:2::1]:80", &SERVICES[1..]),
        ("[::]:80", &SERVICES),
    ] {
        let server = site.server.listen(|| UdpSocket::bind(listen))?;
        bounded(&server)?;
        for service in services {
            let client = client(&site.client, service.parse()?)?;
            for _ in 0..5 {
                assert_eq!(exchange(&client, &server)?, client.local_addr()?);
            }
            flows += 1;
        }
    }
    // Three announcements of each flow, and five datagrams each way.
    assert_eq!(site.director_count("udp_announced")? - announced, 3 * flows);
    assert_eq!(site.server_count("conn_new")? - new, flows);
    assert_eq!(site.server_count("udp_in")?, 5 * flows);
    assert_eq!(site.server_count("udp_out")?, 5 * flows);
    assert_eq!(site.server_count("icmp_bad")?, 0);
    connected(&site)?;
    by_choice(&site)?;
    forgotten(&site)
}

/// While no director is named, nobody is believed: what is believed decides where answers go.
fn unnamed(site: &FullNat) -> Result<(), Failure> {
    for (listen, service) in [("0.0.0.0:80", SERVICES[0]), ("[2001:db8:2::1]:80", SERVICES[1])] {
        let server = site.server.listen(|| UdpSocket::bind(listen))?;
        bounded(&server)?;
        let service = service.parse()?;
        let client = client(&site.client, service)?;
        assert_eq!(exchange(&client, &server)?.ip(), director_for(service)?);
    }
    assert_eq!((site.server_count("untrusted")?, site.server_count("conn_new")?), (2, 0));
    Ok(())
}

/// A server with a socket for each client: what such sockets send has no name on it.
fn connected(site: &FullNat) -> Result<(), Failure> {
    site.server.ip("route add default via 10.0.0.254\nroute add default via 2001:db8:2::fe")?;
    for (listen, service) in [("10.0.0.1:80", SERVICES[0]), ("[2001:db8:2::1]:80", SERVICES[1])] {
        let server = site.server.listen(|| UdpSocket::bind(listen))?;
        bounded(&server)?;
        let client = client(&site.client, service.parse()?)?;
        let mut buffer = [0; 64];
        client.send(b"one")?;
        let (_, name) = server.recv_from(&mut buffer)?;
        server.connect(name)?;
        server.send(b"two")?;
        let len = client.recv(&mut buffer)?;
        assert_eq!(&buffer[..len], b"two");
        client.send(b"three")?;
        let len = server.recv(&mut buffer)?;
        assert_eq!(&buffer[..len], b"three");
    }
    Ok(())
}

/// Without `udp_mangle` UDP is left alone.
fn by_choice(site: &FullNat) -> Result<(), Failure> {
    site.server.sysctl("net.ca.udp_mangle", "0")?;
    let server = site.server.listen(|| UdpSocket::bind("0.0.0.0:80"))?;
    bounded(&server)?;
    let client = client(&site.client, SERVICES[0].parse()?)?;
    assert_eq!(exchange(&client, &server)?.ip().to_string(), "10.0.0.254");
    site.server.sysctl("net.ca.udp_mangle", "1")?;
    assert_eq!(exchange(&client, &server)?, client.local_addr()?);
    Ok(())
}

/// After its time a client is forgotten.
fn forgotten(site: &FullNat) -> Result<(), Failure> {
    let known = site.server_count("conn_new")?;
    site.server.sysctl("net.ca.udp_timeout", "1")?;
    wait::until("forgotten clients", &known, || site.server_count("conn_del"))
}

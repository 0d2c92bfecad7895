// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clients that a template keeps at a server which takes no new ones.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use crate::case::Failure;
use crate::connections::daemons;
use crate::ctx::Ctx;
use crate::http;
use crate::site::Site;

use super::super::transfer::{ANY, PATIENCE};
use super::asker::{Asker, name_udp};
use super::by_messages;

const WEB: &str = "192.0.2.100:80";
const UDP: &str = "192.0.2.100:7";
const PHONES: &str = "192.0.2.100:5060";

/// A packet at the wrong moment is rare.
const ROUNDS: u8 = 3;

/// One whose connections are all over.
pub(super) fn resting(ctx: &mut Ctx) -> Result<(), Failure> {
    let site = Site::build(ctx.topology())?;
    let _servers = site.serve(80)?;
    sticky(&site, &format!("-t {WEB}"), 80, "")?;
    let get = || site.client.inside(|| http::get(WEB.parse()?));
    assert_eq!(get()?, "s1");
    shift(&site, &format!("-t {WEB}"), 80, 1, 2)?;
    assert_eq!(get()?, "s1");
    let before = daemons(&site.director)?;
    site.director.run("ipvsadm conn unpin 192.0.2.10 --service 192.0.2.100:80")?;
    assert_eq!(daemons(&site.director)?, before);
    assert_eq!(get()?, "s2");
    Ok(())
}

/// One that sends all the time.
pub(super) fn talking(ctx: &mut Ctx) -> Result<(), Failure> {
    let site = Site::build(ctx.topology())?;
    site.servers[..2].iter().try_for_each(|server| name_udp(server, ANY))?;
    sticky(&site, &format!("-u {UDP}"), 7, "")?;
    let asker = Asker::start(&site.client, Ipv4Addr::UNSPECIFIED.into(), UDP)?;
    asker.expect("s1", PATIENCE)?;
    for round in 0..ROUNDS {
        let (from, to) = if round % 2 == 0 { (1, 2) } else { (2, 1) };
        shift(&site, &format!("-u {UDP}"), 7, from, to)?;
        site.director.run("ipvsadm conn unpin 192.0.2.10")?;
        let server = format!("s{to}");
        asker.expect(&server, PATIENCE).map_err(|f| f.context(&format!("round {round}")))?;
    }
    Ok(())
}

/// One that a persistence engine knows by its calls: each has a template of its own.
pub(super) fn engine(ctx: &mut Ctx) -> Result<(), Failure> {
    let _messages = by_messages()?;
    let site = Site::build(ctx.topology())?;
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5060));
    site.servers[..2].iter().try_for_each(|server| name_udp(server, any))?;
    let service = format!("-u {PHONES}");
    sticky(&site, &service, 5060, "--pe sip")?;
    let expect = |call: &str, server: &str| -> Result<(), Failure> {
        assert_eq!(site.client.inside(|| invite(call))?, server, "{call}");
        Ok(())
    };
    for call in ["first-call", "second-call"] {
        expect(call, "s1")?;
    }
    shift(&site, &service, 5060, 1, 2)?;
    for (call, server) in [("first-call", "s1"), ("second-call", "s1"), ("third-call", "s2")] {
        expect(call, server)?;
    }
    // Each is shown with what its engine knows it by.
    let listed = site.director.run("ipvsadm conn list")?;
    for call in ["first-call", "second-call", "third-call"] {
        assert_eq!(listed.matches(&format!("sip {call}@client")).count(), 1, "{listed}");
    }
    let before = daemons(&site.director)?;
    site.director.run("ipvsadm conn unpin 192.0.2.10")?;
    assert_eq!(daemons(&site.director)?, before);
    for call in ["first-call", "second-call", "third-call"] {
        expect(call, "s2")?;
    }
    Ok(())
}

/// Who answers to a packet of this call, from a port that no packet of it came from before.
fn invite(call: &str) -> Result<String, Failure> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(PHONES)?;
    let text =
        format!("INVITE sip:a@b SIP/2.0\r\nCall-ID: {call}@client\r\nContent-Length: 0\r\n\r\n");
    socket.send(text.as_bytes())?;
    let mut buffer = [0; 64];
    let length = socket.recv(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

/// A persistent service that gives new clients to the first server.
fn sticky(site: &Site, service: &str, port: u16, more: &str) -> Result<(), Failure> {
    site.director.run(&format!("ipvsadm -A {service} -s rr -p 600 {more}"))?;
    site.director.run(&format!("ipvsadm -a {service} -r 10.0.0.1:{port} -m -w 1"))?;
    site.director.run(&format!("ipvsadm -a {service} -r 10.0.0.2:{port} -m -w 0")).map(drop)
}

/// From now on, to this server instead of that.
fn shift(site: &Site, service: &str, port: u16, from: u8, to: u8) -> Result<(), Failure> {
    for (server, weight) in [(from, 0), (to, 1)] {
        let dest = format!("-r 10.0.0.{server}:{port} -m -w {weight}");
        site.director.run(&format!("ipvsadm -e {service} {dest}"))?;
    }
    Ok(())
}

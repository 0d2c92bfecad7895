// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clients that a template keeps at a server which takes no new ones.

use std::net::Ipv4Addr;

use crate::case::Failure;
use crate::connections::daemons;
use crate::ctx::Ctx;
use crate::http;
use crate::site::Site;

use super::super::transfer::{ANY, PATIENCE};
use super::asker::{Asker, name_udp};

const WEB: &str = "192.0.2.100:80";
const UDP: &str = "192.0.2.100:7";

/// A packet at the wrong moment is rare.
const ROUNDS: u8 = 3;

/// One whose connections are all over.
pub(super) fn resting(ctx: &mut Ctx) -> Result<(), Failure> {
    let site = Site::build(ctx.topology())?;
    let _servers = site.serve(80)?;
    sticky(&site, &format!("-t {WEB}"), 80)?;
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
    sticky(&site, &format!("-u {UDP}"), 7)?;
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

/// A persistent service that gives new clients to the first server.
fn sticky(site: &Site, service: &str, port: u16) -> Result<(), Failure> {
    site.director.run(&format!("ipvsadm -A {service} -s rr -p 600"))?;
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

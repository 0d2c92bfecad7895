// SPDX-License-Identifier: MIT OR Apache-2.0
//! Clients that a template keeps at a server which takes no new ones.

use crate::case::Failure;
use crate::ctx::Ctx;
use crate::http;
use crate::site::Site;

use super::table::daemons;
use super::traffic::{Asker, PATIENCE, name_udp};

const WEB: &str = "192.0.2.100:80";
const UDP: &str = "192.0.2.100:7";

/// One whose connections are all over.
pub(super) fn resting(ctx: &mut Ctx) -> Result<(), Failure> {
    let site = Site::build(ctx.topology())?;
    let _servers = site.serve(80)?;
    sticky(&site, &format!("-t {WEB}"), 80)?;
    let get = || site.client.inside(|| http::get(WEB.parse()?));
    assert_eq!(get()?, "s1");
    swap(&site, &format!("-t {WEB}"), 80)?;
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
    site.servers[..2].iter().try_for_each(name_udp)?;
    sticky(&site, &format!("-u {UDP}"), 7)?;
    let asker = Asker::start(&site.client, "0.0.0.0:0", UDP)?;
    asker.expect("s1", PATIENCE)?;
    swap(&site, &format!("-u {UDP}"), 7)?;
    let output = site.director.run("ipvsadm conn unpin 192.0.2.10")?;
    println!("{output}");
    asker.expect("s2", PATIENCE)
}

/// A persistent service that gives new clients to the first server.
fn sticky(site: &Site, service: &str, port: u16) -> Result<(), Failure> {
    site.director.run(&format!("ipvsadm -A {service} -s rr -p 600"))?;
    site.director.run(&format!("ipvsadm -a {service} -r 10.0.0.1:{port} -m -w 1"))?;
    site.director.run(&format!("ipvsadm -a {service} -r 10.0.0.2:{port} -m -w 0")).map(drop)
}

/// From now on, to the second.
fn swap(site: &Site, service: &str, port: u16) -> Result<(), Failure> {
    site.director.run(&format!("ipvsadm -e {service} -r 10.0.0.1:{port} -m -w 0"))?;
    site.director.run(&format!("ipvsadm -e {service} -r 10.0.0.2:{port} -m -w 1")).map(drop)
}

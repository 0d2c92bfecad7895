// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names in listings, with a resolver that never answers.

use std::fmt::Write as _;
use std::fs;
use std::net::UdpSocket;
use std::time::Duration;

use crate::case::{Case, Failure};
use crate::ctx::Ctx;

/// The tests of this module.
pub const CASES: &[Case] =
    &[Case::new("names::a_dead_resolver_is_asked_once_not_for_every_line", dead_resolver)
        .timeout(400)];

/// How many destinations without a name are listed.
const DESTS: usize = 250;
/// The tool asks for at most this many names before the first answer is due.
const AT_ONCE: usize = 64;

/// Counted are questions, not seconds: what a slow machine can't falsify.
fn dead_resolver(ctx: &mut Ctx) -> Result<(), Failure> {
    let server = UdpSocket::bind("127.0.0.1:53")?;
    let mut rules = "-A -t 10.0.0.1:80 -s rr\n".to_owned();
    for dest in 1..=DESTS {
        writeln!(rules, "-a -t 10.0.0.1:80 -r 10.0.1.{dest}:80 -m")?;
    }
    ctx.cmd_with_input("ipvsadm -R", rules.as_bytes())?.success()?;
    let file = |name: &str, text: &str| -> Result<String, Failure> {
        let path = ctx.directory().join(name);
        fs::write(&path, text)?;
        Ok(format!("mount --bind {} /etc/{name}", path.display()))
    };
    let mounts = [
        file("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")?,
        file("nsswitch.conf", "hosts: files dns\nservices: files\n")?,
        file("hosts", "127.0.0.1 localhost\n10.0.0.1 vip1\n10.0.1.249 known\n")?,
        file("services", "http 80/tcp\n")?,
    ]
    .join(" && ");
    let list = |command: &str| ctx.run(&format!("unshare -m bash -c '{mounts} && {command}'"));
    let text = list("ipvsadm -L")?;

    server.set_read_timeout(Some(Duration::from_millis(200)))?;
    let mut questions = 0;
    while server.recv(&mut [0; 512]).is_ok() {
        questions += 1;
    }
    assert!((1..=AT_ONCE).contains(&questions), "{questions} questions for {DESTS} names");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 4 + DESTS);
    assert_eq!(lines[3], "TCP  vip1:http rr");
    let count = |name: &str| lines.iter().filter(|line| line.contains(name)).count();
    assert_eq!((count("-> known:http "), count("-> 10.0.1.")), (1, DESTS - 1));
    Ok(())
}

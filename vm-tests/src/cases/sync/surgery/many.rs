// SPDX-License-Identifier: MIT OR Apache-2.0
//! More connections than go into one burst of messages.

use std::collections::BTreeSet;

use ipvs_netlink::types::{Protocol, TcpState};
use ipvs_syncd::Connection;

use crate::case::Failure;
use crate::connections::{LONG, connections, make};
use crate::ctx::Ctx;

use super::by_messages;

/// Of all, in two halves at two destinations.
const COUNT: u16 = 6000;

pub(super) fn run(ctx: &mut Ctx) -> Result<(), Failure> {
    let _messages = by_messages()?;
    let mut topology = ctx.topology();
    let director = topology.host("director")?;
    director.run("ipvsadm -A -t 192.0.2.1:80 -s rr")?;
    for server in [1, 2] {
        director.run(&format!("ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.{server}:80 -m"))?;
    }
    let made = (0..COUNT).map(|number| {
        let client = format!("198.51.100.{}:{}", number % 200 + 1, 20_000 + number);
        let dest = format!("10.0.0.{}:80", number % 2 + 1);
        let made = Connection::new(
            Protocol::TCP,
            client.parse()?,
            "192.0.2.1:80".parse()?,
            dest.parse()?,
        )?;
        Ok(made.state(TcpState::Established.number()).timeout(LONG))
    });
    make(&director, &made.collect::<Result<Vec<_>, Failure>>()?)?;
    let before = connections(&director)?;
    assert_eq!(before.len(), usize::from(COUNT));
    let others = before.iter().filter(|line| line.contains(" > 10.0.0.2:80 ")).cloned();
    let others: BTreeSet<_> = others.collect();
    assert_eq!(others.len(), usize::from(COUNT / 2));
    let output = director.cmd("ipvsadm conn delete --dest 10.0.0.1:80")?.success()?;
    let report = output.lines().last().unwrap_or_default().to_owned();
    println!("{report}");
    assert!(report.contains(&format!("ended {}", COUNT / 2)), "{report}");
    let after = connections(&director)?;
    assert_eq!(after, others, "others went, or some stayed");
    Ok(())
}

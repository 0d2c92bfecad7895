// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every other test relies on.

use std::time::{Duration, Instant};

use crate::case::{Case, Failure};
use crate::command;
use crate::ctx::Ctx;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("harness::namespaces_are_fresh", namespaces_are_fresh),
    Case::new("harness::commands_are_bounded", commands_are_bounded),
    Case::new("harness::output_is_exact", output_is_exact),
    Case::new("harness::topologies_vanish", topologies_vanish),
];

fn namespaces_are_fresh(ctx: &mut Ctx) -> Result<(), Failure> {
    let links = ctx.run("ip -oneline link show")?;
    // The tunnel modules, once loaded, put a device without a peer in every namespace.
    let own = links.lines().filter(|link| !link.contains("@NONE: "));
    assert_eq!(own.count(), 1, "{links}");
    assert!(links.starts_with("1: lo: <LOOPBACK,UP"), "{links}");
    let table = std::fs::read_to_string("/proc/thread-self/net/ip_vs")?;
    assert_eq!(table.lines().count(), 3, "{table}");
    Ok(())
}

fn commands_are_bounded(_: &mut Ctx) -> Result<(), Failure> {
    let start = Instant::now();
    let outcome = command::run("sleep 1000 & sleep 1000", &[], Duration::from_secs(1));
    let message = outcome.err().map(|failure| failure.to_string());
    let expected = "`sleep 1000 & sleep 1000` did not end within 1 s";
    assert_eq!(message.as_deref(), Some(expected));
    assert!(start.elapsed() < Duration::from_secs(20));
    Ok(())
}

fn output_is_exact(ctx: &mut Ctx) -> Result<(), Failure> {
    let output = ctx.cmd_with_input(r"cat; printf '\0\377\n' >&2; exit 3", b"in\xff\n")?;
    assert_eq!(output.stdout, b"in\xff\n");
    assert_eq!(output.stderr, b"\0\xff\n");
    assert_eq!(output.status, 3);
    assert_eq!(ctx.cmd("kill -TERM $$")?.status, 128 + 15);
    Ok(())
}

fn topologies_vanish(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut topology = ctx.topology();
    let (a, b) = (topology.host("a")?, topology.host("b")?);
    topology.segment(
        "lan",
        &[(&a, "eth0", &["192.0.2.1/24", "2001:db8::1/64"]), (&b, "eth0", &["192.0.2.2/24"])],
    )?;
    let addresses = a.run("ip -brief address show eth0")?;
    assert!(addresses.contains("192.0.2.1/24"), "{addresses}");
    assert!(addresses.contains("2001:db8::1/64"), "{addresses}");
    let names = [a.namespace(), b.namespace()].map(str::to_owned);
    let listed = ctx.run("ip netns list")?;
    assert!(names.iter().all(|name| listed.contains(name)), "{listed}");
    drop(topology);
    let listed = ctx.run("ip netns list")?;
    assert!(names.iter().all(|name| !listed.contains(name)), "{listed}");
    Ok(())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections through the library's and the tool's best means: the same whatever the kernel has.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use ipvs_netlink::ext::{Features, Tier};
use ipvs_netlink::types::Protocol;
use ipvs_netlink::{Ipvs, ListedBy, Netns};
use ipvs_proc::{Connection, Count, Filter, Layout, Origin, Virtual};
use serde_json::Value;

use super::patched::some;
use crate::case::{Case, Failure};
use crate::connections::{LONG, make_here};
use crate::ctx::Ctx;
use crate::{listed, wait};

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("means::connections_are_the_same_by_the_best_means", on_any),
    Case::new("patched::connections_are_listed_by_the_best_means", on_patched).patched().since(
        6,
        12,
        "our family ipvs_ext",
    ),
];

/// What stays the same between two listings.
type Line = (Protocol, SocketAddr, Option<SocketAddr>, SocketAddr, bool, String);

fn line(c: &Connection<'_>) -> Line {
    let service = match c.service {
        Virtual::Address(address) => Some(address),
        Virtual::Fwmark { .. } => None,
    };
    (c.protocol, c.client, service, c.dest, c.is_template(), c.state.name().to_owned())
}

fn on_patched(ctx: &mut Ctx) -> Result<(), Failure> {
    compare(ctx, ListedBy::Netlink)
}

fn on_any(ctx: &mut Ctx) -> Result<(), Failure> {
    let by = match Ipvs::open()?.tier()? {
        Tier::Patched { features } if features.contains(Features::CONN_GET) => ListedBy::Netlink,
        _ => ListedBy::Proc,
    };
    compare(ctx, by)
}

fn filters() -> Result<Vec<(&'static str, Filter)>, Failure> {
    let all = Filter::new;
    Ok(vec![
        ("", all()),
        ("--protocol udp", all().protocol(Protocol::UDP)),
        ("--client 10.1.0.0/30", all().client("10.1.0.0/30".parse()?)),
        ("--client-port 40012", all().client_port(40_012)),
        ("--service 10.2.0.100:81", all().service("10.2.0.100:81".parse()?)),
        (
            "--service [2001:db8:2::100]:80 --protocol tcp",
            all().service("[2001:db8:2::100]:80".parse()?).protocol(Protocol::TCP),
        ),
        ("--dest 10.3.0.2", all().dest("10.3.0.2".parse()?)),
        ("--state ESTABLISHED", all().state("ESTABLISHED")),
        ("--state ASSURED --protocol tcp", all().state("ASSURED").protocol(Protocol::TCP)),
        ("--expires-over 60", all().expires(Duration::from_secs(61)..=Duration::MAX)),
        ("--fwmark 77", all().service("fwmark/77".parse()?)),
        ("--protocol proto0", all().protocol(Protocol(0))),
    ])
}

fn compare(ctx: &mut Ctx, by: ListedBy) -> Result<(), Failure> {
    let made = some()?;
    make_here(&made)?;
    // Kernels before 7.1 leave some out of one reading while others end elsewhere.
    let everything = listed::connections()?;
    assert_eq!(everything.len(), made.len());
    let mut ipvs = Ipvs::open()?;
    let mut told_apart = BTreeSet::new();
    for (words, filter) in filters()? {
        let expected: BTreeSet<_> =
            everything.iter().filter(|one| filter.matches(one)).map(line).collect();
        let templates = expected.iter().filter(|(_, _, _, _, template, _)| *template).count();
        let count =
            Count { connections: (expected.len() - templates) as u64, templates: templates as u64 };
        told_apart.insert(expected.len());
        let mut listing = ipvs.list_connections(filter)?;
        assert_eq!(listing.by(), by, "{words}");
        wait::until(&format!("listed: {words}"), &expected, || {
            Ok(listing.connections()?.iter().map(line).collect())
        })?;
        wait::until(&format!("counted: {words}"), &count, || Ok(listing.count()?))?;
        wait::until(&format!("counted by the tool: {words}"), &count, || {
            tool(ctx, &format!("{COUNT} {words}"), by)
        })?;
    }
    assert!(told_apart.len() >= 8, "{told_apart:?}");

    let mut listing = ipvs.list_connections(Filter::new())?.layout(Layout::Sync);
    let origins: BTreeSet<_> = listing.connections()?.iter().map(|one| one.origin).collect();
    assert_eq!(origins, BTreeSet::from([Some(Origin::Sync)]));
    assert!(listing.connections()?.iter().all(|one| one.expires <= LONG));

    // From elsewhere: through a client that was opened for this namespace, and one that was not.
    let here = format!("/proc/{}/ns/net", fs::read_link("/proc/thread-self")?.display());
    let listed = |netns: Option<&str>| -> Result<usize, Failure> {
        let mut ipvs = netns.map_or_else(Ipvs::open, Ipvs::in_netns)?;
        let mut listing = ipvs.list_connections(Filter::new())?;
        assert_eq!(listing.by(), by);
        Ok(listing.connections()?.len())
    };
    let elsewhere = Netns::from("/proc/1/ns/net");
    wait::until("from elsewhere", &made.len(), || elsewhere.run(|| listed(Some(&here)))?)?;
    assert_eq!(elsewhere.run(|| listed(None))??, 0);
    wait::until("by the tool from elsewhere", &(made.len() as u64), || {
        // The shell is in this namespace, and what it starts is not.
        let line = format!("unshare -n {COUNT} --netns $$; exit $?");
        Ok(tool(ctx, &line, by)?.entries())
    })
}

const COUNT: &str = "ipvsadm conn count --json --verbose";

/// What this command counts; it says by what means.
fn tool(ctx: &Ctx, line: &str, by: ListedBy) -> Result<Count, Failure> {
    let output = ctx.cmd(line)?;
    let expected = match by {
        ListedBy::Netlink => "connections are read by netlink",
        ListedBy::Proc => "connections are read from /proc/net/ip_vs_conn",
    };
    assert!(output.error_text().contains(expected), "{}", output.error_text());
    let document: Value = serde_json::from_str(&output.success()?)?;
    Ok(serde_json::from_value(document["count"].clone())?)
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections by netlink: the same as in `/proc`, filtered, counted, deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ipvs_netlink::ext::{Connection, ConnectionFilter, ConnectionKey, Deleted};
use ipvs_netlink::types::{ConnectionFlags, Family, Protocol, SctpState, TcpState};
use ipvs_netlink::{ErrorKind, Ipvs};
use ipvs_proc::{Layout, Root, Virtual};
use ipvs_syncd as syncd;

use crate::case::{Case, Failure};
use crate::connections::{LONG, make_here};
use crate::ctx::{Ctx, Kernel};

use super::EXTENSION;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("patched::connections_are_those_of_proc", same).patched().since(6, 12, EXTENSION),
    Case::new("patched::filters_choose_what_they_say", filters).patched().since(6, 12, EXTENSION),
    Case::new("patched::deleting_leaves_exactly_the_others", delete)
        .patched()
        .since(6, 12, EXTENSION),
    Case::new("patched::a_dump_has_each_once_while_others_come", during_inserts)
        .patched()
        .since(6, 12, EXTENSION),
];

/// Some hundred connections and templates of both families and three protocols.
pub(in crate::cases) fn some() -> Result<Vec<syncd::Connection<'static>>, Failure> {
    let mut all = Vec::new();
    for protocol in [Protocol::TCP, Protocol::UDP, Protocol::SCTP] {
        for ipv6 in [false, true] {
            for number in 0..60u16 {
                all.push(one(protocol, ipv6, number)?);
            }
        }
    }
    Ok(all)
}

fn one(protocol: Protocol, ipv6: bool, number: u16) -> Result<syncd::Connection<'static>, Failure> {
    let end = |net: u16, host: u16, port: u16| -> Result<SocketAddr, Failure> {
        Ok(match ipv6 {
            true => format!("[2001:db8:{net}::{host:x}]:{port}").parse()?,
            false => format!("10.{net}.0.{host}").parse().map(|ip| SocketAddr::new(ip, port))?,
        })
    };
    let template = number % 10 == 9;
    let client = end(1, 1 + number % 7, if template { 0 } else { 40_000 + number })?;
    let service = end(2, 100, 80 + number % 3)?;
    let dest = end(3, 1 + number % 4, 8080)?;
    let (state, active) = match (protocol, number % 2) {
        (Protocol::TCP, 0) => (TcpState::Established.number(), true),
        (Protocol::TCP, _) => (TcpState::FinWait.number(), false),
        (Protocol::SCTP, _) => (SctpState::Established.number(), true),
        _ => (0, false),
    };
    let mut made = syncd::Connection::new(protocol, client, service, dest)?.timeout(LONG);
    made.flags.set(ConnectionFlags::INACTIVE, !active);
    made.state = if template { 1 } else { state };
    if template {
        // Its client's port is none; the host tells templates apart.
        let client = end(1, 10 + number, 0)?;
        made = syncd::Connection::new(protocol, client, service, dest)?.timeout(LONG).state(1);
        made.flags = ConnectionFlags::TEMPLATE;
    }
    Ok(if number.is_multiple_of(5) { made.mark(77) } else { made })
}

/// What both ways tell of a connection.
type Line = (Protocol, SocketAddr, SocketAddr, SocketAddr, bool, String);

fn by_proc() -> Result<BTreeSet<Line>, Failure> {
    let all = Root::thread().connections(Layout::Plain)?;
    all.map(|listed| {
        let c = listed?;
        let template = c.is_template();
        let Virtual::Address(service) = c.service else { return Err(Failure::new("a mark")) };
        Ok((c.protocol, c.client, service, c.dest, template, c.state.name().to_owned()))
    })
    .collect()
}

fn line(c: &Connection) -> Line {
    let ConnectionKey { protocol, client, service, template } = c.key;
    (protocol, client, service, c.dest, template, c.state_name().to_owned())
}

fn same(_: &mut Ctx) -> Result<(), Failure> {
    let made = some()?;
    make_here(&made)?;
    let mut ipvs = Ipvs::open()?;
    let all = ipvs.connections(&ConnectionFilter::new())?;
    let lines: BTreeSet<_> = all.iter().map(line).collect();
    assert_eq!((all.len(), lines.len()), (made.len(), made.len()));
    assert_eq!(lines, by_proc()?);
    // And what `/proc` does not tell.
    let by_key: BTreeMap<_, _> = all.iter().map(|c| (c.key, c)).collect();
    for made in &made {
        let key = ConnectionKey {
            protocol: made.protocol,
            client: made.client(),
            service: made.service(),
            template: made.is_template(),
        };
        let seen = by_key.get(&key).ok_or_else(|| Failure::new(format!("{key}: not there")))?;
        assert_eq!(seen.method, made.method, "{key}");
        assert_eq!(seen.fwmark.map_or(0, u32::from), made.mark, "{key}");
        assert_eq!(seen.timeout, LONG, "{key}");
        assert!(seen.expires <= LONG && LONG - seen.expires < Duration::from_secs(300), "{key}");
        let alone = ipvs.connection(key)?;
        assert_eq!(line(&alone), line(seen));
    }
    let absent = ConnectionKey { template: false, ..all[0].key };
    let absent = ConnectionKey { client: "192.0.2.9:9".parse()?, ..absent };
    let absent = ConnectionKey { service: "192.0.2.1:9".parse()?, ..absent };
    let error = ipvs.connection(absent).map(drop).map_err(|error| error.kind());
    assert_eq!(error, Err(ErrorKind::NoSuchConnection), "{absent}");
    Ok(())
}

fn choices() -> Result<Vec<ConnectionFilter>, Failure> {
    let all = ConnectionFilter::new;
    let inactive = ConnectionFlags::INACTIVE;
    Ok(vec![
        all(),
        all().family(Family::Ipv4),
        all().family(Family::Ipv6),
        all().protocol(Protocol::TCP),
        all().protocol(Protocol::UDP),
        all().protocol(Protocol::SCTP),
        all().client("10.1.0.3/32".parse()?),
        all().client("10.1.0.0/30".parse()?),
        all().client("0.0.0.0/0".parse()?),
        all().client("2001:db8:1::2/127".parse()?),
        all().client_port(40_012),
        all().service("10.2.0.100/32".parse()?).service_port(81),
        all().service_port(82),
        all().dest("10.3.0.2/32".parse()?),
        all().dest("2001:db8:3::/64".parse()?).dest_port(8080),
        all().dest_port(1),
        all().fwmark(77),
        all().fwmark(0),
        all().templates(true),
        all().templates(false),
        all().flags(inactive, inactive),
        all().flags(ConnectionFlags::empty(), inactive),
        all().state(TcpState::Established.number()),
        all().state(TcpState::Established.number()).state(TcpState::FinWait.number()),
        all().min_idle(LONG),
        all().min_idle(Duration::from_millis(1)),
        all().protocol(Protocol::TCP).templates(false).dest("10.3.0.1/32".parse()?).fwmark(77),
    ])
}

fn filters(_: &mut Ctx) -> Result<(), Failure> {
    make_here(&some()?)?;
    // So that all have been idle for that millisecond.
    thread::sleep(Duration::from_millis(50));
    let mut ipvs = Ipvs::open()?;
    let everything = ipvs.connections(&ConnectionFilter::new())?;
    let mut told_apart = BTreeSet::new();
    for filter in choices()? {
        let expected: BTreeSet<_> =
            everything.iter().filter(|one| filter.matches(one)).map(line).collect();
        let chosen = ipvs.connections(&filter)?;
        let lines: BTreeSet<_> = chosen.iter().map(line).collect();
        assert_eq!(lines, expected, "{filter}");
        assert_eq!(chosen.len(), lines.len(), "{filter}");
        assert_eq!(ipvs.count_connections(&filter)? as usize, lines.len(), "{filter}");
        told_apart.insert(lines.len());
    }
    // Filters that all chose everything, or nothing, would show little.
    assert!(told_apart.len() >= 12, "{told_apart:?}");
    Ok(())
}

fn delete(_: &mut Ctx) -> Result<(), Failure> {
    make_here(&some()?)?;
    let mut ipvs = Ipvs::open()?;
    let all = ConnectionFilter::new;
    for filter in [
        all().protocol(Protocol::UDP).client("10.1.0.3/32".parse()?),
        all().templates(true).family(Family::Ipv6),
        all().dest("10.3.0.2/32".parse()?),
        all().service_port(82).protocol(Protocol::SCTP),
    ] {
        let before = ipvs.connections(&all())?;
        let (gone, stay): (Vec<_>, Vec<_>) = before.iter().partition(|one| filter.matches(one));
        assert!(!gone.is_empty() && !stay.is_empty(), "{filter}");
        let deleted = ipvs.delete_connections(&filter)?;
        assert_eq!(deleted, Deleted { deleted: gone.len() as u32, busy: 0 }, "{filter}");
        let stay: BTreeSet<_> = stay.into_iter().map(line).collect();
        assert_eq!(by_proc()?, stay, "{filter}");
    }
    let one = ipvs.connections(&all().protocol(Protocol::TCP).templates(false))?.swap_remove(0);
    let before = by_proc()?;
    ipvs.delete_connection(one.key)?;
    let expected = before.iter().filter(|other| **other != line(&one)).cloned().collect();
    assert_eq!(by_proc()?, expected);
    let again = ipvs.delete_connection(one.key).map_err(|error| error.kind());
    assert_eq!(again, Err(ErrorKind::NoSuchConnection));
    ipvs.delete_all_connections()?;
    assert_eq!((by_proc()?.len(), ipvs.count_connections(&all())?), (0, 0));
    Ok(())
}

/// No row of 4096 gets so many of some 6,000 connections.
const ROW: usize = 16;

/// Dumps while another thread adds connections: what was there before is in each, and once unless something
/// came to the row of the table in which a message was full (kernel-patches/PROTOCOL.md).
fn during_inserts(ctx: &mut Ctx) -> Result<(), Failure> {
    // From 7.1 on the table grows; while entries move to a larger one, some may be there twice.
    let resized = ctx.kernel() >= Kernel { major: 7, minor: 1 };
    let made = some()?;
    make_here(&made)?;
    let mut ipvs = Ipvs::open()?;
    let before: BTreeSet<_> = by_proc()?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let inserts = scope.spawn(|| {
            let added = (0..6000u32).map(|number| {
                let [high, low] = [number / 250, number % 250];
                let client = format!("10.9.{high}.{low}:1000").parse()?;
                let ends = ["10.2.0.100:53".parse()?, "10.3.0.1:53".parse()?];
                Ok(syncd::Connection::new(Protocol::UDP, client, ends[0], ends[1])?.timeout(LONG))
            });
            let added = added.collect::<Result<Vec<_>, Failure>>().and_then(|all| make_here(&all));
            done.store(true, Ordering::SeqCst);
            added
        });
        let (mut dumps, mut largest) = (0, 0);
        while !done.load(Ordering::SeqCst) || dumps < 3 {
            let mut seen = BTreeMap::<_, Vec<usize>>::new();
            for (place, one) in ipvs.connections(&ConnectionFilter::new())?.iter().enumerate() {
                seen.entry(line(one)).or_default().push(place);
            }
            let missing = before.iter().filter(|line| !seen.contains_key(*line)).count();
            assert_eq!(missing, 0, "dump {dumps} of {}", seen.len());
            // Within its row, that is.
            let near = |places: &Vec<usize>| places.windows(2).all(|two| two[1] - two[0] < ROW);
            let far: Vec<_> = seen.iter().filter(|(_, places)| !near(places)).collect();
            assert!(far.is_empty() || resized, "dump {dumps} of {}: {far:?}", seen.len());
            (dumps, largest) = (dumps + 1, largest.max(seen.len()));
        }
        println!("{dumps} dumps while 6000 came, the largest of {largest}");
        inserts.join().map_err(|_| Failure::new("the inserting thread panicked"))?
    })
}

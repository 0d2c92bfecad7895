// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc`, `-L --unprivileged` and the files under `/proc/net` against netlink.

mod flood;
mod round_trip;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::thread;
use std::time::Duration;

use ipvs_netlink::Ipvs;
use ipvs_proc::{Root, Status};
use serde_json::Value;

use crate::case::{Case, Failure};
use crate::ctx::{Ctx, Kernel};
use crate::topology::Host;
use crate::wait;
use flood::{Entry, Kind};

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("proc::the_files_show_what_netlink_shows", round_trip::run),
    Case::new("proc::an_ordinary_user_sees_connections_and_the_table", ordinary_user),
    Case::new("proc::a_hundred_thousand_connections_add_up", many)
        .only(7, 2, "older kernels take a time that grows with the square of the number")
        .timeout(900),
];

const FIRST_WITH_STATUS: Kernel = Kernel { major: 7, minor: 1 };

fn ordinary_user(ctx: &mut Ctx) -> Result<(), Failure> {
    let drop = "setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --";
    ctx.run("ip addr add 192.0.2.1/32 dev lo")?;
    for line in [
        "-A -u 192.0.2.1:9 -s rr",
        "-a -u 192.0.2.1:9 -r 127.0.0.1:9 -m -w 3",
        "-A -t [2001:db8::1]:80 -s wlc",
        "-a -t [2001:db8::1]:80 -r [2001:db8::2]:80 -g",
        "-A -f 7 -s rr",
    ] {
        ctx.run(&format!("ipvsadm {line}"))?;
    }
    let _clients = datagrams(3)?;
    // The option matters: without it the kernel refuses.
    assert_ne!(ctx.cmd(&format!("{drop} ipvsadm -Ln"))?.status, 0);
    // Nothing in this table is missing in the file.
    let listed = ctx.cmd(&format!("{drop} ipvsadm -Ln --unprivileged"))?;
    assert_eq!(listed.error_text().lines().count(), 1, "{}", listed.error_text());
    // The heading has the size of the connection table, which 7.2 may change at any time.
    let below = |text: String| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(below(listed.success()?), below(ctx.run("ipvsadm -Ln")?));
    for service in ["-u 192.0.2.1:9", "-t [2001:db8::1]:80", "-f 7"] {
        let line = format!("ipvsadm -Ln {service}");
        assert_eq!(ctx.run(&format!("{drop} {line} --unprivileged"))?, ctx.run(&line)?);
    }
    let unknown = "ipvsadm -Ln -t 192.0.2.1:9";
    let ours = ctx.cmd(&format!("{drop} {unknown} --unprivileged"))?;
    let root = ctx.cmd(unknown)?;
    assert_eq!((ours.error_text(), ours.status), (root.error_text(), root.status));
    let connections = ctx.run(&format!("{drop} ipvsadm proc conns --json"))?;
    let connections = whatever_is_left(&connections)?;
    assert_eq!(connections["connections"].as_array().map(Vec::len), Some(3), "{connections}");
    // From another namespace none is seen, unless it asks for this one: the shell's.
    let elsewhere = "unshare -n ipvsadm proc conns --json";
    assert!(!ctx.run(elsewhere)?.contains("192.0.2.1"));
    for option in ["--netns $$", "--netns /proc/$$/ns/net", "--pid $$"] {
        let asked = ctx.run(&format!("{elsewhere} {option}; exit $?"))?;
        assert_eq!(whatever_is_left(&asked)?, connections, "{option}");
    }
    for word in ["stats", "percpu", "apps"] {
        ctx.run(&format!("{drop} ipvsadm proc {word}"))?;
    }
    let status = ctx.cmd(&format!("{drop} ipvsadm proc status"))?;
    let reason = match ctx.kernel() >= FIRST_WITH_STATUS {
        true => "mode 0440",
        false => "kernels before 7.1 have no such file",
    };
    assert!(status.error_text().contains(reason), "{}", status.error_text());
    assert_eq!(status.status, 1);
    if ctx.kernel() >= FIRST_WITH_STATUS {
        let shown = ctx.run("ipvsadm proc status")?;
        assert!(shown.contains("\nservices "), "{shown}");
    }
    Ok(())
}

/// A document of connections without their remaining times, which pass between two readings.
fn whatever_is_left(document: &str) -> Result<Value, Failure> {
    let mut document: Value = serde_json::from_str(document)?;
    for connection in document["connections"].as_array_mut().into_iter().flatten() {
        let time = connection.as_object_mut().and_then(|fields| fields.remove("expires_seconds"));
        assert!(time.is_some_and(|time| time.is_u64()), "{connection}");
    }
    Ok(document)
}

/// Sends so many datagrams to the service at 192.0.2.1:9. Their sockets stay open, so that none has the
/// port of another and each is a connection.
fn datagrams(count: u64) -> Result<Vec<UdpSocket>, Failure> {
    let send = |_| {
        let client = UdpSocket::bind("192.0.2.1:0")?;
        client.send_to(b"hello", "192.0.2.1:9")?;
        Ok(client)
    };
    (0..count).map(send).collect()
}

const CONNECTIONS: u32 = 100_000;
const TEMPLATES: u32 = 400;

/// Connections to two services with six destinations, all of different clients.
fn entries() -> Vec<Entry> {
    let entry = |n: u32| {
        let kind = match n {
            CONNECTIONS.. => Kind::Template,
            _ if n.is_multiple_of(3) => Kind::Udp,
            _ if n.is_multiple_of(7) => Kind::Inactive,
            _ => Kind::Active,
        };
        let (service, port, dests) = match kind {
            Kind::Udp => (2, 53, 2),
            _ => (1, 80, 4),
        };
        // Not as many for each destination.
        let dest = 1 + (n % 11) % dests;
        let client = Ipv4Addr::from_bits(Ipv4Addr::new(10, 128, 0, 0).to_bits() + n);
        Entry {
            kind,
            client: SocketAddrV4::new(client, if kind == Kind::Template { 0 } else { 40000 }),
            service: SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, service), port),
            dest: SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, dest as u8), port),
        }
    };
    (0..CONNECTIONS + TEMPLATES).map(entry).collect()
}

/// Connections and templates by name.
type Counts = BTreeMap<String, (u64, u64)>;

fn many(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut topology = ctx.topology();
    let (peer, director) = (topology.host("peer")?, topology.host("director")?);
    let (there, here) = ("198.51.100.1/24", "198.51.100.2/24");
    topology.segment("sync", &[(&peer, "eth0", &[there]), (&director, "eth0", &[here])])?;
    director.run(
        "ipvsadm -A -t 192.0.2.1:80 -s rr && ipvsadm -A -u 192.0.2.2:53 -s rr &&
         for n in 1 2 3 4; do ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.$n:80 -m || exit; done &&
         for n in 1 2; do ipvsadm -a -u 192.0.2.2:53 -r 10.0.0.$n:53 -m || exit; done &&
         ipvsadm --start-daemon backup --mcast-interface eth0",
    )?;
    let entries = entries();
    fill(&peer, &director, &entries)?;

    // What was sent, what the kernel counts, and what is listed.
    let (mut services, mut dests) = (Counts::new(), Counts::new());
    for Entry { kind, service, dest, .. } in &entries {
        for (counts, name) in [(&mut services, service), (&mut dests, dest)] {
            let (connections, templates) = counts.entry(name.to_string()).or_default();
            match kind {
                Kind::Template => *templates += 1,
                _ => *connections += 1,
            }
        }
    }
    let counted = director.inside(|| kernel_counts(&mut Ipvs::open()?))?;
    assert_eq!(counted, (services.clone(), dests.clone()));
    // The kernel may still be changing the size of its table, and then repeats or leaves out some.
    wait::until("by destination", &dests, || listed(&director, "dest", "dests"))?;
    wait::until("by service", &services, || listed(&director, "service", "services"))?;
    let lines = director.run("ipvsadm proc conns --json --sync | wc -l")?;
    assert_eq!(lines.trim(), (entries.len() + 2).to_string());
    let closed = entries.iter().filter(|entry| entry.kind == Kind::Inactive).count();
    let lines = director.run("ipvsadm proc conns --state TIME_WAIT | wc -l")?;
    assert_eq!(lines.trim(), (closed + 1).to_string());
    Ok(())
}

/// Sends until all have arrived.
fn fill(peer: &Host, director: &Host, entries: &[Entry]) -> Result<(), Failure> {
    let conns =
        || director.inside(|| Ok(Root::thread().read::<Status>()?.connections.unwrap_or_default()));
    let mut arrived = 0;
    for _ in 0..20 {
        peer.inside(|| flood::send(entries, Ipv4Addr::new(198, 51, 100, 1)))?;
        // The daemon may have some in its buffer.
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(200));
            arrived = conns()?;
            if arrived == entries.len() as u64 {
                return Ok(());
            }
        }
    }
    Err(Failure::new(format!("{arrived} of {} connections arrived", entries.len())))
}

/// The numbers of services and destinations, as netlink tells them.
fn kernel_counts(ipvs: &mut Ipvs) -> Result<(Counts, Counts), Failure> {
    let (mut services, mut dests) = (Counts::new(), Counts::new());
    for one in ipvs.table()?.services {
        let name = one.service.key.to_string();
        let name = name.split_once('/').map_or(name.as_str(), |(_, address)| address);
        let sum = services.entry(name.to_owned()).or_default();
        for dest in one.dests {
            let connections = u64::from(dest.active) + u64::from(dest.inactive);
            let templates = u64::from(dest.persistent);
            dests.insert(dest.key.to_string(), (connections, templates));
            *sum = (sum.0 + connections, sum.1 + templates);
        }
    }
    Ok((services, dests))
}

/// The same as `ipvsadm proc conns --by` tells them.
fn listed(director: &Host, by: &str, key: &str) -> Result<Counts, Failure> {
    let text = director.run(&format!("ipvsadm proc conns --json --by {by}"))?;
    let document: Value = serde_json::from_str(&text)?;
    let rows = document[key].as_array().ok_or_else(|| Failure::new(format!("no {key}: {text}")))?;
    let number = |row: &Value, name| row[name].as_u64().unwrap_or(u64::MAX);
    let name = |row: &Value| row[by].as_str().unwrap_or_default().to_owned();
    let count = |row| (number(row, "connections"), number(row, "templates"));
    Ok(rows.iter().map(|row| (name(row), count(row))).collect())
}

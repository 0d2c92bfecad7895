// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd send`: a director's connections into another's table, by the network and by a file.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use ipvs_netlink::Ipvs;
use ipvs_netlink::types::ServiceKey;
use ipvs_proc::Connection;

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::listed;
use crate::site;
use crate::topology::{Host, Topology};
use crate::wait;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("sync::bulk_send_fills_a_backup_that_was_made_anew", resync),
    Case::new("sync::a_checkpoint_comes_back_into_an_empty_table", checkpoint),
    Case::new("sync::a_replay_leaves_the_running_daemons_alone", running_daemons),
];

/// TCP connections: a third for each server, less than its listener holds unaccepted.
const SESSIONS: usize = 240;
const DATAGRAMS: usize = 150;
const TCP: &str = "192.0.2.100:80";
const UDP: &str = "192.0.2.100:53";
/// A persistent service.
const STICKY: &str = "192.0.2.100:5060";
/// Clocks of two tables tick apart, and reading them takes a while.
const SLACK: Duration = Duration::from_secs(60);

/// A director with connections through it, and two more that have none.
struct Pair {
    master: Host,
    /// Backups that can hear the master; nothing runs on them yet.
    backups: [Host; 2],
    _open: (Vec<TcpStream>, Vec<UdpSocket>, Vec<TcpListener>),
    _topology: Topology,
}

/// The same services everywhere, and timeouts that a slow guest does not see the end of.
fn services(director: &Host) -> Result<(), Failure> {
    director.run("ipvsadm-c --set 3000 0 3000")?;
    for (service, server) in [
        (format!("-t {TCP} -s rr"), "80 -m"),
        (format!("-u {UDP} -s rr"), "53 -g"),
        (format!("-u {STICKY} -s rr -p 3600"), "5060 -m"),
    ] {
        director.run(&format!("ipvsadm-c -A {service}"))?;
        let key = service.split(" -s").next().unwrap_or_default();
        for number in 1..=3 {
            director.run(&format!("ipvsadm-c -a {key} -r 10.0.0.{number}:{server}"))?;
        }
    }
    Ok(())
}

impl Pair {
    fn build(ctx: &mut Ctx) -> Result<Self, Failure> {
        let mut topology = ctx.topology();
        let servers = [topology.host("s1")?, topology.host("s2")?, topology.host("s3")?];
        let (client, master) = (topology.host("client")?, topology.host("master")?);
        let backups = [topology.host("b1")?, topology.host("b2")?];
        topology.segment(
            "front",
            &[
                (&client, "eth0", &["192.0.2.10/24"]),
                (&master, "eth0", &["192.0.2.254/24", "192.0.2.100/32"]),
            ],
        )?;
        site::connect_servers(&mut topology, &master, &servers)?;
        topology.segment(
            "sync",
            &[
                (&master, "eth2", &["198.51.100.1/24"]),
                (&backups[0], "eth0", &["198.51.100.2/24"]),
                (&backups[1], "eth0", &["198.51.100.3/24"]),
            ],
        )?;
        for server in &servers {
            server.ip("route add default via 10.0.0.254")?;
        }
        for director in [&master, &backups[0], &backups[1]] {
            services(director)?;
        }
        // The kernel completes the connections of a listener without its doing.
        let listen = |host: &Host| host.inside(|| Ok(TcpListener::bind("0.0.0.0:80")?));
        let listeners = servers.iter().map(listen).collect::<Result<Vec<_>, _>>()?;
        let (sessions, datagrams) = client.inside(|| {
            let connect = |_| Ok(TcpStream::connect(TCP)?);
            let sessions = (0..SESSIONS).map(connect).collect::<Result<Vec<_>, Failure>>()?;
            let send = |number: usize| {
                let socket = UdpSocket::bind("192.0.2.10:0")?;
                let service = if number.is_multiple_of(10) { STICKY } else { UDP };
                socket.send_to(b"hello", service)?;
                Ok(socket)
            };
            let datagrams = (0..DATAGRAMS).map(send).collect::<Result<Vec<_>, Failure>>()?;
            Ok((sessions, datagrams))
        })?;
        let pair =
            Self { master, backups, _open: (sessions, datagrams, listeners), _topology: topology };
        // One template beside them.
        let expected = SESSIONS + DATAGRAMS + 1;
        wait::until("connections of the master", &expected, || Ok(table(&pair.master)?.len()))?;
        Ok(pair)
    }
}

/// The connections of a director by what identifies them, with what is left of their timeouts.
fn table(director: &Host) -> Result<BTreeMap<String, Duration>, Failure> {
    director.inside(|| {
        let entry = |connection: Connection<'_>| {
            let Connection { protocol, client, service, dest, state, expires, .. } = connection;
            (format!("{protocol} {client} {service} {dest} {state}"), expires)
        };
        Ok(listed::connections()?.into_iter().map(entry).collect())
    })
}

/// What the kernel counts at the destinations of a service: active, inactive, templates.
fn counted(director: &Host, service: &str) -> Result<(u32, u32, u32), Failure> {
    let service: ServiceKey = service.parse()?;
    director.inside(|| {
        let dests = Ipvs::open()?.dests(service)?;
        let sum = |of: fn(&ipvs_netlink::DestEntry) -> u32| dests.iter().map(of).sum();
        Ok((sum(|d| d.active), sum(|d| d.inactive), sum(|d| d.persistent)))
    })
}

/// Both have the same, and what came over expires with the original.
fn same(original: &Host, copy: &Host) -> Result<(), Failure> {
    let names = |table: &BTreeMap<String, Duration>| table.keys().cloned().collect::<Vec<_>>();
    let expected = names(&table(original)?);
    wait::until("connections of the copy", &expected, || Ok(names(&table(copy)?)))?;
    // Time has passed for both.
    let [before, now] = [table(original)?, table(copy)?];
    assert_eq!(names(&before), names(&now));
    for (name, left) in now {
        let before = before.get(&name).copied().unwrap_or_default();
        let apart = before.abs_diff(left);
        assert!(apart <= SLACK, "{name}: {before:?} there and {left:?} here");
    }
    // They are bound to the destinations, and UDP is not counted as active.
    let (sessions, datagrams) = (SESSIONS as u32, DATAGRAMS as u32);
    assert_eq!(counted(copy, &format!("tcp/{TCP}"))?, (sessions, 0, 0));
    assert_eq!(counted(copy, &format!("udp/{UDP}"))?, (0, datagrams - datagrams / 10, 0));
    assert_eq!(counted(copy, &format!("udp/{STICKY}"))?, (0, datagrams / 10, 1));
    Ok(())
}

fn resync(ctx: &mut Ctx) -> Result<(), Failure> {
    let pair = Pair::build(ctx)?;
    let Pair { master, backups: [old, new], .. } = &pair;
    let daemon = "ipvsadm-c --start-daemon";
    old.run(&format!("{daemon} backup --mcast-interface eth0 --syncid 7"))?;
    // Nothing is sent of connections that rest.
    master.run(&format!("{daemon} master --mcast-interface eth2 --syncid 7"))?;
    let dry = master.run("ipvs-syncd send bulk --dry-run")?;
    assert!(
        dry.starts_with("would send to 224.0.0.81:8848 on eth2, sync id 7, version 1"),
        "{dry}"
    );
    assert_eq!(table(old)?.len(), 0);
    master.run("ipvs-syncd send bulk --rate 2000 --repeat 2")?;
    same(master, old)?;
    // The backup dies; another has to begin with nothing.
    ctx.run(&format!("ip netns del {}", old.namespace()))?;
    new.run(&format!("{daemon} backup --mcast-interface eth0 --syncid 7"))?;
    assert_eq!(table(new)?.len(), 0);
    master.run("ipvs-syncd -B --rate 2000 --repeat 2")?;
    same(master, new)?;
    // Of another group it takes nothing, of a part only that.
    let chosen = master.run("ipvs-syncd -B --dry-run --protocol tcp")?;
    assert!(chosen.contains(&format!(": {SESSIONS} connections, 0 templates;")), "{chosen}");
    Ok(())
}

fn checkpoint(ctx: &mut Ctx) -> Result<(), Failure> {
    let pair = Pair::build(ctx)?;
    let (master, new) = (&pair.master, &pair.backups[0]);
    let file = ctx.directory().join("conns.json");
    let file = file.display();
    master.run(&format!("ipvs-syncd send checkpoint {file}"))?;
    let replayed = new.run(&format!("ipvs-syncd send replay {file} --local"))?;
    assert!(replayed.ends_with("all arrived\n"), "{replayed}");
    same(master, new)?;
    // What is there stays, as it is.
    let count = SESSIONS + DATAGRAMS + 1;
    let again = new.run(&format!("ipvsadm conn restore {file}"))?;
    assert!(again.ends_with(&format!("there already {count}\n")), "{again}");
    assert_eq!(new.run("ipvsadm-c -L --daemon")?, "");
    // From outside, by the name of the namespace.
    let other = &pair.backups[1];
    let line = format!("ipvsadm conn restore {file} --netns {}", other.namespace());
    assert!(ctx.run(&format!("{line} --dry-run"))?.contains(&format!("would change {count} of")));
    assert_eq!(table(other)?.len(), 0);
    assert!(ctx.run(&line)?.ends_with(&format!("restored {count}\n")));
    same(master, other)?;
    assert_eq!(other.run("ipvsadm-c -L --daemon")?, "");
    // A connection that the kernel does not take is told, with a status of its own: `sip` data whose
    // engine is not loaded.
    let line = format!(
        "sed 's/\"engine_name\":null,\"engine_data\":null/\"engine_name\":\"none\",\
         \"engine_data\":\"x\"/; s/\"client\":\"192.0.2.10:/\"client\":\"192.0.2.11:/' {file} > \
         {file}.bad && ipvs-syncd send replay {file}.bad --local"
    );
    let refused = other.cmd(&line)?;
    assert_eq!(refused.status, 4, "{}{}", refused.text(), refused.error_text());
    assert!(refused.text().contains("did not arrive"), "{}", refused.text());
    assert_eq!(other.run("ipvsadm-c -L --daemon")?, "");
    Ok(())
}

fn running_daemons(ctx: &mut Ctx) -> Result<(), Failure> {
    let pair = Pair::build(ctx)?;
    let (master, [first, second]) = (&pair.master, &pair.backups);
    let daemon = "ipvsadm-c --start-daemon";
    for backup in [first, second] {
        backup.run(&format!("{daemon} backup --mcast-interface eth0 --syncid 7"))?;
    }
    let file = ctx.directory().join("conns.json");
    let file = file.display();
    master.run(&format!("ipvs-syncd send checkpoint {file}"))?;
    let before = first.run("ipvsadm-c -L --daemon")?;
    first.run(&format!("ipvs-syncd send replay {file} --local"))?;
    same(master, first)?;
    assert_eq!(first.run("ipvsadm-c -L --daemon")?, before);
    // The neighbour with the same sync id on the same wire has heard nothing.
    assert_eq!(table(second)?.len(), 0);
    Ok(())
}

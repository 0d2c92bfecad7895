// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd monitor` and `coverage`: what a kernel's master sends, and what its backup has of it.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ipvs_proc::Connection;
use serde_json::Value;

use crate::case::{Case, Failure};
use crate::command;
use crate::ctx::Ctx;
use crate::listed;
use crate::topology::{Host, Topology};
use crate::wait;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("sync::coverage_is_what_both_tables_say", coverage).timeout(600),
    Case::new("sync::two_masters_and_a_spoofed_sender_raise_their_alarms", alarms).timeout(600),
    Case::new("sync::a_fast_master_is_followed_without_a_loss", fast).timeout(900),
];

const SERVICE: &str = "192.0.2.1:9";
/// The clients of a flood: any of these addresses is the director's own.
const CLIENTS: u32 = u32::from_be_bytes([10, 77, 0, 0]);
/// Connections through a segment that loses one datagram in twenty.
const CONNECTIONS: u32 = 3000;
/// Connections as fast as they come.
const MANY: u32 = 60_000;
/// A master gathers entries for two seconds, and sends what it has then.
const GATHERED: Duration = Duration::from_secs(4);
/// How long a monitor may run.
const LONG: Duration = Duration::from_secs(800);

/// Two directors that may be masters, and one that is their backup, on a segment.
struct Segment {
    directors: [Host; 2],
    backup: Host,
    _topology: Topology,
}

impl Segment {
    fn build(ctx: &mut Ctx) -> Result<Self, Failure> {
        let mut topology = ctx.topology();
        let directors = [topology.host("m1")?, topology.host("m2")?];
        let backup = topology.host("b")?;
        topology.segment(
            "sync",
            &[
                (&directors[0], "eth0", &["198.51.100.1/24"]),
                (&directors[1], "eth0", &["198.51.100.2/24"]),
                (&backup, "eth0", &["198.51.100.3/24"]),
            ],
        )?;
        for director in &directors {
            director.ip("address add 192.0.2.1/32 dev lo\nroute add local 10.77.0.0/16 dev lo")?;
            director.run(&format!(
                "ipvsadm-c -A -u {SERVICE} -s rr && ipvsadm-c -a -u {SERVICE} -r 127.0.0.1:9 -m"
            ))?;
            // Each packet's connection is sent.
            director.sysctl("net.ipv4.vs.sync_threshold", "0 1")?;
        }
        Ok(Self { directors, backup, _topology: topology })
    }
}

fn start(director: &Host, role: &str, options: &str) -> Result<(), Failure> {
    let line = format!("ipvsadm-c --start-daemon {role} --mcast-interface eth0 --syncid 7");
    director.run(&format!("{line} {options}")).map(drop)
}

/// UDP connections through a director, each from an address of its own.
fn connect(director: &Host, clients: std::ops::Range<u32>) -> Result<(), Failure> {
    director.inside(|| {
        for client in clients {
            let socket = UdpSocket::bind((Ipv4Addr::from_bits(CLIENTS + client), 1000))?;
            socket.send_to(b"hello", SERVICE)?;
        }
        Ok(())
    })
}

/// What tells connections apart, with their destinations.
fn table(director: &Host) -> Result<BTreeSet<String>, Failure> {
    director.inside(|| {
        let text = |Connection { protocol, client, service, dest, .. }: &Connection<'_>| {
            format!("{protocol} {client} {service} {dest}")
        };
        Ok(listed::connections()?.iter().map(text).collect())
    })
}

/// What a monitor told so far, line by line.
fn told(file: &Path) -> Result<Vec<Value>, Failure> {
    let text = fs::read_to_string(file).unwrap_or_default();
    // The last line may not be whole yet.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

pub(super) fn events(lines: &[Value], name: &str) -> Vec<Value> {
    lines.iter().filter(|line| line["event"] == name).cloned().collect()
}

/// Has a monitor run on a host while `work` is done, which can look into what it tells. Returns all
/// that it told.
pub(super) fn monitored(
    ctx: &Ctx,
    host: &Host,
    options: &str,
    work: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<Vec<Value>, Failure> {
    let file = ctx.directory().join("monitor.json");
    let shown = file.display();
    let line = format!(
        "echo $$ > {shown}.pid; exec ipvs-syncd monitor --json --no-messages --interval 1 {options} \
         > {shown}"
    );
    thread::scope(|scope| {
        let monitor = scope.spawn(|| host.inside(|| command::run(&line, &[], LONG)));
        let done = wait::until("a monitor that listens", &true, || {
            Ok(monitor.is_finished() || !told(&file)?.is_empty())
        })
        .and_then(|()| work(&file));
        let _ = ctx.cmd(&format!("kill -TERM $(cat {shown}.pid)"));
        let ended = monitor.join().map_err(|_| Failure::new("the monitor's thread panicked"))?;
        ended?.success()?;
        done
    })?;
    told(&file)
}

fn coverage(ctx: &mut Ctx) -> Result<(), Failure> {
    let segment = Segment::build(ctx)?;
    let Segment { directors: [master, _], backup, .. } = &segment;
    // Five connections in a datagram, so that there are some hundred of them to lose.
    start(backup, "backup", "")?;
    start(master, "master", "--sync-maxlen 200")?;
    master.run("tc qdisc add dev eth0 root netem loss 5%")?;
    let sides = format!("--master-netns {}", master.namespace());
    let options = format!("-i eth0 --coverage --coverage-interval 2 {sides}");
    let expected = u64::from(CONNECTIONS);
    let lines = monitored(ctx, backup, &options, |file| {
        connect(master, 0..CONNECTIONS)?;
        thread::sleep(GATHERED);
        // Two more, of which one at least began after all had come.
        let seen = events(&told(file)?, "coverage").len();
        wait::until("comparisons", &true, || Ok(events(&told(file)?, "coverage").len() >= seen + 2))
    })?;
    let (all, held) = (table(master)?, table(backup)?);
    assert_eq!(all.len(), CONNECTIONS as usize);
    let truth = all.intersection(&held).count() as f64 * 100.0 / all.len() as f64;
    assert!((50.0..100.0).contains(&truth), "a loss of 5 % gave {truth} %");

    let last = events(&lines, "coverage").pop().unwrap_or_default();
    let [live, wire] = [&last["coverage"], &last["coverage"]["wire"]];
    let once = backup.run(&format!("ipvs-syncd coverage --json {sides}"))?;
    let once: Value = serde_json::from_str(&once)?;
    for (what, found) in [("monitor", live), ("coverage", &once["coverage"])] {
        let percent = found["percent"].as_f64().unwrap_or(-1.0);
        println!("{what}: {percent:.2} % where the tables say {truth:.2} %");
        assert!((percent - truth).abs() <= 2.0, "{what}: {percent} %, not {truth} %");
        assert_eq!(found["expected"], expected, "{what}");
    }
    // Lost before the wire: the monitor did not hear it either.
    let missing = live["missing"].as_f64().unwrap_or(-1.0);
    let unheard = wire["missing_unheard"].as_f64().unwrap_or(-1.0);
    assert!((missing - unheard).abs() <= 0.02 * expected as f64, "{live}");
    let lacking = &live["missing_services"];
    assert_eq!(lacking, &serde_json::json!([format!("udp/{SERVICE}")]), "{live}");
    // Enough, and too little.
    for (least, status) in [("1", 0), ("100", 3)] {
        let line = format!("ipvs-syncd coverage {sides} --min-coverage {least}");
        assert_eq!(backup.cmd(&line)?.status, status, "{line}");
    }
    Ok(())
}

fn alarms(ctx: &mut Ctx) -> Result<(), Failure> {
    let segment = Segment::build(ctx)?;
    let Segment { directors: [one, two], backup, .. } = &segment;
    start(backup, "backup", "")?;
    start(one, "master", "")?;
    let names = |lines: &[Value]| -> BTreeSet<String> {
        let alarms = events(lines, "alarm");
        alarms.iter().filter_map(|alarm| Some(alarm["alarm"].as_str()?.to_owned())).collect()
    };
    let known = "--known-sender 198.51.100.1 --known-sender 198.51.100.2 --sync-id 7";
    // The monitor finds the backup's interface by itself.
    let lines = monitored(ctx, backup, known, |file| {
        connect(one, 0..10)?;
        thread::sleep(GATHERED);
        assert_eq!(names(&told(file)?), BTreeSet::new(), "one master is no alarm");
        start(two, "master", "")?;
        for round in 1..=3 {
            for (master, clients) in [(two, 1000), (one, 2000)] {
                connect(master, clients + 10 * round..clients + 10 * round + 10)?;
                thread::sleep(GATHERED);
            }
        }
        let alarm = BTreeSet::from(["two_masters".to_owned()]);
        wait::until("alarms", &alarm, || Ok(names(&told(file)?)))?;
        // An empty message of sync id 7, with an address that is nobody's.
        two.ip("address add 198.51.100.66/24 dev eth0\nroute add 224.0.0.0/4 dev eth0 src 198.51.100.66")?;
        two.run(r"printf '\0\7\0\10\0\1\0\0' > /dev/udp/224.0.0.81/8848")?;
        let both = BTreeSet::from(["two_masters".to_owned(), "unknown_sender".to_owned()]);
        wait::until("alarms", &both, || Ok(names(&told(file)?)))
    })?;
    let spoofed = events(&lines, "alarm").into_iter().find(|one| one["alarm"] == "unknown_sender");
    assert_eq!(spoofed.unwrap_or_default()["sender"], "198.51.100.66");
    Ok(())
}

fn fast(ctx: &mut Ctx) -> Result<(), Failure> {
    let segment = Segment::build(ctx)?;
    let [master, _] = &segment.directors;
    start(master, "master", "")?;
    let mut rate = 0.0;
    // On the master's own host, and therefore on the wire.
    let lines = monitored(ctx, master, "--max-connections 200000", |_| {
        let start = Instant::now();
        connect(master, 0..MANY)?;
        rate = f64::from(MANY) / start.elapsed().as_secs_f64();
        thread::sleep(GATHERED);
        Ok(())
    })?;
    let last = events(&lines, "summary").pop().unwrap_or_default();
    let sent = last["streams"][0]["connections"].as_u64().unwrap_or(0);
    println!("{rate:.0} connections/s made, {sent} of {MANY} heard");
    assert_eq!(last["reception"]["lost"], 0, "{last}");
    assert_eq!(last["reception"]["fragmented"], 0, "{last}");
    // The master itself drops what its queue does not hold, and tells nobody.
    assert!(sent >= u64::from(MANY) * 9 / 10, "{sent} of {MANY}");
    Ok(())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Coverage: its laws, and what the tables of a master and a backup look like.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use ipvs_netlink::{DestEntry, ServiceEntry, ServiceTable};
use ipvs_proc::{Connection as Listed, Connections, Document as _, Layout};
use ipvs_syncd::coverage::{
    Coverage, CoverageError, Expected, Holdings, MasterRules, Source, Tables, Wire, compare,
};
use ipvs_syncd::table::Directory;
use ipvs_syncd::tracker::{Tracker, Watch};
use ipvs_syncd::{Connection, Encoder, Version};
use ipvs_types::{DestConfig, Forward, Persistence, Protocol, Scheduler, ServiceConfig, TcpState};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

const PLAIN: &str =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData";
const SYNC: &str = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires";

/// A line of either file.
#[derive(Debug, Clone)]
struct Row {
    protocol: &'static str,
    client: u32,
    port: u16,
    dest: u8,
    state: &'static str,
    expires: u32,
    engine: Option<String>,
    origin: &'static str,
}

impl Row {
    fn line(&self, layout: Layout) -> String {
        let Self { protocol, client, port, dest, state, expires, engine, origin } = self;
        let head = format!(
            "{protocol:<3} {client:08X} {port:04X} C0000201 0050 0A0100{dest:02X} 0050 {state:<11}"
        );
        match layout {
            Layout::Plain => {
                let engine = engine.iter().map(|data| format!(" sip {data}")).collect::<String>();
                format!("{head} {expires:7}{engine}\n")
            }
            Layout::Sync => format!("{head} {origin:<6} {expires:7}\n"),
        }
    }
}

fn row(client: u32) -> Row {
    Row {
        protocol: "TCP",
        client,
        port: 1000,
        dest: 2,
        state: "ESTABLISHED",
        expires: 800,
        engine: None,
        origin: "SYNC",
    }
}

fn text(rows: &[Row], layout: Layout) -> String {
    let heading = if layout == Layout::Plain { PLAIN } else { SYNC };
    let lines = rows.iter().map(|row| row.line(layout));
    [format!("{heading}\n")].into_iter().chain(lines).collect()
}

fn each(rows: &[Row], layout: Layout, mut each: impl FnMut(&Listed<'_>)) {
    for connection in Connections::new(text(rows, layout).as_bytes(), layout) {
        each(&connection.expect("the kernel's form"));
    }
}

fn compared(master: &[Row], backup: &[Row], wire: Option<Wire<'_>>) -> Coverage {
    let (mut expected, mut holdings) = (Expected::default(), Holdings::default());
    let services = Directory::default();
    each(master, Layout::Plain, |row| expected.add(row, &services, MasterRules::default()));
    each(backup, Layout::Plain, |row| holdings.engine(row));
    each(backup, Layout::Sync, |row| holdings.add(row, &services));
    compare(&expected, holdings, wire)
}

/// `[expected, held, local, elsewhere, missing, extra]`
fn tally(coverage: &Coverage) -> [u64; 6] {
    let total = coverage.total;
    [total.expected, total.held, total.local, total.elsewhere, total.missing, total.extra]
}

/// Connections that a master sends, each with a client of its own.
fn sent() -> impl Strategy<Value = Vec<Row>> {
    let kinds = [
        ("TCP", 1000, "ESTABLISHED", 900),
        ("TCP", 1001, "TIME_WAIT", 120),
        ("UDP", 1002, "UDP", 300),
        ("TCP", 0, "ASSURED", 360),
        ("TCP", 0, "NONE", 360),
    ];
    let one = (any::<Index>(), 2..9u8, any::<Index>());
    prop::collection::vec(one, 0..40).prop_map(move |all| {
        let clients = 0x0a00_0000u32..;
        let rows = clients.zip(all).map(|(client, (kind, dest, left))| {
            let (protocol, port, state, whole) = *kind.get(&kinds);
            let expires = left.index(whole as usize + 1) as u32;
            Row { protocol, port, dest, state, expires, ..row(client) }
        });
        rows.collect()
    })
}

fn sent_and_some() -> impl Strategy<Value = (Vec<Row>, Vec<Row>)> {
    sent().prop_flat_map(|all| {
        let length = all.len();
        (Just(all.clone()), subsequence(all, 0..=length))
    })
}

proptest! {
    #[test]
    fn equal_tables_are_covered(rows in sent()) {
        let coverage = compared(&rows, &rows, None);
        let all = rows.len() as u64;
        prop_assert_eq!(tally(&coverage), [all, all, 0, 0, 0, 0]);
        prop_assert_eq!(coverage.total.percent(), 100.0);
    }

    #[test]
    fn what_is_removed_is_missing((rows, some) in sent_and_some()) {
        let (all, left) = (rows.len() as u64, some.len() as u64);
        let coverage = compared(&rows, &some, None);
        prop_assert_eq!(tally(&coverage), [all, left, 0, 0, all - left, 0]);
        let lag = coverage.lag;
        let timed: u64 = lag.seconds.steps().map(|(_, count)| count).sum();
        prop_assert_eq!(timed + lag.unknown, all - left);
        prop_assert!(lag.on_the_way <= timed);
        // The other way round, it is not the master's.
        prop_assert_eq!(tally(&compared(&some, &rows, None)), [left, left, 0, 0, 0, all - left]);
    }

    #[test]
    fn another_destination_is_no_cover((rows, some) in sent_and_some()) {
        let (all, moved) = (rows.len() as u64, some.len() as u64);
        let clients: Vec<_> = some.iter().map(|row| row.client).collect();
        let mut backup = rows.clone();
        backup.iter_mut().filter(|row| clients.contains(&row.client)).for_each(|row| row.dest = 99);
        let expected = [all, all - moved, 0, moved, 0, 0];
        prop_assert_eq!(tally(&compared(&rows, &backup, None)), expected);
    }

    #[test]
    fn order_means_nothing_and_services_add_up((rows, some) in sent_and_some()) {
        let (coverage, mut turned) = (compared(&rows, &some, None), rows);
        turned.reverse();
        prop_assert_eq!(&compared(&turned, &some, None), &coverage);
        let services = &coverage.services;
        prop_assert_eq!(services.iter().map(|one| one.tally.expected).sum::<u64>(), coverage.total.expected);
        prop_assert_eq!(services.iter().map(|one| one.tally.missing).sum::<u64>(), coverage.total.missing);
    }

    #[test]
    fn own_connections_of_the_backup_are_held_and_never_extra((rows, some) in sent_and_some()) {
        let local = |rows: Vec<Row>| -> Vec<_> {
            rows.into_iter().map(|row| Row { origin: "LOCAL", ..row }).collect()
        };
        let (all, left) = (rows.len() as u64, some.len() as u64);
        let backup = local(rows.clone());
        prop_assert_eq!(tally(&compared(&rows, &backup, None)), [all, all, all, 0, 0, 0]);
        prop_assert_eq!(tally(&compared(&some, &backup, None)), [left, left, left, 0, 0, 0]);
    }

    #[test]
    fn no_json_export_panics(text in "\\{?\\PC*") {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("export");
        fs::write(&path, text).expect("written");
        let _ = Tables::read(&Source::File(path.clone()), &Source::File(path));
    }
}

#[test]
fn states_that_are_never_sent_are_not_expected() {
    let states = ["SYN_RECV", "SYN_SENT", "LAST_ACK", "LISTEN", "SYNACK"];
    let rows: Vec<_> =
        (1..).zip(states).map(|(client, state)| Row { state, ..row(client) }).collect();
    let coverage = compared(&rows, &[], None);
    assert_eq!((tally(&coverage), coverage.withheld), ([0; 6], 5));
    assert_eq!(coverage.total.percent(), 100.0);
    // The backup can't have them from this master.
    assert_eq!(tally(&compared(&rows, &rows, None)), [0, 0, 0, 0, 0, 5]);
}

#[test]
fn settings_of_the_master_decide_what_is_sent() {
    let v6 = "UDP fd01:0000:0000:0000:0000:0000:0000:0001 1000 \
              fd01:0000:0000:0000:0000:0000:0000:0100 0050 \
              fd01:0000:0000:0000:0000:0000:0000:0002 0050 UDP             200";
    let listed = Listed::parse(v6.as_bytes(), Layout::Plain).expect("the kernel's form");
    for (version, expected) in [(Version::V1, 1), (Version::V0, 0)] {
        let (mut rules, mut table) = (MasterRules::default(), Expected::default());
        rules.version = version;
        table.add(&listed, &Directory::default(), rules);
        assert_eq!(table.len(), expected, "{version:?}");
    }

    let once = ServiceConfig::new(Scheduler::RR);
    let persistent = once.persistence(Persistence::new(Duration::from_secs(360)));
    for (config, expected) in [(once, 2), (persistent, 1)] {
        let persistence = config.persistence;
        let key = "tcp/192.0.2.1:80".parse().expect("a service");
        let server = "10.1.0.2:80".parse().expect("a server");
        let dest = DestEntry::new(server, DestConfig::new(Forward::Masq));
        let service = ServiceEntry::new(key, config);
        let services = vec![ServiceTable { service, dests: vec![dest] }];
        let directory = Directory::from(&ipvs_netlink::Table { services });
        let (mut rules, mut table) = (MasterRules::default(), Expected::default());
        rules.templates_only = true;
        let template = Row { port: 0, state: "NONE", ..row(2) };
        each(&[row(1), template], Layout::Plain, |row| table.add(row, &directory, rules));
        assert_eq!(table.len(), expected, "{persistence:?}");
    }
}

#[test]
fn members_of_templates_are_known_from_the_unprivileged_table_too() {
    for (persistent, expected) in [("", 2), (" persistent 90000 FFFFFFFF", 1)] {
        let text = format!(
            "IP Virtual Server version 1.2.1 (size=4096)\n\
             Prot LocalAddress:Port Scheduler Flags\n\
             \u{20} -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n\
             TCP  C0000201:0050 rr{persistent}\n\
             \u{20} -> 0A010002:0050      Masq    1      0          0\n"
        );
        let listing = ipvs_proc::Table::parse(&text).expect("a table");
        let directory = Directory::from(&listing);
        let (mut rules, mut table) = (MasterRules::default(), Expected::default());
        rules.templates_only = true;
        let template = Row { port: 0, state: "NONE", ..row(2) };
        each(&[row(1), template], Layout::Plain, |row| table.add(row, &directory, rules));
        assert_eq!(table.len(), expected, "{persistent}");
    }
}

#[test]
fn how_late_is_since_the_last_packet() {
    let left = |client, expires| Row { expires, ..row(client) };
    let rows = [left(1, 900), left(2, 898), left(3, 890), left(4, 1)];
    let lag = compared(&rows, &[], None).lag;
    assert_eq!((lag.on_the_way, lag.unknown), (2, 0));
    assert_eq!(lag.longest, Some(Duration::from_secs(899)));
    let filled: Vec<_> = lag.seconds.steps().filter(|(_, count)| *count > 0).collect();
    assert_eq!(filled, [(Some(1), 1), (Some(3), 1), (Some(10), 1), (Some(900), 1)]);
}

#[test]
fn templates_of_an_engine_are_told_apart_by_their_data() {
    let call = |data: &str, dest| Row {
        protocol: "UDP",
        port: 0,
        dest,
        state: "ASSURED",
        engine: Some(data.to_owned()),
        ..row(1)
    };
    let master = [call("one", 2), call("two", 2), call("three", 3)];
    assert_eq!(tally(&compared(&master, &master, None)), [3, 3, 0, 0, 0, 0]);
    // Of three calls of one client the backup has one, and one that is over.
    let backup = [call("two", 2), call("old", 2)];
    assert_eq!(tally(&compared(&master, &backup, None)), [3, 1, 0, 0, 2, 1]);
    // Without the data their number decides.
    let bare: Vec<_> = backup.iter().map(|row| Row { engine: None, ..row.clone() }).collect();
    assert_eq!(tally(&compared(&master, &bare, None)), [3, 2, 0, 0, 1, 0]);
}

#[test]
fn the_wire_tells_on_which_side_something_was_lost() {
    let socket = |client, port| SocketAddr::new(IpAddr::V4(Ipv4Addr::from_bits(client)), port);
    let mut tracker = Tracker::new(Watch::default());
    for client in 1..=3 {
        let mut encoder = Encoder::new(Version::V1, 7);
        let (service, dest) = (socket(0xc000_0201, 80), socket(0x0a01_0002, 80));
        let connection = Connection::new(Protocol::TCP, socket(client, 1000), service, dest)
            .expect("one family")
            .state(TcpState::Established.number());
        assert_eq!(encoder.push(&connection), Ok(None));
        let (time, group) = (Duration::from_secs(client.into()), "224.0.0.81:8848");
        let bytes = encoder.finish().expect("an entry");
        tracker.receive(time, Ipv4Addr::LOCALHOST.into(), group.parse().expect("a group"), &bytes);
    }
    tracker.tick(Duration::from_secs(10));
    // Heard are 1, 2, 3; the backup has 1, 2, 4; 5 is nowhere.
    let master: Vec<_> = (1..=5).map(row).collect();
    let backup = [row(1), row(2), row(4)];
    for (sync_id, numbers) in [(Some(7), [3, 1, 1]), (None, [3, 1, 1]), (Some(8), [0, 0, 2])] {
        let coverage = compared(&master, &backup, Some(Wire { tracker: &tracker, sync_id }));
        let wire = coverage.wire.expect("somebody listened");
        assert_eq!([wire.heard, wire.missing_heard, wire.missing_unheard], numbers, "{sync_id:?}");
        let oldest = (sync_id != Some(8)).then_some(Duration::from_secs(9));
        assert_eq!(wire.oldest_refresh, oldest);
    }
}

/// A directory in the place of `/proc`, and its two files.
fn copies(dir: &Path, rows: &[Row], services: Option<&str>) -> Source {
    fs::create_dir_all(dir.join("net")).expect("made");
    let write = |name: &str, text: &str| fs::write(dir.join("net").join(name), text).expect(name);
    write("ip_vs_conn", &text(rows, Layout::Plain));
    write("ip_vs_conn_sync", &text(rows, Layout::Sync));
    if let Some(services) = services {
        let heading = "IP Virtual Server version 1.2.1 (size=4096)\n\
                       Prot LocalAddress:Port Scheduler Flags\n  \
                       -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
        write("ip_vs", &format!("{heading}{services}"));
    }
    Source::Root(dir.into())
}

#[test]
fn copies_and_exports_are_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let rows: Vec<_> = (1..=4).map(row).collect();
    let master =
        copies(&dir.path().join("m"), &rows, Some("TCP  C0000201:0050 rr  \nFWM  00000007 rr  \n"));
    let backup = copies(&dir.path().join("b"), &rows[1..], Some("TCP  C0000201:0050 rr  \n"));
    let coverage = Tables::read(&master, &backup).expect("readable").compare(None);
    assert_eq!(tally(&coverage), [4, 3, 0, 0, 1, 0]);
    let missing = coverage.missing_services.expect("both are known");
    assert_eq!(missing, ["fwmark/7".parse().expect("a service")]);

    // The same as text, and as `ipvsadm proc conns --json` prints it.
    let plain = Source::File(dir.path().join("b/net/ip_vs_conn_sync"));
    let mut records = Vec::new();
    each(&rows[..2], Layout::Sync, |row| {
        records.push(serde_json::to_value(row).expect("a value"));
    });
    let export = dir.path().join("export.json");
    let json = serde_json::json!({ "schema": 1, "connections": records });
    fs::write(&export, json.to_string()).expect("written");
    for (backup, numbers) in
        [(plain, [4, 3, 0, 0, 1, 0]), (Source::File(export), [4, 2, 0, 0, 2, 0])]
    {
        let coverage = Tables::read(&master, &backup).expect("readable").compare(None);
        assert_eq!((tally(&coverage), coverage.missing_services), (numbers, None), "{backup:?}");
    }
}

#[test]
fn what_a_copy_repeats_counts_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let call = |data: &str| Row {
        protocol: "UDP",
        port: 0,
        state: "ASSURED",
        engine: Some(data.to_owned()),
        ..row(9)
    };
    let connecting = Row { state: "SYN_RECV", ..row(3) };
    let rows = [row(1), row(2), connecting, call("one"), call("two")];
    let twice = [&rows[..], &rows[..]].concat();
    let master = copies(&dir.path().join("m"), &twice, None);
    // It has the second connection at another destination, which it lists twice, and both calls.
    let moved = Row { dest: 5, ..row(2) };
    let held = [moved.clone(), moved, call("one"), call("two"), call("one"), row(7), row(7)];
    let backup = copies(&dir.path().join("b"), &held, None);
    let coverage = Tables::read(&master, &backup).expect("readable").compare(None);
    assert_eq!((tally(&coverage), coverage.withheld), ([4, 2, 0, 1, 1, 1], 1));
    // Where nothing shows what tells the calls apart, their number decides.
    let sync = Source::File(dir.path().join("b/net/ip_vs_conn_sync"));
    let coverage = Tables::read(&master, &sync).expect("readable").compare(None);
    assert_eq!(tally(&coverage), [4, 2, 0, 1, 1, 2]);
}

#[test]
fn what_can_not_be_read_says_where() {
    let dir = tempfile::tempdir().expect("a directory");
    let error = |text: &str| {
        let path = dir.path().join("x.json");
        fs::write(&path, text).expect("written");
        let error =
            Tables::read(&Source::File(path.clone()), &Source::Here).expect_err("unreadable");
        error.to_string().replace(&*dir.path().to_string_lossy(), "")
    };
    assert_eq!(
        error("{\"schema\": 1,\n \"connections\": [1]}"),
        "/x.json: neither `ipvsadm proc conns --json` nor a copy of ip_vs_conn: invalid type: \
         integer `1`, expected struct Connection at line 2 column 19"
    );
    assert_eq!(
        error("{\"schema\": 2, \"connections\": []}"),
        "/x.json: schema 2, where this program knows only 1"
    );
    let nowhere = Source::Root(dir.path().join("none"));
    assert!(matches!(Tables::read(&nowhere, &Source::Here), Err(CoverageError::Open(_))));
}

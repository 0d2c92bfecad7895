// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program: `ipvs-syncd send`, with copies of a director's files. What needs a kernel with IPVS is
//! tested in virtual machines.

#[path = "support/wire.rs"]
mod wire;

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use ipvs_syncd::{Connection, Datagram, Version};
use serde_json::Value;
use tempfile::TempDir;
use wire::{Wire, received};

const TABLE: &str = "\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0000201:0050 rr persistent 150000 FFFFFFFF
  -> 0A010002:0050      Masq    1      0          0
UDP  C0000201:0035 rr
  -> 0A010002:0035      Route   1      0          0
";
const HEADING: &str =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
/// What is open, beside what a master keeps to itself.
const OPEN: u16 = 100;

/// A director's files.
fn director() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let net = directory.path().join("net");
    fs::create_dir(&net).expect("a directory");
    fs::write(net.join("ip_vs"), TABLE).expect("written");
    let mut text = HEADING.to_owned();
    for port in 0..OPEN {
        text += &format!(
            "TCP 0A000001 {:04X} C0000201 0050 0A010002 0050 ESTABLISHED     {:>3}\n",
            40000 + port,
            600 + port
        );
    }
    text += "TCP 0A000001 0001 C0000201 0050 0A010002 0050 SYN_RECV         59\n\
             TCP 0A000001 0002 C0000201 0050 0A010002 0050 SYN_RECV         59\n\
             UDP 0A000001 0003 C0000201 0035 0A010002 0035 UDP             299\n\
             TCP 0A000001 0004 C0000201 0051 0A010009 0051 CLOSE             9\n\
             TCP 0A000001 0000 C0000201 0050 0A010002 0050 ASSURED         500\n\
             garbage\n";
    fs::write(net.join("ip_vs_conn"), text).expect("written");
    directory
}

struct Outcome {
    status: i32,
    stdout: String,
    stderr: String,
}

fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Outcome {
        status: output.status.code().expect("no signal"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn run(line: &[&str]) -> Outcome {
    outcome(Command::new(env!("CARGO_BIN_EXE_ipvs-syncd")).args(line))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one line of JSON")
}

#[test]
fn a_dry_run_counts_and_tells_reasons() {
    let director = director();
    let root = director.path().to_str().expect("text");
    let options = ["--root", root, "--interface", "none0", "--sync-id", "7", "--dry-run", "--json"];
    for verb in [&["send", "bulk"][..], &["send", "-B"], &["-B"]] {
        let counted = run(&[verb, &options].concat());
        assert_eq!((counted.status, &counted.stderr[..]), (0, ""), "{verb:?}");
        let counted = json(&counted.stdout);
        for (member, expected) in [
            ("schema", 1),
            ("templates", 1),
            ("connections", 102),
            ("unbound", 1),
            // One with the template, and what 40 to a datagram makes of 102.
            ("datagrams", 4),
            ("bad_lines", 1),
            ("sync_id", 7),
        ] {
            assert_eq!(counted[member], expected, "{member} of {counted}");
        }
        let skipped = counted["skipped"].as_object().expect("an object");
        assert_eq!(skipped.len(), 1, "{counted}");
        assert_eq!(skipped["in state SYN_RECV, in which a master sends nothing"], 2);
    }
    let chosen = run(&[&["-B"][..], &options, &["--state", "established,close"]].concat());
    assert_eq!(json(&chosen.stdout)["connections"], 101);
    let chosen = run(&[&["-B"][..], &options, &["--protocol", "UDP"]].concat());
    assert_eq!(json(&chosen.stdout)["connections"], 1);
    let text = run(&["-B", "--root", root, "--interface", "none0", "--sync-id", "7", "--dry-run"]);
    let expected = "would send to 224.0.0.81:8848 on none0, sync id 7, version 1: 102 connections, \
                    1 templates; 4 datagrams, ";
    assert!(text.stdout.starts_with(expected), "{}", text.stdout);
    assert!(text.stdout.contains("\n  left out 2: in state SYN_RECV"), "{}", text.stdout);
}

#[test]
fn all_that_a_backup_needs_goes_to_the_group() {
    let Some(wire) = Wire::new("bulk") else { return };
    let director = director();
    let group = "224.0.0.99:9000".parse().expect("a group");
    let backup = wire.listen(1, "eth0", Ipv4Addr::new(198, 51, 100, 2), group);
    let line = [
        "netns",
        "exec",
        &wire.hosts[0],
        env!("CARGO_BIN_EXE_ipvs-syncd"),
        "-B",
        "--root",
        director.path().to_str().expect("text"),
        "--interface",
        "eth0",
        "--sync-id",
        "7",
        "--group",
        "224.0.0.99",
        "--port",
        "9000",
        "--max-len",
        "1000",
        "--repeat",
        "2",
        "--timeouts",
        "left",
    ];
    let sent = outcome(Command::new("ip").args(line));
    assert_eq!((sent.status, &sent.stderr[..]), (0, ""), "{}", sent.stdout);
    let datagrams = received(&backup);
    let mut all: Vec<Connection<'_>> = Vec::new();
    for (bytes, _) in &datagrams {
        assert!(bytes.len() <= 1000);
        let datagram = Datagram::parse(bytes).expect("a message");
        let header = datagram.header();
        assert_eq!((header.sync_id, header.version), (7, Version::V1));
        all.extend(datagram.entries().map(|entry| entry.expect("readable").connection));
    }
    // Both passes, each with its template first.
    assert_eq!(all.len(), 206);
    let (first, second) = all.split_at(103);
    assert_eq!(first, second);
    assert!(first[0].is_template() && !first[1..].iter().any(Connection::is_template));
    let lines: HashSet<_> = first.iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 103);
    for expected in [
        "TCP 10.0.0.1:0 > 192.0.2.1:80 > 10.1.0.2:80 ASSURED masq 500s template inactive",
        "TCP 10.0.0.1:40099 > 192.0.2.1:80 > 10.1.0.2:80 ESTABLISHED masq 699s",
        "UDP 10.0.0.1:3 > 192.0.2.1:53 > 10.1.0.2:53 UDP route 299s no-output inactive",
    ] {
        assert!(lines.contains(expected), "{expected}");
    }
    assert_eq!(sent.stdout.lines().filter(|line| line.starts_with("sent to ")).count(), 2);
}

#[test]
fn a_checkpoint_is_whole_private_and_read_back() {
    let director = director();
    let root = director.path().to_str().expect("text");
    let file = director.path().join("conns.json");
    let path = file.to_str().expect("text");
    fs::write(&file, "an older one").expect("written");
    let written = run(&["send", "checkpoint", path, "--root", root, "--json"]);
    assert_eq!((written.status, &written.stderr[..]), (0, ""));
    assert_eq!(json(&written.stdout)["connections"], 102);
    let mode = fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Nothing else is left.
    assert_eq!(fs::read_dir(director.path()).expect("a directory").count(), 2);

    let checked = run(&["send", "replay", path, "--dry-run", "--json"]);
    assert_eq!((checked.status, &checked.stderr[..]), (0, ""));
    let checked = json(&checked.stdout);
    assert_eq!((&checked["templates"], &checked["connections"]), (&1.into(), &102.into()));

    // A minute later the shortest ones are over; the file says when it was.
    let text = fs::read_to_string(&file).expect("text");
    let first = text.lines().next().expect("a heading");
    let mut heading = json(first);
    let time = heading["checkpoint"]["time"].as_f64().expect("a number");
    heading["checkpoint"]["time"] = (time - 60.0).into();
    let older = text.replacen(first, &heading.to_string(), 1);
    assert_ne!(older, text);
    fs::write(&file, &older).expect("written");
    let checked = json(&run(&["send", "replay", path, "--dry-run", "--json"]).stdout);
    assert_eq!(checked["connections"], 101, "{checked}");
    assert_eq!(checked["skipped"]["expired since the checkpoint"], 1);

    // Damage is told with its place, before anything is sent.
    fs::write(&file, text.replace("10.0.0.1:40007", "10.0.0:40007")).expect("written");
    let refused = run(&["send", "replay", path]);
    let expected = format!("ipvs-syncd: {path}: line 9, column ");
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.starts_with(&expected), "{}", refused.stderr);
    assert_eq!(refused.stderr.lines().count(), 1);
}

#[test]
fn a_dry_run_counts_what_the_version_can_say() {
    let director = director();
    let (root, table) = (director.path(), director.path().join("net/ip_vs_conn"));
    let mut text = fs::read_to_string(&table).expect("a table");
    text += "TCP fd01:0000:0000:0000:0000:0000:0000:0002 9C44 \
             2001:0db8:0000:0000:0000:0000:0000:0100 0051 \
             fd02:0000:0000:0000:0000:0000:0000:0002 1F90 ESTABLISHED     800\n";
    fs::write(&table, text).expect("written");
    let file = root.join("conns.json").display().to_string();
    let written = run(&["send", "checkpoint", &file, "--root", &root.display().to_string()]);
    assert_eq!(written.status, 0, "{}", written.stderr);
    for (options, left_out) in
        [(&[][..], 0), (&["--sync-version", "1"], 0), (&["--sync-version", "0"], 1)]
    {
        let line = [&["send", "replay", &file, "--dry-run", "--json"], options].concat();
        let counted = json(&run(&line).stdout);
        assert_eq!(counted["connections"], 103 - left_out, "{counted}");
        let skipped = counted["skipped"].as_object().expect("an object");
        let skipped = skipped.values().filter_map(Value::as_u64);
        assert_eq!(skipped.sum::<u64>(), left_out, "{counted}");
    }
}

#[test]
fn time_that_reading_takes_is_not_subtracted_twice() {
    let director = director();
    let root = director.path().to_str().expect("text");
    let table = director.path().join("net/ip_vs_conn");
    let text = fs::read(&table).expect("a table");
    // A table that takes two seconds until its first line.
    fs::remove_file(&table).expect("removed");
    assert!(Command::new("mkfifo").arg(&table).status().expect("mkfifo runs").success());
    let slow = std::thread::spawn(move || {
        let mut pipe = fs::OpenOptions::new().write(true).open(table).expect("a reader");
        std::thread::sleep(Duration::from_secs(2));
        pipe.write_all(&text).expect("read");
    });
    let file = director.path().join("conns.json");
    let written = run(&["send", "checkpoint", file.to_str().expect("text"), "--root", root]);
    assert_eq!((written.status, &written.stderr[..]), (0, ""));
    slow.join().expect("all is read");
    let text = fs::read_to_string(&file).expect("text");
    let line = text.lines().find(|line| line.contains("10.0.0.1:40000\"")).expect("a connection");
    // When it was read, 600 were left.
    let left = json(line)["connection"]["timeout_seconds"].as_u64().expect("a number");
    assert!((602..610).contains(&left), "{left}");
}

#[test]
fn failures_are_one_line_with_a_remedy() {
    let director = director();
    let root = director.path().to_str().expect("text");
    for (line, status, expected) in [
        (&["-B", "--root", root][..], 1, "--interface and --sync-id are needed"),
        (&["-B", "--root", "/nonexistent"], 1, "there is no /nonexistent"),
        (
            &["-B", "--root", root, "--dest", "fwmark/1", "--interface", "lo", "--sync-id", "1"],
            2,
            "--dest takes an address",
        ),
        (&["-B", "--root", root, "--interface", "nosuch0", "--sync-id", "1"], 1, "see `ip link`"),
        (
            &["-B", "--root", root, "--interface", "lo", "--sync-id", "1", "--group", "10.0.0.1"],
            1,
            "10.0.0.1 is no multicast address",
        ),
        (&["-B", "--sync-version", "2"], 2, "0 or 1"),
        (&["-B", "--sync-id", "256"], 2, "256"),
        (&["send", "checkpoint", "/nonexistent/x", "--root", root], 1, "/nonexistent/x: No such"),
        (&["send", "replay", "/nonexistent/x"], 1, "/nonexistent/x: No such file"),
        (&["send", "replay", "x", "--local", "--interface", "lo"], 2, "cannot be used with"),
        (&["send"], 2, "subcommand"),
    ] {
        let failed = run(line);
        assert_eq!(failed.status, status, "{line:?}: {}", failed.stderr);
        assert!(failed.stderr.contains(expected), "{line:?}: {}", failed.stderr);
        assert_eq!(failed.stderr.lines().count(), 1, "{line:?}: {}", failed.stderr);
    }
}

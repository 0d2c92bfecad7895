// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program: `ipvs-syncd monitor` on live sockets in network namespaces, and `ipvs-syncd coverage`.

#[path = "support/network.rs"]
mod network;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use network::{Network, datagrams, group};
use serde_json::Value;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ipvs-syncd"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A monitor with `--json` on a host's eth0.
fn monitor(network: &Network, host: usize, arguments: &[&str]) -> Child {
    let all = ["monitor", "--json", "-i", "eth0", "--netns", network.name(host)];
    program(&[&all[..], arguments].concat()).spawn().expect("it runs")
}

fn lines(output: &Output) -> Vec<Value> {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().all(|line| line["schema"] == 1));
    lines
}

fn events<'l>(lines: &'l [Value], name: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["event"] == name).collect()
}

/// Sends the first datagram again and again until the monitor tells of something: then it listens.
fn await_ears(socket: &UdpSocket, monitor: &mut Child) -> BufReader<std::process::ChildStdout> {
    let mut out = BufReader::new(monitor.stdout.take().expect("a pipe"));
    let datagram = datagrams(1).remove(0);
    let socket = socket.try_clone().expect("a socket");
    let (told, waiting) = std::sync::mpsc::channel::<()>();
    let sender = thread::spawn(move || {
        while waiting.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            socket.send(&datagram).expect("sent");
            thread::sleep(Duration::from_millis(20));
        }
    });
    out.fill_buf().expect("output");
    drop(told);
    sender.join().expect("it ends");
    out
}

fn rest(mut monitor: Child, mut out: BufReader<std::process::ChildStdout>) -> (Vec<Value>, i32) {
    let mut stdout = Vec::new();
    std::io::Read::read_to_end(&mut out, &mut stdout).expect("output");
    let mut stderr = Vec::new();
    std::io::Read::read_to_end(&mut monitor.stderr.take().expect("a pipe"), &mut stderr)
        .expect("output");
    let status = monitor.wait().expect("it ends");
    (lines(&Output { status, stdout, stderr }), status.code().expect("no signal"))
}

fn signal(monitor: &Child, name: &str) {
    let pid = monitor.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().expect("kill").success());
}

#[test]
fn messages_alarms_and_summaries_are_told_until_a_signal() {
    let Some(network) = Network::new() else { return };
    let options = ["--interval", "1", "--known-sender", "10.9.9.9", "--fail-on-alarm"];
    let mut monitor = monitor(&network, 1, &options);
    let socket = network.sender(0, group());
    let out = await_ears(&socket, &mut monitor);
    thread::sleep(Duration::from_millis(2200));
    let told = Instant::now();
    signal(&monitor, "-TERM");
    let (lines, status) = rest(monitor, out);
    assert!(told.elapsed() < Duration::from_secs(5));
    assert_eq!(status, 3, "an alarm was raised");
    assert!(!events(&lines, "message").is_empty());
    let alarms = events(&lines, "alarm");
    assert_eq!((alarms.len(), &alarms[0]["alarm"]), (1, &Value::from("unknown_sender")));
    let summaries = events(&lines, "summary");
    assert!(summaries.len() >= 3, "{}", summaries.len());
    let (last, earlier) = summaries.split_last().expect("a last one");
    assert!(last["last"] == true && earlier.iter().all(|one| one["last"] == false));
    assert_eq!(last["messages"], events(&lines, "message").len());
    assert_eq!(last["reception"]["lost"], 0);
}

#[test]
fn a_monitor_ends_when_its_interface_does() {
    let Some(network) = Network::new() else { return };
    let mut monitor = monitor(&network, 1, &[]);
    let socket = network.sender(0, group());
    let _out = await_ears(&socket, &mut monitor);
    network.ip(1, "link del eth0");
    network.ip(1, "link add eth0 type veth peer name eth1");
    assert_eq!(monitor.wait().expect("it ends").code(), Some(1));
    let mut told = String::new();
    std::io::Read::read_to_string(&mut monitor.stderr.take().expect("a pipe"), &mut told)
        .expect("text");
    let gone = "the interface eth0 is gone, or was made anew: start again\n";
    assert!(told.ends_with(gone) && told.lines().count() == 1, "{told}");
}

#[test]
fn a_master_on_the_own_host_is_heard_on_the_wire() {
    let Some(network) = Network::new() else { return };
    let mut monitor = monitor(&network, 0, &["--wire", "--count", "1"]);
    let out = await_ears(&network.sender(0, group()), &mut monitor);
    let (lines, status) = rest(monitor, out);
    assert_eq!(
        (status, &events(&lines, "summary")[0]["streams"][0]["sync_id"]),
        (0, &Value::from(7))
    );
}

#[test]
fn a_flood_is_followed_without_a_loss() {
    let Some(network) = Network::new() else { return };
    let options = ["--no-messages", "--interval", "1", "--max-connections", "200000"];
    let mut monitor = monitor(&network, 1, &options);
    let socket = network.sender(0, group());
    let mut out = await_ears(&socket, &mut monitor);
    let all = datagrams(150_000);
    let start = Instant::now();
    for (number, datagram) in (0..).zip(&all) {
        let due = Duration::from_secs(3) * number / all.len() as u32;
        thread::sleep(due.saturating_sub(start.elapsed()));
        socket.send(datagram).expect("sent");
    }
    // A debug build on a busy machine may be behind: what waits in the socket is not lost.
    let mut held = Value::Null;
    while held != 150_000 && start.elapsed() < Duration::from_secs(60) {
        let mut line = String::new();
        out.read_line(&mut line).expect("a summary");
        held = serde_json::from_str::<Value>(&line).expect("JSON")["mirror"]["connections"].clone();
    }
    signal(&monitor, "-INT");
    let (lines, status) = rest(monitor, out);
    let last = *events(&lines, "summary").last().expect("a summary");
    assert_eq!(
        (status, &last["mirror"]["connections"], &last["reception"]["lost"]),
        (0, &150_000.into(), &0.into())
    );
    assert!(events(&lines, "message").is_empty());
}

#[test]
fn people_see_tables_at_the_end() {
    let Some(network) = Network::new() else { return };
    let arguments = ["monitor", "-i", "eth0", "--for", "2", "--netns", network.name(1)];
    let monitor = program(&arguments).spawn().expect("it runs");
    let socket = network.sender(0, group());
    for _ in 0..20 {
        socket.send(&datagrams(3)[0]).expect("sent");
        thread::sleep(Duration::from_millis(100));
    }
    let output = monitor.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(0), ""));
    for part in
        ["SENDER", "tcp/192.0.2.1:80", "3 connections and 0 templates", "0 lost by this monitor"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn faults_are_told_in_one_line_with_the_remedy() {
    let cases: [(&[&str], i32, &str); 6] = [
        (
            &["monitor", "-i", "none7"],
            1,
            "there is no interface none7 in this network namespace: see `ip link`",
        ),
        (
            &["monitor", "-i", "lo", "--group", "10.0.0.1"],
            1,
            "10.0.0.1 is no multicast group; the default is 224.0.0.81",
        ),
        (
            &["monitor", "-i", "lo", "--backup-netns", "x"],
            2,
            "tables are compared only with --coverage",
        ),
        (
            &["monitor", "-i", "lo", "--coverage"],
            2,
            "say where the other table is: --backup-netns, --backup-root or --backup-file on a master, \
             --master-netns and so on elsewhere (see --help)",
        ),
        (
            &["monitor", "--read", "x", "-i", "lo"],
            2,
            "the argument '--read <FILE>' cannot be used with '--interface <DEV>' (see --help)",
        ),
        (
            &["coverage", "--backup-root", "none"],
            1,
            "there is no none: does that process, or that directory, exist?",
        ),
    ];
    let dir = tempfile::tempdir().expect("a directory");
    copy(dir.path(), &[1]);
    for (arguments, status, text) in cases {
        let mut arguments = arguments.to_vec();
        if arguments[0] == "coverage" {
            arguments.extend(["--master-root", dir.path().to_str().expect("text")]);
        }
        let output = program(&arguments).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), stderr), (Some(status), format!("ipvs-syncd: {text}\n")));
    }
}

/// Copies of the files of a director with connections from these clients.
fn copy(dir: &Path, clients: &[u8]) {
    let net = dir.join("net");
    fs::create_dir_all(&net).expect("made");
    let write = |name: &str, heading: &str, origin: &str| {
        let line = |client| {
            format!(
                "TCP 0A0000{client:02X} 9C41 C0000201 0050 0A010002 0050 ESTABLISHED {origin}    890\n"
            )
        };
        let lines: String = clients.iter().map(line).collect();
        fs::write(net.join(name), format!("{heading}\n{lines}")).expect("written");
    };
    let plain = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData";
    let sync = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires";
    write("ip_vs_conn", plain, "");
    write("ip_vs_conn_sync", sync, "SYNC  ");
}

#[test]
fn coverage_of_copies() {
    let dir = tempfile::tempdir().expect("a directory");
    let [master, backup] = ["m", "b"].map(|name| dir.path().join(name));
    copy(&master, &[1, 2, 3, 4]);
    copy(&backup, &[1, 2, 3, 9]);
    let sides = [
        "--master-root",
        master.to_str().expect("text"),
        "--backup-root",
        backup.to_str().expect("text"),
    ];
    let run = |more: &[&str]| {
        program(&[&["coverage"], &sides[..], more].concat()).output().expect("it runs")
    };
    let json = run(&["--json"]);
    let value: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&value["schema"], &value["coverage"]["percent"]), (&1.into(), &75.0.into()));
    assert_eq!(
        (&value["coverage"]["missing"], &value["coverage"]["extra"]),
        (&1.into(), &1.into())
    );
    let table = run(&[]);
    assert_eq!(
        String::from_utf8_lossy(&table.stdout),
        "SERVICE           COVERAGE  EXPECTED  HELD  ELSEWHERE  MISSING  EXTRA\n\
         tcp/192.0.2.1:80   75.00 %         4     3          0        1      1\n\
         all                75.00 %         4     3          0        1      1\n\
         \n\
         missing: 0 may be on their way; the longest wait is 10 s\n"
    );
    for (least, status) in [("75", 0), ("75.1", 3), ("101", 2)] {
        assert_eq!(run(&["--min-coverage", least]).status.code(), Some(status), "{least}");
    }
}

#[test]
fn a_monitor_compares_tables_while_it_listens() {
    let Some(network) = Network::new() else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let [master, backup] = ["m", "b"].map(|name| dir.path().join(name));
    copy(&master, &[1, 2]);
    copy(&backup, &[1]);
    let text = |path: &Path| path.to_str().expect("text").to_owned();
    let (master, backup) = (text(&master), text(&backup));
    let options = ["--for", "2", "--coverage", "--coverage-interval", "1"];
    let sides = ["--master-root", &master, "--backup-root", &backup];
    let monitor = monitor(&network, 1, &[&options[..], &sides[..]].concat());
    let output = monitor.wait_with_output().expect("it ends");
    let lines = lines(&output);
    let coverage = events(&lines, "coverage");
    assert!(!coverage.is_empty());
    assert_eq!(coverage[0]["coverage"]["percent"], 50.0);
    assert_eq!(coverage[0]["coverage"]["wire"]["missing_unheard"], 1);
}

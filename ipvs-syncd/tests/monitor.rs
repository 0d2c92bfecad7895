// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program: `ipvs-syncd monitor --read`.

mod support;

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use ipvs_syncd::{Connection, Encoder, Version};
use ipvs_types::Protocol;
use serde_json::{Value, json};
use support::pcap::{Packet, ethernet, pcap};
use tempfile::NamedTempFile;

const GROUP: &str = "224.0.0.81:8848";

struct Outcome {
    status: i32,
    stdout: String,
    stderr: String,
}

fn run(arguments: &[&str]) -> Outcome {
    let output = command().args(arguments).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Outcome {
        status: output.status.code().expect("no signal"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ipvs-syncd"))
}

fn monitor(file: &str, arguments: &[&str]) -> Outcome {
    run(&[&["monitor", "--read", file], arguments].concat())
}

/// The lines of `--json`.
fn lines(outcome: &Outcome) -> Vec<Value> {
    assert_eq!(outcome.stderr, "");
    let lines = outcome.stdout.lines();
    let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().all(|line| line["schema"] == 1));
    lines
}

/// Name and beginning or end of each alarm.
fn alarms(outcome: &Outcome) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let lines = lines(outcome).into_iter().filter(|line| line["event"] == "alarm");
    lines.map(|line| (text(&line["alarm"]), text(&line["change"]))).collect()
}

fn raised(name: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), "raised".to_owned())]
}

/// A message of sync id 7 with one connection.
fn message() -> Vec<u8> {
    let parse = |text: &str| text.parse().expect("an address and port");
    let [client, service, dest] = ["10.9.0.1:1000", "192.0.2.1:80", "10.1.0.2:80"].map(parse);
    let tcp = Connection::new(Protocol::TCP, client, service, dest).expect("one family");
    let mut encoder = Encoder::new(Version::V1, 7);
    assert_eq!(encoder.push(&tcp.state(1)), Ok(None));
    encoder.finish().expect("one connection")
}

/// A capture in which these send one message each, a second apart.
fn capture(senders: &[&str]) -> NamedTempFile {
    let packet = |(second, sender): (u64, &&str)| -> Packet {
        (second * 1_000_000, ethernet(&format!("{sender}:40000"), GROUP, &message()))
    };
    let packets: Vec<_> = (0..).zip(senders).map(packet).collect();
    let file = NamedTempFile::new().expect("a file");
    fs::write(&file, pcap(1, &packets)).expect("written");
    file
}

fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().expect("text")
}

#[test]
fn two_masters_raise_that_alarm_and_no_other() {
    let file = capture(&["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2"]);
    let all = ["--known-sender", "10.0.0.1", "--known-sender", "10.0.0.2", "--sync-id", "7"];
    let all = [&all[..], &["--service", "192.0.2.1:80", "--silence", "5", "--json"]].concat();
    let outcome = monitor(path(&file), &all);
    assert_eq!((alarms(&outcome), outcome.status), (raised("two_masters"), 0));
    let alarm = lines(&outcome).into_iter().find(|line| line["event"] == "alarm").expect("one");
    let expected = json!({
        "schema": 1, "event": "alarm", "time": 2.0, "change": "raised", "since": 2.0,
        "alarm": "two_masters", "sync_id": 7, "senders": ["10.0.0.1", "10.0.0.2"],
    });
    assert_eq!(alarm, expected);
    assert_eq!(monitor(path(&file), &["--fail-on-alarm"]).status, 3);
}

#[test]
fn a_spoofed_sender_raises_that_alarm_and_no_other() {
    let file = capture(&["10.0.0.1", "10.0.0.66", "10.0.0.1", "10.0.0.66", "10.0.0.1"]);
    let all = ["--known-sender", "10.0.0.1", "--sync-id", "7", "--service", "192.0.2.1"];
    let outcome = monitor(path(&file), &[&all[..], &["--silence", "5", "--json"]].concat());
    assert_eq!(alarms(&outcome), raised("unknown_sender"));
    // The same without a rogue raises none.
    let file = capture(&["10.0.0.1", "10.0.0.1", "10.0.0.1"]);
    let outcome = monitor(path(&file), &[&all[..], &["--fail-on-alarm", "--json"]].concat());
    assert_eq!((alarms(&outcome), outcome.status), (vec![], 0));
}

#[test]
fn options_reach_the_tracker() {
    let file = capture(&["10.0.0.1"]);
    let cases: [(&[&str], &str); 3] = [
        (&["--sync-id", "8"], "sync_id_mismatch"),
        (&["--service", "192.0.2.1:81"], "foreign_service"),
        (&["--max-len", "43"], "malformed"),
    ];
    for (arguments, name) in cases {
        let outcome = monitor(path(&file), &[arguments, &["--json"]].concat());
        assert_eq!(alarms(&outcome), raised(name), "{arguments:?}");
    }
    let outcome = monitor(path(&file), &["--port", "53", "--json"]);
    let lines = lines(&outcome);
    assert_eq!((lines.len(), &lines[0]["capture"]["foreign"]), (1, &json!(1)));
}

#[test]
fn silence_lasts_to_the_end_of_the_capture() {
    let other = ethernet("10.0.0.9:1", "10.0.0.8:53", b"?");
    let sync = ethernet("10.0.0.1:40000", GROUP, &message());
    let file = NamedTempFile::new().expect("a file");
    fs::write(&file, pcap(1, &[(0, sync), (20_000_000, other)])).expect("written");
    assert_eq!(alarms(&monitor(path(&file), &["--silence", "21", "--json"])), []);
    assert_eq!(alarms(&monitor(path(&file), &["--silence", "20", "--json"])), raised("silence"));
}

#[test]
fn messages_come_before_a_summary() {
    let file = support::pcap("7.2");
    let outcome = monitor(file.to_str().expect("text"), &["--json"]);
    let lines = lines(&outcome);
    let count = |event: &str| lines.iter().filter(|line| line["event"] == event).count();
    assert_eq!((count("message"), count("summary"), lines.len()), (32, 1, 33 + count("alarm")));
    let entries = lines.iter().filter_map(|line| Some(line["entries"].as_array()?.len()));
    assert_eq!(entries.sum::<usize>(), 127);
    let summary = lines.last().expect("the summary");
    assert_eq!((&summary["messages"], &summary["capture"]["packets"]), (&json!(32), &json!(32)));
}

#[test]
fn a_report_for_people() {
    let file = support::pcap("6.1");
    let outcome = monitor(file.to_str().expect("text"), &[]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("report-6.1", outcome.stdout);
}

#[test]
fn failures_are_one_line_with_the_file() {
    let text = NamedTempFile::new().expect("a file");
    let fails = |file: &str, arguments: &[&str], status: i32, says: &[&str]| {
        let outcome = monitor(file, arguments);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (status, ""));
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        assert!(outcome.stderr.starts_with("ipvs-syncd: "));
        assert!(says.iter().all(|word| outcome.stderr.contains(word)), "{}", outcome.stderr);
    };
    fails("/nonexistent/file", &[], 1, &["/nonexistent/file: No such file"]);
    fails("/", &[], 1, &["/: it can't be read"]);
    fails(path(&text), &[], 1, &[path(&text), "it is empty"]);
    fs::write(&text, "this is not a capture but a text").expect("written");
    fails(path(&text), &[], 1, &[path(&text), "neither pcap nor pcapng", "tcpdump -w"]);
    fails(path(&text), &["--sync-id", "256"], 2, &["--sync-id", "--help"]);
    fails(path(&text), &["--silence", "0"], 2, &["--silence"]);
    fails(path(&text), &["--service", "web"], 2, &["--service"]);
    assert_eq!(run(&[]).status, 2);
    assert_eq!(run(&["monitor", "--ports", "0"]).status, 2);
    assert_eq!(run(&["monitor", "--no-messages"]).status, 2);
    let help = run(&["monitor", "--help"]);
    assert!(help.status == 0 && help.stdout.contains("Exit status"));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let senders = vec!["10.0.0.1"; 2000];
    let file = capture(&senders);
    let mut child = command()
        .args(["monitor", "--json", "--read", path(&file)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut first = [0];
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut first).expect("a byte");
    drop(stdout);
    let output = child.wait_with_output().expect("it ends");
    const SIGPIPE: i32 = 13;
    assert_eq!((output.status.signal(), output.stderr), (Some(SIGPIPE), vec![]));
}

#[test]
fn a_full_disk_is_noticed() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("it is there");
    let file = support::pcap("7.2");
    let output = command().args(["monitor", "--read"]).arg(file).stdout(full).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.starts_with("ipvs-syncd: standard output: No space left"), "{text}");
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc` over captures of three kernels, and over what no kernel should write.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use ipvs_netlink::{Error, Ipvs};
use ipvs_proc::{Apps, BadLines, Connection, Layout, PerCpu, Root, Status, Totals, Virtual as V};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Outcome, world};
use tempfile::TempDir;

const KERNELS: [&str; 3] = ["6.1", "6.12", "7.2"];
const PLAIN: &str =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";

fn capture(kernel: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ipvs-proc/tests/fixtures");
    fixtures.join(format!("linux-{kernel}"))
}

/// Runs `ipvsadm proc` there; IPVS itself is never asked. Nothing that is printed controls a terminal.
fn run(root: &Path, arguments: &[&str]) -> Outcome {
    let root = root.display().to_string();
    let arguments = [&["proc"], arguments, &["--root", &root]].concat();
    let connect = || -> Result<Ipvs, Error> { panic!("{arguments:?} asks IPVS") };
    let (stdout, stderr, status) = support::raw("ipvsadm", &arguments, b"", &world(false), connect);
    let text = |bytes| {
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        text
    };
    Outcome { stdout: text(stdout), stderr: text(stderr), status }
}

/// The member `key` of the document that is printed.
fn document(root: &Path, arguments: &[&str], key: &str) -> Value {
    let outcome = run(root, &[arguments, &["--json"]].concat());
    let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(document["schema"], 1);
    assert_eq!(document.as_object().expect("an object").len(), 2);
    document[key].clone()
}

/// What the library reads there.
fn records(root: &Path, layout: Layout) -> Vec<Connection<'static>> {
    let all = Root::at(root).connections(layout).expect("a file").bad_lines(BadLines::Skip);
    all.collect::<Result<_, _>>().expect("readable")
}

/// A directory whose `ip_vs_conn` has these bytes below its heading.
fn proc_with(lines: &[u8]) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(dir.path().join("net")).expect("a directory");
    let text = [PLAIN.as_bytes(), lines].concat();
    fs::write(dir.path().join("net/ip_vs_conn"), text).expect("a file");
    dir
}

#[test]
fn every_connection_is_printed() {
    for kernel in KERNELS {
        let root = capture(kernel);
        for (layout, option) in [(Layout::Plain, &[][..]), (Layout::Sync, &["--sync"])] {
            let expected = records(&root, layout);
            assert_eq!(expected.len(), 20);
            let line = [&["conns"], option].concat();
            assert_eq!(document(&root, &line, "connections"), json!(expected), "{kernel}");
            let outcome = run(&root, &line);
            assert_eq!(outcome.status, 0);
            let rows: Vec<_> = outcome.stdout.lines().collect();
            assert_eq!(rows.len(), 21, "{}", outcome.stdout);
            for (row, record) in rows[1..].iter().zip(&expected) {
                let words: Vec<_> = row.split_whitespace().collect();
                let shown = [
                    record.protocol.to_string(),
                    record.client.to_string(),
                    record.service.to_string().replace(' ', "/"),
                    record.dest.to_string(),
                    record.state.name().to_owned(),
                    record.expires.as_secs().to_string(),
                ];
                assert_eq!(words[..6], shown, "{kernel}");
            }
            // The second half of persistence data with a line break.
            match layout {
                Layout::Plain => assert!(outcome.stderr.ends_with(", found `z`\n"), "{outcome:?}"),
                Layout::Sync => assert_eq!(outcome.stderr, ""),
            }
        }
    }
    let first: String = run(&capture("7.2"), &["conns"])
        .stdout
        .lines()
        .take(3)
        .fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(
        first,
        "\
PROTOCOL  CLIENT                 SERVICE                DEST                   STATE        EXPIRES  ENGINE
tcp       10.1.0.4:40010         10.1.0.100:80          10.2.0.2:80            SYN_RECV          50
udp       10.1.0.2:0             10.1.0.100:5060        10.2.0.2:5060          ASSURED          228  sip abc123@10.1.0.2
"
    );
}

/// What an option shall choose.
type Chooses = fn(&Connection<'_>) -> bool;

#[test]
fn filters_choose_what_they_say() {
    let truth: &[(&[&str], Chooses)] = &[
        (&["--protocol", "udp"], |c| c.protocol.number() == 17),
        (&["--protocol", "TCP"], |c| c.protocol.number() == 6),
        (&["--protocol", "proto0"], |c| c.protocol.number() == 0),
        (&["--client", "10.1.0.2"], |c| c.client.ip().to_string() == "10.1.0.2"),
        (&["--client", "10.1.0.2:40000"], |c| c.client.to_string() == "10.1.0.2:40000"),
        (&["--client", "10.1.0.2/31"], |c| {
            ["10.1.0.2", "10.1.0.3"].contains(&c.client.ip().to_string().as_str())
        }),
        (&["--client", "::/0"], |c| c.client.is_ipv6()),
        (&["--service", "10.1.0.100:80"], |c| c.service.to_string() == "10.1.0.100:80"),
        (&["--service", "10.1.0.99"], |c| c.service.to_string().starts_with("10.1.0.99:")),
        (&["--fwmark", "66"], |c| matches!(c.service, V::Fwmark { mark: 66, .. })),
        (&["--dest", "[fd02::2]:8080"], |c| c.dest.to_string() == "[fd02::2]:8080"),
        (&["--dest", "10.2.0.3"], |c| c.dest.ip().to_string() == "10.2.0.3"),
        (&["--state", "TIME_WAIT"], |c| c.state.name() == "TIME_WAIT"),
        (&["--state", "listen,assured"], |c| ["LISTEN", "ASSURED"].contains(&c.state.name())),
        (&["--state", "LISTEN", "--state", "UDP"], |c| ["LISTEN", "UDP"].contains(&c.state.name())),
        (&["--expires-under", "111"], |c| c.expires.as_secs() < 111),
        (&["--expires-over", "111"], |c| c.expires.as_secs() > 111),
        (&["--expires-over", "109", "--expires-under", "289"], |c| {
            (110..=288).contains(&c.expires.as_secs())
        }),
        (&["--protocol", "udp", "--state", "ASSURED", "--client", "10.1.0.2"], |c| {
            c.protocol.number() == 17
                && c.state.name() == "ASSURED"
                && c.client.ip().to_string() == "10.1.0.2"
        }),
    ];
    let root = capture("7.2");
    let all = records(&root, Layout::Plain);
    for (options, chooses) in truth {
        let chosen: Vec<_> = all.iter().filter(|connection| chooses(connection)).collect();
        assert!(!chosen.is_empty() && chosen.len() < all.len(), "{options:?} shows nothing");
        let line = [&["conns"], *options].concat();
        assert_eq!(document(&root, &line, "connections"), json!(chosen), "{options:?}");
    }
    for none in [
        &["--fwmark", "67"][..],
        &["--expires-under", "1"],
        &["--expires-over", "18446744073709551615"],
        &["--expires-over", "200", "--expires-under", "100"],
    ] {
        let line = [&["conns"], none].concat();
        assert_eq!(document(&root, &line, "connections"), json!([]), "{none:?}");
        assert_eq!(run(&root, &line).stdout, "", "{none:?}");
    }
    // A misspelt one chooses nothing, too: who waits until nothing is left would not wait.
    let misspelt = run(&root, &["conns", "--state", "udp,establshed"]);
    let expected = "ipvsadm: --state ESTABLSHED: there is no such state: give one that `ipvsadm -Lc` \
                    shows, such as ESTABLISHED\n";
    assert_eq!((misspelt.stderr.as_str(), misspelt.status), (expected, 2));
}

#[test]
fn counts_add_up() {
    let sums = |rows: &Value| {
        let sum = |name: &str| -> u64 {
            let rows = rows.as_array().expect("an array").iter();
            rows.map(|row| row[name].as_u64().expect("a number")).sum()
        };
        (sum("connections"), sum("templates"))
    };
    for kernel in KERNELS {
        let root = capture(kernel);
        let all = records(&root, Layout::Plain);
        for (by, key) in
            [("service", "services"), ("dest", "dests"), ("client", "clients"), ("state", "states")]
        {
            let rows = document(&root, &["conns", "--by", by], key);
            assert_eq!(sums(&rows), (13, 7), "{kernel} {by}");
            for row in rows.as_array().expect("an array") {
                let same = |c: &&Connection<'_>| {
                    let name = match by {
                        "service" => c.service.to_string().replace(' ', "/"),
                        "dest" => c.dest.to_string(),
                        "client" => c.client.ip().to_string(),
                        _ => c.state.name().to_owned(),
                    };
                    row[by] == json!(name)
                        && (row["protocol"].is_null() || row["protocol"] == json!(c.protocol))
                };
                let count = |templates| {
                    all.iter().filter(same).filter(|c| c.is_template() == templates).count()
                };
                assert_eq!(row["connections"], count(false), "{kernel} {row}");
                assert_eq!(row["templates"], count(true), "{kernel} {row}");
            }
        }
        let steps = document(&root, &["conns", "--histogram"], "expiry");
        assert_eq!(sums(&steps), (13, 7));
        for step in steps.as_array().expect("an array") {
            let (from, below) = (step["from_seconds"].as_u64(), step["below_seconds"].as_u64());
            let expires = |c: &&Connection<'_>| {
                let seconds = c.expires.as_secs();
                from.is_some_and(|from| from <= seconds)
                    && below.is_none_or(|below| seconds < below)
            };
            let count = all.iter().filter(expires).count() as u64;
            assert_eq!(sums(&json!([step])).0 + sums(&json!([step])).1, count, "{step}");
        }
    }
    // A filter comes first.
    let rows = document(&capture("7.2"), &["conns", "--by", "dest", "--fwmark", "66"], "dests");
    assert_eq!(rows, json!([{"dest": "10.2.0.2:0", "connections": 0, "templates": 2}]));
    assert_eq!(
        run(&capture("7.2"), &["conns", "--by", "service", "--sync", "--client", "10.1.0.4"])
            .stdout,
        "\
PROTOCOL  SERVICE        CONNECTIONS  TEMPLATES
tcp       10.1.0.100:80  1            0
udp       10.1.0.100:53  1            0
"
    );
}

#[test]
fn the_other_files_are_what_the_library_reads() {
    for kernel in KERNELS {
        let path = capture(kernel);
        let root = Root::at(&path);
        let (totals, percpu): (Totals, PerCpu) =
            (root.read().expect("stats"), root.read().expect("percpu"));
        let apps: Apps = root.read().expect("apps");
        assert_eq!(document(&path, &["stats"], "stats"), json!(totals));
        assert_eq!(document(&path, &["percpu"], "percpu"), json!(percpu));
        assert_eq!(document(&path, &["apps"], "apps"), json!(apps.apps));
        let outcome = run(&path, &["status"]);
        if kernel != "7.2" {
            assert!(outcome.stderr.contains("kernels before 7.1 have no such file"), "{outcome:?}");
            assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1));
            continue;
        }
        let status: Status = root.read().expect("status");
        assert_eq!(document(&path, &["status"], "status"), json!(status));
    }
    let path = capture("7.2");
    assert_eq!(
        run(&path, &["apps"]).stdout,
        "PROTOCOL  PORT  USERS  NAME\ntcp       21    0      ftp\n"
    );
    assert_eq!(
        run(&path, &["stats"]).stdout,
        "\
COUNTER      TOTAL  PER SECOND
connections  19     1
in_packets   70     2
out_packets  47     1
in_bytes     4995   142
out_bytes    3681   100
"
    );
    let percpu = run(&path, &["percpu"]).stdout;
    let names: Vec<_> = percpu.lines().map(|line| line.split("  ").next()).collect();
    assert_eq!(names, [Some("CPU"), Some("0"), Some("1"), Some("total"), Some("per second")]);
    let status = run(&path, &["status"]).stdout;
    assert!(
        status.contains("\nconnection buckets         512 (2^9, load factor 2^-4)\n"),
        "{status}"
    );
    assert!(status.contains("\nservice buckets, of 2      1 (7%)\n"), "{status}");
}

const GOOD: &str = "TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT       106\n";

#[test]
fn bad_lines_are_counted_and_a_cut_off_file_is_an_error() {
    let strict = |lines: &str| {
        let dir = proc_with(lines.as_bytes());
        let [lax, strict] =
            [&["conns"][..], &["conns", "--strict"]].map(|line| run(dir.path(), line));
        assert_eq!((&lax.stdout, &lax.stderr), (&strict.stdout, &strict.stderr));
        (lax.stdout.lines().count(), lax.stderr, [lax.status, strict.status])
    };
    assert_eq!(strict(GOOD), (2, String::new(), [0, 0]));
    let told =
        "ipvsadm: 1 line left out: ip_vs_conn, line 3, column 1: expected a protocol, found `z`\n";
    assert_eq!(strict(&format!("{GOOD}z\n{GOOD}")), (3, told.to_owned(), [0, 1]));
    let (rows, told, statuses) = strict(&format!("z\n{GOOD}\ny\n"));
    assert!(
        told.starts_with("ipvsadm: 3 lines left out, the first: ip_vs_conn, line 2,"),
        "{told}"
    );
    assert_eq!((rows, statuses), (2, [0, 1]));
    let (rows, told, statuses) = strict(&format!("{GOOD}z\n{}", GOOD.trim_end()));
    assert!(told.contains("; ip_vs_conn, line 4, column 66: the text ends where"), "{told}");
    assert_eq!((rows, told.lines().count(), statuses), (2, 1, [1, 1]));
    let (_, told, statuses) = strict(GOOD.trim_end());
    assert_eq!((told.matches("is the copy complete?").count(), statuses), (1, [1, 1]));

    // Another file altogether, and one that is cut off in its heading.
    for text in ["what?\n", "", PLAIN.trim_end()] {
        let dir = proc_with(b"");
        fs::write(dir.path().join("net/ip_vs_conn"), text).expect("a file");
        let outcome = run(dir.path(), &["conns", "--json"]);
        assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1), "{text:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    }
}

#[test]
fn small_files_are_read_as_far_as_their_numbers_allow() {
    let dir = proc_with(b"");
    let write = |name: &str, text: &str| {
        fs::write(dir.path().join("net").join(name), text).expect("a file");
    };
    write("ip_vs_app", "prot port    usecnt name\nTCP  21      0      ftp              \nwhat?\n");
    let outcome = run(dir.path(), &["apps"]);
    assert_eq!((outcome.stdout.lines().count(), outcome.status), (2, 0));
    assert!(
        outcome.stderr.starts_with("ipvsadm: 1 line left out: ip_vs_app, line 3,"),
        "{outcome:?}"
    );
    assert_eq!(run(dir.path(), &["apps", "--strict"]).status, 1);
    write("ip_vs_status", "Conns:\t20\nServi");
    assert_eq!(run(dir.path(), &["status"]).status, 1);
    // Zeros in the place of what can't be read would be lies.
    for (name, word) in [("ip_vs_stats", "stats"), ("ip_vs_stats_percpu", "percpu")] {
        let text = fs::read_to_string(capture("7.2").join("net").join(name)).expect("a capture");
        write(name, &text.replacen(" 13 ", " 1? ", 1));
        let outcome = run(dir.path(), &[word]);
        assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1), "{outcome:?}");
        assert!(outcome.stderr.contains("expected a hexadecimal number"), "{outcome:?}");
    }
}

#[test]
fn what_is_not_there_is_told_with_a_remedy() {
    let empty = tempfile::tempdir().expect("a temporary directory");
    for (word, remedy) in [
        ("conns", "`modprobe ip_vs`"),
        ("stats", "`modprobe ip_vs`"),
        ("percpu", "`modprobe ip_vs`"),
        ("apps", "`modprobe ip_vs`"),
        ("status", "kernels before 7.1 have no such file; on others, `modprobe ip_vs`"),
    ] {
        let outcome = run(empty.path(), &[word]);
        assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1));
        assert!(outcome.stderr.contains(remedy), "{outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1);
    }
    let connect = || -> Result<Ipvs, Error> { panic!("asks IPVS") };
    let line = ["proc", "conns", "--pid", "4194305"];
    let outcome = support::run("ipvsadm", &line, b"", &world(false), connect);
    assert!(outcome.stderr.contains("there is no /proc/4194305"), "{outcome:?}");
    assert_eq!(outcome.status, 1);
}

#[test]
fn mistakes_are_one_line_and_status_2() {
    let root = capture("7.2");
    for line in [
        &[][..],
        &["frob"],
        &["conns", "--pid", "1"],
        &["conns", "--protocol", "icmp"],
        &["conns", "--client", "10.0.0.0/33"],
        &["conns", "--client", "fwmark/1"],
        &["conns", "--dest", "fwmark/1"],
        &["conns", "--service", "10.0.0.1", "--fwmark", "1"],
        &["conns", "--by", "weather"],
        &["conns", "--by", "dest", "--histogram"],
        &["conns", "--expires-under", "0"],
        &["conns", "\u{1b}[2J"],
        &["stats", "--by", "dest"],
    ] {
        let outcome = run(&root, line);
        assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 2), "{line:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
        assert!(outcome.stderr.ends_with(" (see --help)\n"), "{outcome:?}");
    }
}

#[test]
fn hostile_data_does_not_reach_the_terminal() {
    let template = b"UDP 0A010002 0000 0A010064 13C4 0A020002 13C4 ASSURED         228 sip ";
    let hostile: [&[u8]; 6] = [
        b"\x1b]0;owned\x07\x1b[2J",
        "\u{9b}31m\u{7f}".as_bytes(),
        b"\xff\xfe\x9b\r",
        b"\"},{\"\\",
        b" blanks  at both ends ",
        b"",
    ];
    let mut text: Vec<u8> =
        hostile.iter().flat_map(|data| [template, *data, b"\n"].concat()).collect();
    // A line break, and what follows it in the form of a bad line.
    text.extend([template, &b"x\n\x1b[2J \x9b\n"[..]].concat());
    let dir = proc_with(&text);
    let shown = run(dir.path(), &["conns"]);
    assert_eq!(shown.stdout.lines().count(), 8, "{}", shown.stdout);
    assert!(shown.stdout.contains(r"sip \x1b]0;owned\x07\x1b[2J"), "{}", shown.stdout);
    assert!(shown.stdout.contains(r#"sip "},{"\\"#), "{}", shown.stdout);
    assert!(shown.stderr.contains(r"found `\x1b[2J "), "{}", shown.stderr);
    let expected = records(dir.path(), Layout::Plain);
    assert_eq!(document(dir.path(), &["conns"], "connections"), json!(expected));
    let data = &document(dir.path(), &["conns"], "connections")[2]["engine"]["data"];
    assert_eq!(data, &json!([0xff, 0xfe, 0x9b, 0x0d]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    /// Any bytes, or lines with some of them damaged; `run` looks at what is printed.
    #[test]
    fn any_bytes_are_shown_or_refused(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..400),
            prop::collection::vec((0..GOOD.len(), any::<u8>()), 0..4).prop_map(|damage| {
                let mut lines = GOOD.repeat(3).into_bytes();
                for (at, byte) in damage {
                    lines[at] = byte;
                }
                lines
            }),
        ],
        line in prop::sample::select(vec![
            &["conns"][..],
            &["conns", "--json"],
            &["conns", "--by", "service"],
            &["conns", "--by", "state", "--json"],
            &["conns", "--histogram"],
        ]),
    ) {
        let dir = proc_with(&bytes);
        let outcome = run(dir.path(), line);
        prop_assert!(outcome.status < 2 && outcome.stderr.lines().count() < 2, "{outcome:?}");
        if line.contains(&"--json") {
            prop_assert!(serde_json::from_str::<Value>(&outcome.stdout).is_ok(), "{outcome:?}");
        }
    }
}

#[test]
fn the_port_of_clients_is_a_condition_of_its_own() {
    let root = capture("7.2");
    let all = records(&root, Layout::Plain);
    let port = all.iter().map(|record| record.client.port()).find(|port| *port != 0);
    let port = port.expect("a connection").to_string();
    let count = |options: &[&str]| {
        let shown = document(&root, &[&["conns"], options].concat(), "connections");
        shown.as_array().expect("an array").len()
    };
    let expected =
        |wanted: &str| all.iter().filter(|c| c.client.port().to_string() == wanted).count();
    assert_eq!(count(&["--client-port", &port]), expected(&port));
    assert!((1..20).contains(&expected(&port)) && (1..20).contains(&expected("0")));
    assert_eq!(count(&["--client-port", "0"]), expected("0"));
    // With a network, and as part of an address.
    let record = all.iter().find(|c| c.client.port().to_string() == port).expect("it was there");
    let network = format!("{}/16", record.client.ip());
    assert!(count(&["--client", &network, "--client-port", &port]) >= 1);
    assert_eq!(count(&["--client", "203.0.113.0/24", "--client-port", &port]), 0);
    let client = record.client.to_string();
    assert!(count(&["--client", &client]) >= 1);
    let outcome = run(&root, &["conns", "--client", &client, "--client-port", &port]);
    let told = "ipvsadm: --client has a port, and so has --client-port (see --help)\n";
    assert_eq!((outcome.stderr.as_str(), outcome.status), (told, 2));
}

#[test]
fn every_command_has_help_that_fits_a_terminal() {
    let root = capture("7.2");
    for command in [&[][..], &["conns"], &["stats"], &["percpu"], &["status"], &["apps"]] {
        let outcome = run(&root, &[command, &["--help"]].concat());
        assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
        assert!(outcome.stdout.contains("Usage: ipvsadm proc"), "{}", outcome.stdout);
        assert!(outcome.stdout.lines().all(|line| line.len() <= 100), "{}", outcome.stdout);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn` up to the point where a kernel is needed: what it would do, and what it refuses.

mod support;

use std::fs;
use std::time::{Duration, SystemTime};

use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, DestConfig, Forward, Granularity, Persistence, Protocol, Scheduler,
    ServiceConfig,
};
use ipvs_netlink::{Ipvs, Operation};
use ipvs_syncd::Connection;
use ipvs_syncd::checkpoint::{Heading, Writer};
use serde_json::Value;
use support::{Outcome, world};
use tempfile::TempDir;

const CONNECTIONS: &str = "\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
UDP 0A000001 9C40 C0000201 0035 0A010002 0035 UDP             299
UDP 0A000005 9C41 C0000201 0035 0A010003 0035 UDP             120
UDP 0A000000 0000 C0000201 0035 0A010002 0035 ASSURED         600
TCP 0A000001 9C42 C0000201 0050 0A010002 1F90 ESTABLISHED     899
TCP 0B000001 0000 C0000201 0050 0A010002 FFFF NONE             10
";

/// A director with two services whose clients are taken for one by /24.
fn kernel() -> Kernel {
    let kernel = Kernel::new(Release::Linux6_12);
    let mut ipvs = Ipvs::with_backend(kernel.clone());
    for (service, dests) in [
        ("udp/192.0.2.1:53", ["10.1.0.2:53", "10.1.0.3:53"]),
        ("tcp/192.0.2.1:80", ["10.1.0.2:8080", "10.1.0.3:8080"]),
    ] {
        let mask = Granularity::ipv4([255, 255, 255, 0].into());
        let minutes = Persistence::new(Duration::from_secs(600)).granularity(mask);
        let config = ServiceConfig::new(Scheduler::RR).persistence(minutes);
        let service = service.parse().expect("a service");
        ipvs.create_service(service, config).expect("made");
        for dest in dests {
            let dest = dest.parse().expect("a destination");
            ipvs.create_dest(service, dest, DestConfig::new(Forward::Masq)).expect("made");
        }
    }
    kernel
}

fn copies() -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(dir.path().join("net")).expect("a directory");
    fs::write(dir.path().join("net/ip_vs_conn"), CONNECTIONS).expect("a file");
    dir
}

fn run_on(kernel: &Kernel, words: &[&str]) -> Outcome {
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    support::run("ipvsadm", &[&["conn"], words].concat(), b"", &world(false), connect)
}

/// What would be done with those connections.
fn planned(words: &str) -> Outcome {
    let copies = copies();
    let root = copies.path().display().to_string();
    let words: Vec<_> = words.split(' ').chain(["--dry-run", "--root", &root]).collect();
    run_on(&kernel(), &words)
}

/// The column of the results.
fn results(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.stdout.lines().skip(1);
    let rows = lines.take_while(|line| !line.starts_with("would change"));
    // State and seconds are before it.
    let last = |row: &str| {
        let words: Vec<_> = row.split_whitespace().collect();
        words.get(6..).map(|result| result.join(" "))
    };
    rows.filter_map(last).collect()
}

#[test]
fn a_dry_run_shows_what_would_be_done() {
    let outcome = planned("delete --client 10.0.0.1");
    assert_eq!(outcome.status, 0, "{outcome:?}");
    assert_eq!(outcome.stderr, "");
    assert_eq!(results(&outcome), ["would end", "would end"]);
    assert!(outcome.stdout.ends_with("would change 2 of 2; nothing was done\n"), "{outcome:?}");

    let outcome = planned("steer --protocol udp --to 10.1.0.3:53");
    assert_eq!(
        results(&outcome),
        [
            "would move to 10.1.0.3:53",
            "left alone: it is there already",
            "left alone: a template, which can't be moved: free the client with `unpin`",
        ]
    );
}

#[test]
fn clients_are_found_by_the_mask_of_their_service() {
    let freed = ["would be freed, its connections ended"];
    for client in ["10.0.0.1", "10.0.0.250", "10.0.0.0/24", "10.0.0.0/8"] {
        assert_eq!(results(&planned(&format!("unpin {client}"))), freed, "{client}");
    }
    for client in ["10.0.1.1", "10.0.0.1 --service 192.0.2.1:80", "10.0.1.0/24"] {
        let outcome = planned(&format!("unpin {client}"));
        assert_eq!((outcome.status, results(&outcome)), (0, vec![]), "{client}");
        assert_eq!(outcome.stderr, "ipvsadm: no such connection\n");
    }
    let outcome = planned("unpin 11.0.0.1");
    assert_eq!(
        results(&outcome),
        ["left alone: a template that no longer counts, and expires by itself"]
    );
}

#[test]
fn programs_get_all_of_it() {
    let outcome = planned("steer --all --to 10.1.0.3:8080 --force --json");
    let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(document["schema"], 1);
    let surgery = &document["surgery"];
    assert_eq!((&surgery["dry_run"], &surgery["means"]), (&true.into(), &"sync".into()));
    assert_eq!(surgery["daemon"]["interface"], "lo");
    let entries = surgery["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["change"], "move");
    assert_eq!(entries[0]["to"], "10.1.0.3:8080");
    assert_eq!(entries[0]["connection"]["client"], "10.0.0.1:40002");
    let left = surgery["left_alone"].as_array().expect("entries");
    assert_eq!(left.len(), 4);
    assert!(left[0]["reason"].as_str().expect("a text").contains("no destination 10.1.0.3:8080"));
}

/// A checkpoint of two connections, one of which lives for a minute.
fn checkpoint(age: Duration) -> Vec<u8> {
    let heading = Heading::new(SystemTime::now() - age, None, Value::Null);
    let mut writer = Writer::new(Vec::new(), heading).expect("memory");
    for (client, seconds) in [("10.0.0.7:4000", 60), ("10.0.0.8:4000", 900)] {
        let ends = [client, "192.0.2.1:53", "10.1.0.2:53"].map(|end| end.parse().expect("an end"));
        let made = Connection::new(Protocol::UDP, ends[0], ends[1], ends[2]).expect("one family");
        writer.push(&made.timeout(Duration::from_secs(seconds))).expect("memory");
    }
    writer.finish().expect("memory")
}

#[test]
fn a_checkpoint_is_checked_before_anything_is_restored() {
    let (kernel, copies) = (kernel(), copies());
    let root = copies.path().display().to_string();
    let restore = |input: &[u8]| {
        let words = ["conn", "restore", "-", "--dry-run", "--root", &root];
        let connect = || Ok(Ipvs::with_backend(kernel.clone()));
        support::run("ipvsadm", &words, input, &world(false), connect)
    };
    let outcome = restore(&checkpoint(Duration::ZERO));
    assert_eq!((outcome.status, &outcome.stderr[..]), (0, ""), "{outcome:?}");
    assert!(outcome.stdout.ends_with("would change 2 of 2; nothing was done\n"), "{outcome:?}");
    let outcome = restore(&checkpoint(Duration::from_secs(100)));
    assert_eq!(outcome.stderr, "ipvsadm: 1 have expired since the checkpoint 100 s ago\n");
    assert!(outcome.stdout.contains("10.0.0.8:4000") && !outcome.stdout.contains("10.0.0.7"));
    let text = String::from_utf8(checkpoint(Duration::ZERO)).expect("text");
    for (damaged, complaint) in [
        (text.replace("10.0.0.8:4000", "10.0.0.8"), "ipvsadm: -: line 3, column "),
        (text[..text.len() - 2].to_owned(), "ipvsadm: -: line 4, column "),
        (String::new(), "ipvsadm: -: line 1: the file ends without its last line"),
    ] {
        let outcome = restore(damaged.as_bytes());
        assert_eq!((outcome.status, &outcome.stdout[..]), (1, ""), "{outcome:?}");
        assert!(outcome.stderr.starts_with(complaint), "{outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    }
}

#[test]
fn what_is_not_said_clearly_is_refused() {
    for (words, status, text) in [
        ("delete", 2, "which connections? Give conditions, or --all"),
        ("delete --all --client 10.0.0.1", 2, "--all goes without conditions"),
        ("steer --all", 2, "--to <ADDRESS:PORT>"),
        ("unpin", 2, "<CLIENT[/LENGTH]>..."),
        ("unpin 10.0.0", 2, "10.0.0"),
        ("restore", 2, "<FILE>"),
        ("restore /nonexistent/x", 1, "/nonexistent/x: No such file"),
        ("delete --all --limit 4", 1, "more than 4 entries match"),
        ("delete --all --netns blue", 2, "--netns"),
        ("frob", 2, "frob"),
    ] {
        let outcome = planned(words);
        assert_eq!(outcome.status, status, "{words}: {outcome:?}");
        assert!(outcome.stderr.contains(text), "{words}: {outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{words}: {outcome:?}");
    }
    // Copies are not what a kernel has.
    let outcome = run_on(&kernel(), &["delete", "--all", "--root", "/nonexistent"]);
    assert_eq!(outcome.status, 2, "{outcome:?}");
    assert_eq!(planned("delete --all --limit 5").status, 0);
}

#[test]
fn a_daemon_that_makes_it_unsafe_is_named() {
    let kernel = kernel();
    let mut deaf = DaemonConfig::new(DaemonRole::Backup, "eth0".parse().expect("a name"));
    deaf.sync_id = ipvs_netlink::types::SyncId::observed(300);
    kernel.change(Operation::StartDaemon { config: deaf }).expect("started");
    let outcome = run_on(&kernel, &["delete", "--all", "--dry-run", "--root", "/nonexistent"]);
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains("sync id 300, above 255, and hears nothing"), "{outcome:?}");
}

#[test]
fn cautions_go_to_standard_error() {
    let (kernel, copies) = (kernel(), copies());
    let config = DaemonConfig::new(DaemonRole::Master, "eth0".parse().expect("a name"));
    kernel.change(Operation::StartDaemon { config }).expect("started");
    let root = copies.path().display().to_string();
    let words = ["delete", "--client", "10.0.0.1", "--dry-run", "--root", &root];
    let outcome = run_on(&kernel, &words);
    assert_eq!(outcome.status, 0);
    assert!(outcome.stderr.contains("the master daemon on eth0 tells its backups nothing"));
    let document = run_on(&kernel, &[&words[..], &["--json"]].concat()).stdout;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["surgery"]["cautions"].as_array().map(Vec::len), Some(1));
}

#[test]
fn list_is_proc_conns() {
    let copies = copies();
    let root = copies.path().display().to_string();
    let connect = || panic!("`list` asks no kernel");
    let run = |words: &[&str]| support::run("ipvsadm", words, b"", &world(false), connect);
    for words in [&["--by", "dest"][..], &["--state", "UDP"], &["--json"], &[]] {
        let list = run(&[&["conn", "list", "--root", &root], words].concat());
        assert_eq!(list, run(&[&["proc", "conns", "--root", &root], words].concat()));
        assert_eq!(list.status, 0);
    }
}

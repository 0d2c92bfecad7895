// SPDX-License-Identifier: MIT OR Apache-2.0
//! `--netns` of the words.

mod support;

use std::process::Command;

use ipvs_netlink::{Error, Ipvs};
use support::{Outcome, world};

fn run(arguments: &[&str]) -> Outcome {
    let connect = || -> Result<Ipvs, Error> { panic!("{arguments:?} asks IPVS") };
    support::run("ipvsadm", arguments, b"", &world(false), connect)
}

#[test]
fn one_place_at_a_time() {
    const SYSCTL: &str = "ipvsadm: --root and --netns exclude each other (see --help)\n";
    const PROC: &str = "ipvsadm: --root, --pid and --netns exclude each other (see --help)\n";
    for (line, told) in [
        ("sysctl get --netns blue --root copies", SYSCTL),
        ("sysctl --root copies save --netns 1", SYSCTL),
        ("proc --netns blue stats --root copies", PROC),
        ("proc conns --netns ./blue --pid 1", PROC),
        ("proc --pid 1 conns --root copies", PROC),
    ] {
        let outcome = run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", told), "{line}");
        assert_eq!(outcome.status, 2, "{line}");
    }
    let outcome = run(&["proc", "stats", "--netns", ""]);
    assert_eq!(outcome.status, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("a name, the id of a process, or a path"), "{outcome:?}");
}

#[test]
fn a_namespace_that_is_none_is_told_with_the_remedy() {
    for (netns, remedy) in [
        ("no-such-namespace", "see `ip netns list`, or make it with `ip netns add`"),
        ("4294967295", "no such process: see `ps`"),
        ("/proc/self/status", "this file is no network namespace"),
    ] {
        for word in [&["proc", "stats"][..], &["sysctl", "get"]] {
            let outcome = run(&[word, &["--netns", netns]].concat());
            assert!(outcome.stderr.starts_with("ipvsadm: network namespace `"), "{outcome:?}");
            assert!(outcome.stderr.ends_with(&format!(": {remedy}\n")), "{outcome:?}");
            assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1));
        }
    }
}

/// Root of a user namespace with two network namespaces, in which forwarding differs.
const TWO: &str = r#"
    set -e
    echo 0 >/proc/sys/net/ipv4/ip_forward
    pid=$(unshare -n sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; sleep 60 >&2 & echo $!')
    trap "kill $pid" EXIT
    forward() { "$IPVSADM" sysctl get --related "$@" | grep '^net.ipv4.ip_forward '; }
    forward; forward --netns $pid; forward --netns /proc/$pid/ns/net
    "$IPVSADM" proc stats --netns $pid 2>&1 || true
"#;

#[test]
fn the_settings_are_those_of_the_namespace() {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "sh", "-c", script]);
        command.env("IPVSADM", env!("CARGO_BIN_EXE_ipvsadm")).output()
    };
    if !unshare("true").is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user may not make network namespaces here");
        return;
    }
    let output = unshare(TWO).expect("it ran before");
    let text = String::from_utf8_lossy(&output.stdout);
    let words = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
    let values: Vec<_> = text.lines().take(3).filter_map(words).collect();
    assert_eq!(values, ["0", "1", "1"], "{output:?}");
    // Where there is IPVS, its file; elsewhere the path that is missing: never that of the main thread.
    let stats: String = text.lines().skip(3).collect();
    assert!(stats.contains("COUNTER") || stats.contains("/proc/thread-self/net/"), "{output:?}");
}

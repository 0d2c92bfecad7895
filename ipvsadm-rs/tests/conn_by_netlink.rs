// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn` on kernels that list, count and delete connections themselves.

mod support;

use std::fs;
use std::time::Duration;

use ipvs_netlink::Ipvs;
use ipvs_netlink::ext::{Connection, ConnectionKey, Engine, Features};
use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::types::{
    ConnectionFlags, DaemonConfig, DaemonRole, EngineName, Method, Protocol, TcpState,
};
use ipvs_netlink::{Error, Operation};
use serde_json::Value;
use support::{Outcome, world};

/// What /proc shows of [`connections`].
const LISTED: &str = "\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
UDP 0A000001 9C40 C0000201 0035 0A010002 0035 UDP             299
TCP 0A000001 9C42 C0000201 0050 0A010002 1F90 ESTABLISHED     899
TCP 0A000000 0000 C0000201 0050 0A010002 1F90 ASSURED         600
IP  0A000000 0000 00000042 0000 0A010003 0000 NONE            111
UDP 0A000007 0000 C0000201 13C4 0A010003 13C4 NONE            300 sip 1234@10.0.0.7
";

fn connections() -> Vec<Connection> {
    let socket = |text: &str| text.parse().expect("a socket");
    let address = |text: &str| text.parse().expect("an address");
    let (dns, web, sip) =
        (socket("192.0.2.1:53"), socket("192.0.2.1:80"), socket("192.0.2.1:5060"));
    let connection = |key, dest, state, seconds: u64| {
        let mut one = Connection::new(key, socket(dest), Method::MASQ);
        (one.state, one.expires) = (state, Duration::from_millis(seconds * 1000 + 400));
        one
    };
    let pin = ConnectionKey::template(Protocol::TCP, address("10.0.0.0"), web);
    let mark = ConnectionKey::mark_template(address("10.0.0.0"), 66);
    let call = ConnectionKey::template(Protocol::UDP, address("10.0.0.7"), sip);
    let mut all = vec![
        connection(
            ConnectionKey::new(Protocol::UDP, socket("10.0.0.1:40000"), dns),
            "10.1.0.2:53",
            0,
            299,
        ),
        connection(
            ConnectionKey::new(Protocol::TCP, socket("10.0.0.1:40002"), web),
            "10.1.0.2:8080",
            TcpState::Established.number(),
            899,
        ),
        connection(pin, "10.1.0.2:8080", 1, 600),
        connection(mark, "10.1.0.3:0", 0, 111),
        connection(call, "10.1.0.3:5060", 0, 300),
    ];
    all[1].controller = Some(pin);
    all[1].flags |= ConnectionFlags::SYNC;
    let name = EngineName::new("sip").expect("short");
    all[4].engine = Some(Engine { name, data: b"1234@10.0.0.7".to_vec() });
    all
}

fn kernel(features: Option<Features>) -> Kernel {
    let kernel = Kernel::new(Release::Linux6_12);
    kernel.set_features(features);
    connections().into_iter().for_each(|one| kernel.add_connection(one));
    kernel
}

fn patched() -> Kernel {
    kernel(Some(Features::all_known()))
}

fn run_on(kernel: &Kernel, words: &[&str]) -> Outcome {
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    support::run("ipvsadm", &[&["conn"], words].concat(), b"", &world(false), connect)
}

/// The same from a copy of /proc.
fn run_on_copies(words: &[&str]) -> Outcome {
    let dir = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(dir.path().join("net")).expect("a directory");
    fs::write(dir.path().join("net/ip_vs_conn"), LISTED).expect("a file");
    let root = dir.path().display().to_string();
    let connect = || -> Result<Ipvs, Error> { panic!("copies need no kernel") };
    let words = [&["conn"], words, &["--root", &root]].concat();
    support::run("ipvsadm", &words, b"", &world(false), connect)
}

const SELECTIONS: [&[&str]; 14] = [
    &[],
    &["--protocol", "tcp"],
    &["--protocol", "proto0"],
    &["--client", "10.0.0.1"],
    &["--client", "10.0.0.0/29", "--client-port", "40002"],
    &["--client", "10.0.0.1:40000"],
    &["--service", "192.0.2.1"],
    &["--service", "192.0.2.1:80", "--protocol", "tcp"],
    &["--service", "fwmark/66"],
    &["--fwmark", "66"],
    &["--dest", "10.1.0.3"],
    &["--state", "ESTABLISHED,NONE"],
    &["--expires-under", "300"],
    &["--service", "0.0.0.0/0"],
];

#[test]
fn the_listing_and_the_count_are_those_of_proc() {
    for selection in SELECTIONS {
        for how in [
            &["list"][..],
            &["list", "--json"],
            &["list", "--by", "state"],
            &["list", "--histogram"],
            &["count"],
            &["count", "--json"],
        ] {
            let words = [how, selection].concat();
            let by_netlink = run_on(&patched(), &words);
            assert_eq!(by_netlink, run_on_copies(&words), "{words:?}");
            assert_eq!(by_netlink.status, 0);
        }
    }
    assert_eq!(run_on(&patched(), &["count"]).stdout, "2 connections, 3 templates\n");
    let count = run_on(&patched(), &["count", "--dest", "10.1.0.2", "--json"]).stdout;
    let count: Value = serde_json::from_str(&count).expect("JSON");
    assert_eq!(count["count"], serde_json::json!({"connections": 2, "templates": 1}));
}

#[test]
fn the_origin_is_known_too() {
    let listed = run_on(&patched(), &["list", "--sync", "--protocol", "tcp"]).stdout;
    let origins: Vec<_> = listed.lines().map(|line| line.split_whitespace().last()).collect();
    assert_eq!(origins, [Some("ORIGIN"), Some("sync"), Some("local")]);
}

#[test]
fn verbose_says_by_what_means() {
    let said = |kernel: &Kernel, words: &[&str]| run_on(kernel, words).stderr;
    assert_eq!(
        said(&patched(), &["count", "--verbose"]),
        "ipvsadm: patched kernel (ipvs_ext): connections are read by netlink\n"
    );
    let stock = said(&kernel(None), &["list", "--verbose"]);
    let first = stock.lines().next().expect("a line");
    assert_eq!(first, "ipvsadm: stock kernel: connections are read from /proc/net/ip_vs_conn");
    let dry = ["delete", "--all", "--dry-run", "--verbose"];
    assert_eq!(
        said(&patched(), &dry),
        "ipvsadm: patched kernel (ipvs_ext): connections are deleted by netlink\n"
    );
    let connect = || Err(Error::ModuleMissing);
    let words = ["conn", "count", "--verbose"];
    let outcome = support::run("ipvsadm", &words, b"", &world(false), connect);
    assert!(outcome.stderr.starts_with("ipvsadm: connections are read from /proc: the kernel has"));
}

/// The keys that are left.
fn left(kernel: &Kernel) -> Vec<String> {
    kernel.connections().iter().map(|one| one.key.to_string()).collect()
}

#[test]
fn a_patched_kernel_deletes_what_is_chosen_and_nothing_else() {
    let kernel = patched();
    let dry = run_on(&kernel, &["delete", "--client", "10.0.0.1", "--dry-run"]);
    assert_eq!((dry.status, dry.stderr.as_str()), (0, ""));
    assert!(dry.stdout.ends_with("would change 2 of 2; nothing was done\n"), "{dry:?}");
    assert_eq!(kernel.connections(), connections());

    let outcome = run_on(&kernel, &["delete", "--client", "10.0.0.1"]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
    assert!(outcome.stdout.ends_with("ended 2\n"), "{outcome:?}");
    assert_eq!(
        left(&kernel),
        [
            "tcp template 10.0.0.0 > 192.0.2.1:80",
            "template 10.0.0.0 > fwmark/66",
            "udp template 10.0.0.7 > 192.0.2.1:5060",
        ]
    );
    // By mark, by the engine's data, and the rest.
    for (words, stay) in [
        (&["--fwmark", "66"][..], 2),
        (&["--service", "192.0.2.1:5060"], 1),
        (&["--service", "192.0.2.1:5060"], 1),
        (&["--all"], 0),
    ] {
        let outcome = run_on(&kernel, &[&["delete"], words].concat());
        assert_eq!((outcome.status, left(&kernel).len()), (0, stay), "{words:?}");
    }
    assert_eq!(run_on(&kernel, &["delete", "--all"]).stderr, "ipvsadm: no such connection\n");
}

#[test]
fn a_template_in_use_stays_unless_its_connections_go_first() {
    let kernel = patched();
    let pin = ["delete", "--client", "10.0.0.0", "--protocol", "tcp"];
    let outcome = run_on(&kernel, &pin);
    assert_eq!(outcome.status, 4, "{outcome:?}");
    assert!(outcome.stdout.contains("still there: in use, or others belong to it"));
    let json = run_on(&kernel, &[&pin[..], &["--json"]].concat()).stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let surgery = &json["surgery"];
    assert_eq!((&surgery["means"], &surgery["dry_run"]), (&"netlink".into(), &false.into()));
    assert_eq!(surgery["entries"][0]["outcome"], "stayed");
    assert_eq!(surgery["entries"][0]["connection"]["client"], "10.0.0.0:0");
    assert_eq!(kernel.connections().len(), 5);
    let outcome = run_on(&kernel, &["delete", "--protocol", "tcp"]);
    assert_eq!((outcome.status, kernel.connections().len()), (0, 3), "{outcome:?}");
}

/// Calls of one client: templates that differ by the engine's data only.
fn calls(kernel: &Kernel, calls: &[(&[u8], u64)]) {
    let name = EngineName::new("sip").expect("short");
    let client = "10.0.0.7".parse().expect("an address");
    let socket = |text: &str| text.parse().expect("a socket");
    for (data, seconds) in calls {
        let key = ConnectionKey::template(Protocol::UDP, client, socket("192.0.2.1:5060"));
        let mut call = Connection::new(key, socket("10.1.0.3:5060"), Method::MASQ);
        call.expires = Duration::from_secs(*seconds);
        call.engine = Some(Engine { name, data: data.to_vec() });
        kernel.add_connection(call);
    }
}

#[test]
fn calls_that_the_kernel_cannot_tell_apart_end_together_or_not_at_all() {
    let kernel = Kernel::new(Release::Linux6_12);
    kernel.set_features(Some(Features::all_known()));
    calls(&kernel, &[(b"a", 10), (b"b", 20), (b"c", 300)]);
    // Only two of the three are chosen.
    let outcome = run_on(&kernel, &["delete", "--expires-under", "60", "--json"]);
    assert_eq!((outcome.status, kernel.connections().len()), (4, 3), "{outcome:?}");
    let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let entries = document["surgery"]["entries"].as_array().expect("entries");
    assert_eq!((entries.len(), &entries[0]["outcome"]), (2, &"stayed".into()));
    let outcome = run_on(&kernel, &["delete", "--expires-under", "60"]);
    assert!(outcome.stdout.contains("not to be told from others 2"), "{outcome:?}");

    let outcome = run_on(&kernel, &["delete", "--service", "192.0.2.1:5060"]);
    assert_eq!((outcome.status, kernel.connections().len()), (0, 0), "{outcome:?}");
    assert!(outcome.stdout.ends_with("ended 3\n"), "{outcome:?}");
}

/// An FTP session in every order of the table: data, its control connection, the client's template.
#[test]
fn what_controls_others_ends_after_them() {
    let socket = |text: &str| text.parse().expect("a socket");
    let (control, data) = (("10.0.0.1:40000", "192.0.2.1:21"), ("10.0.0.1:40001", "192.0.2.1:20"));
    let [control, data] = [control, data].map(|(client, service)| {
        ConnectionKey::new(Protocol::TCP, socket(client), socket(service))
    });
    let client = "10.0.0.1".parse().expect("an address");
    let pin = ConnectionKey::template(Protocol::TCP, client, socket("192.0.2.1:21"));
    for persistent in [false, true] {
        let session = [(data, Some(control)), (control, persistent.then_some(pin)), (pin, None)];
        let session = &session[..if persistent { 3 } else { 2 }];
        for first in 0..session.len() {
            for reversed in [false, true] {
                for assured in [0, 1] {
                    let mut order = session.to_vec();
                    order.rotate_left(first);
                    if reversed {
                        order.reverse();
                    }
                    let kernel = Kernel::new(Release::Linux6_12);
                    kernel.set_features(Some(Features::all_known()));
                    for (key, controller) in order {
                        let dest = socket("10.1.0.2:21");
                        let mut one = Connection::new(key, dest, Method::MASQ);
                        one.controller = controller;
                        one.state = if key.template { assured } else { 1 };
                        kernel.add_connection(one);
                    }
                    let outcome = run_on(&kernel, &["delete", "--all"]);
                    let expected = format!("ended {}\n", session.len());
                    assert_eq!(outcome.status, 0, "{outcome:?}");
                    assert!(outcome.stdout.ends_with(&expected), "{outcome:?}");
                    assert_eq!(kernel.connections(), []);
                }
            }
        }
    }
}

#[test]
fn what_is_not_said_clearly_is_refused_here_too() {
    for (words, status, text) in [
        (&["delete"][..], 2, "which connections? Give conditions, or --all"),
        (&["delete", "--all", "--limit", "4"], 1, "more than 4 entries match"),
        (&["count", "--client", "10.0.0.1:1", "--client-port", "1"], 2, "--client has a port"),
    ] {
        let kernel = patched();
        let outcome = run_on(&kernel, words);
        assert_eq!(outcome.status, status, "{words:?}: {outcome:?}");
        assert!(outcome.stderr.contains(text), "{words:?}: {outcome:?}");
        assert_eq!(kernel.connections().len(), 5);
    }
}

#[test]
fn who_has_the_same_connections_is_named() {
    let kernel = patched();
    let config = DaemonConfig::new(DaemonRole::Master, "eth0".parse().expect("a name"));
    kernel.change(Operation::StartDaemon { config }).expect("started");
    let outcome = run_on(&kernel, &["delete", "--protocol", "udp", "--json"]);
    assert!(outcome.stderr.contains("the master daemon on eth0 tells its backups nothing"));
    let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(document["surgery"]["cautions"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["surgery"]["entries"].as_array().map(Vec::len), Some(2));
}

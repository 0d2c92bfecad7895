// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm -L --unprivileged` over captures of three kernels.

mod support;

use std::fs;
use std::path::Path;

use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::{Error, Ipvs};
use ipvs_proc::Root;
use ipvsadm_rs::legacy::described::Described;
use ipvsadm_rs::legacy::streams::World;
use support::{NO_CONNECTIONS, Outcome, fixture, world};

const LACKS: &str = "ipvsadm: /proc/net/ip_vs does not tell scheduler flags, persistence engines, -o \
    of IPv6 services, and whether a fwmark service without -g or -m servers is IPv6; persistence is \
    in jiffies, not seconds; kernels before 7 may leave services out where other namespaces have some\n";

fn capture(kernel: &str) -> Root {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ipvs-proc/tests/fixtures");
    Root::at(fixtures.join(format!("linux-{kernel}")))
}

/// Runs `ipvsadm` on a machine with that `/proc`, as a user who may not ask the kernel.
fn run(proc: Root, arguments: &[&str]) -> Outcome {
    let host = fixture(NO_CONNECTIONS).with_proc(proc);
    let world = World { host: &host, posixly_correct: false, hints: false };
    let connect = || -> Result<Ipvs, Error> { panic!("{arguments:?} asks IPVS") };
    support::run("ipvsadm", arguments, b"", &world, connect)
}

#[test]
fn the_layout_is_that_of_the_plain_list() {
    let expected = "\
IP Virtual Server version 1.2.1 (size=512)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
FWM  -1 sh ops
TCP  10.1.0.100:80 rr
  -> 10.2.0.2:80                  Masq    1      2          2         
TCP  10.1.0.100:81 wlc persistent 75000 jiffies mask 255.255.255.0
  -> 10.2.0.2:80                  Masq    1      0          1         
TCP  10.1.0.100:82 wrr
UDP  10.1.0.100:53 rr
  -> 10.2.0.2:53                  Route   65535  0          1         
UDP  10.1.0.100:54 rr ops
  -> 10.2.0.2:54                  Tunnel  1      0          0         
  -> 127.0.0.1:54                 Route   1      0          0         
";
    let outcome = run(capture("7.2"), &["-L", "-n", "--unprivileged"]);
    assert!(outcome.stdout.starts_with(expected), "{}", outcome.stdout);
    for line in [
        "TCP  [fd01::100]:81 rr persistent 150000 jiffies mask 64\n",
        "  -> [fd02::2]:8080               Masq    1      0          1         \n",
        "FWM  66 rr persistent 30000 jiffies\n",
    ] {
        assert!(outcome.stdout.contains(line), "{line}{}", outcome.stdout);
    }
    assert_eq!((outcome.stderr.as_str(), outcome.status), (LACKS, 0));
    // But for what the file lacks and one word, it is what the privileged list shows.
    let words = ["-Ln", "--unprivileged", "-X"];
    assert_eq!(run(capture("7.2"), &words), outcome);
}

#[test]
fn everything_is_listed() {
    for kernel in ["6.1", "6.12", "7.2"] {
        for line in [&["-Ln", "--unprivileged"][..], &["-ln", "--unprivileged", "--nosort"]] {
            let outcome = run(capture(kernel), line);
            let dests = outcome.stdout.lines().filter(|line| line.starts_with("  -> ")).count();
            assert_eq!((dests, outcome.stdout.lines().count()), (1 + 12, 2 + 1 + 12 + 15));
        }
    }
    // In the file's order.
    let outcome = run(capture("7.2"), &["-L", "--unprivileged", "-n", "--nosort"]);
    let first = outcome.stdout.lines().nth(3);
    assert_eq!(first, Some("UDP  10.1.0.100:5070 rr persistent 50000 jiffies ops"));
}

/// A machine with this table and these names.
fn machine(lines: &str) -> (tempfile::TempDir, Described) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(dir.path().join("net")).expect("a directory");
    let heading = "IP Virtual Server version 1.2.1 (size=4096)\n\
        Prot LocalAddress:Port Scheduler Flags\n\
        \x20 -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
    fs::write(dir.path().join("net/ip_vs"), format!("{heading}{lines}")).expect("a file");
    let host = Described::new("10.0.0.1 vip1\n", "http 80/tcp\n", None);
    let host = host.with_proc(Root::at(dir.path()));
    (dir, host)
}

#[test]
fn names_and_families_as_far_as_they_are_known() {
    let (_dir, host) = machine(
        "TCP  0A000001:0050 rr  \n\
         FWM  00000007 rr persistent 90000 80000000\n\
         \x20 -> 0A000002:0000      Tunnel  1      0          0         \n\
         \x20 -> [fd02:0000:0000:0000:0000:0000:0000:0002]:0000      Route   -1     0          0         \n\
         FWM  00000008 rr persistent 90000 80000000\n\
         \x20 -> [fd02:0000:0000:0000:0000:0000:0000:0002]:0000      Tunnel  1      0          0         \n",
    );
    let world = World { host: &host, posixly_correct: false, hints: false };
    let connect = || -> Result<Ipvs, Error> { panic!("asks IPVS") };
    let outcome = support::run("ipvsadm", &["-L", "--unprivileged"], b"", &world, connect);
    let rows: String = outcome.stdout.lines().skip(3).map(|line| format!("{line}\n")).collect();
    assert_eq!(
        rows,
        "\
TCP  vip1:http rr
FWM  7 IPv6 rr persistent 90000 jiffies
  -> [fd02::2]:0                  Route   -1     0          0         
  -> 10.0.0.2:0                   Tunnel  1      0          0         
FWM  8 rr persistent 90000 jiffies
  -> [fd02::2]:0                  Tunnel  1      0          0         
"
    );
}

#[test]
fn one_service() {
    const TITLE: &str = "\
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
";
    // Alone, each service of the captures is what it is in the whole list.
    for kernel in ["6.1", "6.12", "7.2"] {
        let all = run(capture(kernel), &["-Ln", "--unprivileged"]).stdout;
        let below: Vec<_> = all.lines().skip(3).collect();
        let mut seen = 0;
        for rows in below.chunk_by(|_, next| next.starts_with("  -> ")) {
            let words: Vec<_> = rows[0].split_whitespace().collect();
            let option = match words[0] {
                "TCP" => "-t",
                "UDP" => "-u",
                "SCTP" => "--sctp-service",
                "FWM" => "-f",
                // ICMPv6 and others: no option names them.
                "?" => continue,
                other => panic!("{other}"),
            };
            // The kernel's -1 and others from the capture are marks of 32 bits.
            let name = match words[1].parse::<i32>() {
                Ok(mark) => mark.cast_unsigned().to_string(),
                Err(_) => words[1].to_owned(),
            };
            let mut line = vec!["-L", "-n", "--unprivileged", option, &name];
            line.extend(rows[0].contains(" IPv6 ").then_some("-6"));
            let outcome = run(capture(kernel), &line);
            let rows: String = rows.iter().map(|row| format!("{row}\n")).collect();
            assert_eq!(outcome.stdout, format!("{TITLE}{rows}"), "{line:?}");
            assert_eq!((outcome.stderr.as_str(), outcome.status), (LACKS, 0), "{line:?}");
            seen += 1;
        }
        assert_eq!(seen, 13);
    }
    let told = |line: &[&str]| {
        let outcome = run(capture("7.2"), line);
        assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1), "{line:?}");
        outcome.stderr
    };
    // As the C tool says it of what the kernel does not have.
    for service in [["-t", "10.1.0.100:99"], ["-u", "10.1.0.100:80"], ["-f", "4"]] {
        let line = [&["-Ln", "--unprivileged"], &service[..]].concat();
        assert_eq!(told(&line), "No such service\n", "{service:?}");
    }
}

#[test]
fn one_service_of_a_mark() {
    let (_dir, host) = machine(
        "FWM  00000007 rr  \n\
         \x20 -> [fd02:0000:0000:0000:0000:0000:0000:0002]:0000      Route   1      0          0         \n\
         FWM  00000007 wrr  \n\
         FWM  00000008 lc  \n\
         \x20 -> 0A000002:0000      Route   1      0          0         \n",
    );
    let world = World { host: &host, posixly_correct: false, hints: false };
    let connect = || -> Result<Ipvs, Error> { panic!("asks IPVS") };
    for (service, row) in [
        (&["-f", "7", "-6"][..], Some("FWM  7 IPv6 rr")),
        // The other one, whose family the file leaves open.
        (&["-f", "7"], Some("FWM  7 wrr")),
        (&["-f", "8"], Some("FWM  8 lc")),
        (&["-f", "8", "-6"], None),
    ] {
        let line = [&["-L", "--unprivileged"], service].concat();
        let outcome = support::run("ipvsadm", &line, b"", &world, connect);
        assert_eq!(outcome.stdout.lines().nth(2), row, "{service:?}");
        let services = outcome.stdout.lines().filter(|line| line.starts_with("FWM")).count();
        assert_eq!(services, usize::from(row.is_some()), "{service:?}");
        assert_eq!(outcome.status, u8::from(row.is_none()), "{service:?}");
    }
}

#[test]
fn what_it_can_not_serve_is_named() {
    for (option, name) in [
        (&["--stats"][..], "stats"),
        (&["--rate"], "rate"),
        (&["--thresholds"], "thresholds"),
        (&["--persistent-conn"], "persistent-conn"),
        (&["--tun-info"], "tun-info"),
        (&["--timeout"], "timeout"),
        (&["--daemon"], "daemon"),
        (&["-c"], "connection"),
    ] {
        for line in [[&["-Ln", "--unprivileged"], option], [&["-L"], option]] {
            let line = [line.concat(), vec!["--unprivileged"]].concat();
            let line = &line[..line.len() - usize::from(line[1] == "--unprivileged")];
            let outcome = run(capture("7.2"), line);
            let told = format!(
                "The option '{name}' conflicts with the 'unprivileged' option in the 'list' command: \
                 without privilege there is only the plain list of services\n"
            );
            assert_eq!((outcome.stdout, outcome.stderr, outcome.status), ("".into(), told, 2));
        }
    }
    let outcome = run(capture("7.2"), &["-L", "--unprivileged", "-w", "1"]);
    assert_eq!(outcome.stderr, "Illegal 'weight' option with the 'list' command\n");
}

#[test]
fn files_that_can_not_be_read_are_told() {
    let empty = tempfile::tempdir().expect("a temporary directory");
    let outcome = run(Root::at(empty.path()), &["-Ln", "--unprivileged"]);
    assert!(outcome.stderr.ends_with("load the module with `modprobe ip_vs`\n"), "{outcome:?}");
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1));
    let (_dir, host) = machine("TCP  what\n");
    let world = World { host: &host, posixly_correct: false, hints: false };
    let connect = || -> Result<Ipvs, Error> { panic!("asks IPVS") };
    let outcome = support::run("ipvsadm", &["-L", "--unprivileged"], b"", &world, connect);
    assert!(outcome.stderr.contains("ip_vs, line 4, column 6"), "{outcome:?}");
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1));
}

#[test]
fn only_when_asked_for() {
    // Without privilege the plain list fails as ever.
    let refused = || -> Result<Ipvs, Error> { Err(Error::ModuleMissing) };
    let outcome = support::run("ipvsadm", &["-Ln"], b"", &world(false), refused);
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 2));
    // Other commands don't know the option; within a restore it lists as well.
    let kernel = Kernel::new(Release::Linux7_2);
    let host = fixture(NO_CONNECTIONS).with_proc(capture("7.2"));
    let world = World { host: &host, posixly_correct: false, hints: false };
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    let outcome = support::run("ipvsadm", &["-S", "--unprivileged"], b"", &world, connect);
    assert_eq!(outcome.stderr, "Illegal 'unprivileged' option with the 'save' command\n");
    let rules = b"-L -n --unprivileged\n";
    let outcome = support::run("ipvsadm", &["-R"], rules, &world, connect);
    assert_eq!(outcome.stdout, run(capture("7.2"), &["-Ln", "--unprivileged"]).stdout);
}

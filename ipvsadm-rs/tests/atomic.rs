// SPDX-License-Identifier: MIT OR Apache-2.0
//! `-S --full` and `-R --atomic`: the same state again, all of it or nothing.

mod support;

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use ipvs_netlink::fake::{Fault, Interface, Kernel, Release};
use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, Forward, Granularity, InterfaceName,
    Persistence, ServiceConfig, ServiceFlags, ServiceKey, Tunnel, TunnelFlags,
};
use ipvs_netlink::{Errno, Ipvs, Operation, Ruleset};
use proptest::prelude::*;
use support::{Outcome, world};

fn as_program(name: &str, kernel: &Kernel, arguments: &[&str], stdin: &str) -> Outcome {
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    support::run(name, arguments, stdin.as_bytes(), &world(false), connect)
}

fn on(kernel: &Kernel, arguments: &[&str], stdin: &str) -> Outcome {
    as_program("ipvsadm", kernel, arguments, stdin)
}

fn kernel() -> Kernel {
    Kernel::new(Release::Linux6_12)
}

/// A kernel that holds these rules.
fn holding(rules: &str) -> Kernel {
    let kernel = kernel();
    let outcome = on(&kernel, &["-R"], rules);
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
    kernel
}

/// The destinations as the kernel lists them.
fn listed(kernel: &Kernel, service: &str) -> Vec<DestKey> {
    let mut ipvs = Ipvs::with_backend(kernel.clone());
    let dests = ipvs.dests(service.parse().expect("a service")).expect("there");
    dests.iter().map(|dest| dest.key).collect()
}

const EVERYTHING: &str = "\
--start-daemon master --mcast-interface=eth0 --syncid 9 --sync-maxlen 1400 --mcast-group 224.0.0.90 \
--mcast-port 8900 --mcast-ttl 3
--start-daemon backup --mcast-interface=eth0 --syncid 7 --sync-maxlen 1452 --mcast-group ff05::5 \
--mcast-port 8848 --mcast-ttl 1
--set 1000 100 200
-A -t 10.0.0.1:80 -s sh -p 60 -M 255.255.255.0 -b flag-2,flag-3
-a -t 10.0.0.1:80 -r 10.0.0.9:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 10.0.0.1:80 -r 10.0.0.3:8080 -g -w 0 -x 10 -y 5 --keep-port
-a -t 10.0.0.1:80 -r 10.0.0.7:90 -m -w 2147483647
-A -t [2001:db8::1]:443 -s wlc -p 300 -M 64
-a -t [2001:db8::1]:443 -r [2001:db8::2]:443 -i -w 3 --tun-type gre --tun-csum
-A -u 10.0.0.1:5060 -s rr -p 100 --pe sip -o
-A -f 4294967295 -s mh -b flag-3
-a -f 4294967295 -r 10.0.0.8:0 -g -w 1
-A -f 2147483648 -6 -s nq
";

#[test]
fn a_full_save_says_everything_and_is_restored_to_the_same_state() {
    let kernel = holding(EVERYTHING);
    let saved = on(&kernel, &["-S", "--full"], "");
    assert_eq!((saved.stderr.as_str(), saved.status), ("", 0));
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&saved.stdout), sorted(EVERYTHING));
    let other = holding("-A -t 10.9.9.9:80\n--set 1 2 3\n");
    let outcome = on(&other, &["-R", "--atomic"], &saved.stdout);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str(), outcome.status), ("", "", 0));
    assert_eq!(other.ruleset(), kernel.ruleset());
    let web = "tcp/10.0.0.1:80";
    assert_eq!(listed(&other, web), listed(&kernel, web), "the order in which they were made");
    // The legacy form of the same loses some of it.
    let legacy = on(&kernel, &["-S", "-n"], "").stdout;
    let other = crate::kernel();
    on(&other, &["-R"], &legacy);
    assert_ne!(other.ruleset(), kernel.ruleset());
}

#[test]
fn the_c_tools_restore_reads_a_full_save() {
    let kernel =
        holding("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -x 3 -y 2\n");
    let saved = on(&kernel, &["-S", "--full"], "").stdout;
    let other = crate::kernel();
    let outcome = on(&other, &["-R"], &saved);
    // That no daemon runs is news to it.
    assert_eq!(outcome.stderr, "No daemon is running\nNo daemon is running\n");
    assert_eq!(outcome.status, 0);
    assert_eq!(other.ruleset(), kernel.ruleset());
}

#[test]
fn only_differences_are_carried_out() {
    let kernel = holding(EVERYTHING);
    let rules = EVERYTHING.replace("-w 2147483647", "-w 7");
    // Were anything else touched, it would be the second operation, and die.
    kernel.inject(1, Fault::Die);
    let outcome = on(&kernel, &["-R", "--atomic"], &rules);
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
    let again = on(&kernel, &["-S", "--full"], "").stdout;
    assert!(again.contains("-r 10.0.0.7:90 -m -w 7\n"), "{again}");
}

#[test]
fn what_rules_do_not_speak_of_stays() {
    let kernel = holding(EVERYTHING);
    let rules = "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m\n";
    assert_eq!(on(&kernel, &["-R", "--atomic"], rules).status, 0);
    let state = kernel.ruleset();
    assert_eq!(state.services().len(), 1);
    assert_eq!(state.timeouts().map(|t| t.tcp), Some(Duration::from_secs(1000)));
    assert_eq!(state.daemons().map(|d| d.len()), Some(2));
    let rules = "--set 0 0 77\n-C\n--stop-daemon backup\n--start-daemon master --syncid 1\n";
    let outcome = on(&kernel, &["-R", "--atomic"], rules);
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
    let saved = on(&kernel, &["-S", "--full"], "").stdout;
    assert!(saved.contains("--start-daemon master --mcast-interface=eth0 --syncid 1 "), "{saved}");
    assert!(saved.contains("\n--stop-daemon backup\n--set 1000 100 77\n"), "{saved}");
}

#[test]
fn lines_build_on_each_other_and_comments_are_skipped() {
    let rules = "# all of it\n-A -t 10.0.0.9:80\n-C # from scratch\n\n  # one\n-A -t 10.0.0.1:80 -s rr\n\
        -a -t 10.0.0.1:80 -r 10.0.0.2 -m\r\n-a -t 10.0.0.1:80 -r 10.0.0.3 -m\n\
        -e -t 10.0.0.1:80 -r 10.0.0.3 -m -w 5\n-E -t 10.0.0.1:80 -s sed\n\
        -d -t 10.0.0.1:80 -r 10.0.0.2 -m";
    let kernel = kernel();
    let outcome =
        on(&kernel, &["-R", "--atomic"], &rules.replace(" -r 10.0.0.2 -m", " -r 10.0.0.2"));
    // `-d` takes no method, and -g is the default of -a: the port is the service's either way.
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
    assert_eq!(
        on(&kernel, &["-Sn"], "").stdout,
        "-A -t 10.0.0.1:80 -s sed\n-a -t 10.0.0.1:80 -r 10.0.0.3:80 -m -w 5\n"
    );
}

#[test]
fn a_bad_line_changes_nothing_and_is_named() {
    let kernel = holding("-A -t 10.0.0.9:80 -s rr\n");
    let before = kernel.ruleset();
    let good = "-A -t 10.0.0.1:80 -s rr\n";
    for (line, expected) in [
        ("-A -t bogus:81", "2:7: illegal virtual server address[:port] specified: `bogus:81'"),
        ("-a -t 10.0.0.1:80 -r 10.0.0.2 -w 1e3", "2:34: illegal weight specified: `1e3'"),
        ("  -A -t 10.0.0.2:80 --bad -w x", "2:21: --bad: unknown option"),
        ("-A -t 10.0.0.2:80 -w", "2:19: -w: missing argument"),
        (
            "-A -s rr",
            "2:1: You need to supply the 'service-address' option for the 'add-service' command",
        ),
        ("--set 1 2", "2:1: --set option requires 3 timeout values"),
        ("--set 1 x 3", "2:9: invalid timeout value `x' specified"),
        ("-C now", "2:4: unexpected argument now"),
        ("-A -t 10.0.0.1:80", "2:1: service tcp/10.0.0.1:80 is there twice: remove one"),
        ("-D -t 10.0.0.9:80", "2:1: service tcp/10.0.0.9:80 is not in the ruleset: add it first"),
        (
            "-a -t 10.0.0.9:80 -r 10.0.0.2",
            "2:1: service tcp/10.0.0.9:80 is not in the ruleset: add it first",
        ),
        (
            "-a -t 10.0.0.1:80 -r 10.0.0.2 -y 5",
            "2:1: destination 10.0.0.2:80 of tcp/10.0.0.1:80: lower threshold 5 is above the upper threshold 0",
        ),
        (
            "-Ln",
            "2:1: expected a rule: -A, -E, -D, -a, -e, -d, -C, --set, --start-daemon or --stop-daemon",
        ),
        ("-Z", "2:1: counters are no part of a state; leave this line out"),
        ("rr -C", "2:1: unexpected argument rr"),
        (
            "-f 5 -6",
            "2:1: expected a rule: -A, -E, -D, -a, -e, -d, -C, --set, --start-daemon or --stop-daemon",
        ),
        ("-A -6 -f 5", "2:4: -6 used before -f"),
        (
            "-h",
            "2:1: expected a rule: -A, -E, -D, -a, -e, -d, -C, --set, --start-daemon or --stop-daemon",
        ),
    ] {
        let rules = format!("{good}{line}\n-A -t 10.0.0.3:80\n");
        let outcome = on(&kernel, &["-R", "--atomic"], &rules);
        let expected = format!("standard input:{expected}; nothing was changed\n");
        assert_eq!((outcome.stderr, outcome.status), (expected, 2));
        assert_eq!(kernel.ruleset(), before);
    }
}

#[test]
fn people_see_the_line_and_a_mark() {
    let kernel = kernel();
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    let rules = b"\n-A\t-t 10.0.0.1:80 -s rr -p 0 # c\n";
    let outcome = support::run("ipvsadm", &["-R", "--atomic"], rules, &world(true), connect);
    assert_eq!(
        outcome.stderr,
        "standard input:2:28: invalid timeout value `0' specified; nothing was changed\n  \
         -A\t-t 10.0.0.1:80 -s rr -p 0 # c\n    \t                        ^\n"
    );
}

#[test]
fn a_refusal_rolls_back_and_names_the_line() {
    let kernel = holding("-A -t 10.0.0.9:80 -s rr\n--set 1 2 3\n");
    let before = kernel.ruleset();
    let rules = "--set 5 6 7\n-A -t 10.0.0.1:80 -s rr\n\n-A -t 10.0.0.2:80 -s nosuch\n";
    let outcome = on(&kernel, &["-R", "--atomic"], rules);
    assert_eq!(
        (outcome.stderr.as_str(), outcome.status),
        (
            "standard input:4: create service tcp/10.0.0.2:80: the kernel has no scheduler `nosuch`: \
             check the name, or load its module (`modprobe ip_vs_nosuch`) (ENOENT); everything was \
             rolled back\n",
            255
        )
    );
    assert_eq!(kernel.ruleset(), before);
    kernel.inject(0, Fault::Refuse(Errno::ENOMEM));
    let outcome = on(&kernel, &["-R", "--atomic"], "-C\n");
    assert!(outcome.stderr.starts_with("standard input: delete service tcp/10.0.0.9:80: "));
    assert_eq!((outcome.status, kernel.ruleset()), (255, before));
}

#[test]
fn contradictions_between_lines_are_found() {
    let rules = "--start-daemon master\n-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 2001:db8::1 -i\n";
    let outcome = on(&kernel(), &["-R", "--atomic"], rules);
    assert!(outcome.stderr.starts_with("standard input:3: destination [2001:db8::1]:80 of tcp/"));
    assert!(outcome.stderr.ends_with("; nothing was changed\n"), "{}", outcome.stderr);
    let rules = "--start-daemon master\n--start-daemon master\n";
    let outcome = on(&kernel(), &["-R", "--atomic"], rules);
    assert!(outcome.stderr.starts_with("standard input:2:1: there are two master daemons"));
}

#[test]
fn an_empty_input_is_no_state() {
    let kernel = holding("-A -t 10.0.0.9:80 -s rr\n");
    for nothing in ["", "\n\n", "# nothing\n"] {
        let outcome = on(&kernel, &["-R", "--atomic"], nothing);
        let expected =
            "standard input: holds no rule; to empty the table say -C; nothing was changed\n";
        assert_eq!((outcome.stderr.as_str(), outcome.status), (expected, 2));
    }
    assert_eq!(kernel.ruleset().services().len(), 1);
    assert_eq!(on(&kernel, &["-R", "--atomic"], "-C\n").status, 0);
    assert_eq!(kernel.ruleset().services().len(), 0);
}

#[test]
fn the_scripts_have_the_options_too() {
    let kernel = holding(EVERYTHING);
    let saved = as_program("ipvsadm-save", &kernel, &["--full"], "");
    assert_eq!(saved.stdout, on(&kernel, &["-S", "--full"], "").stdout);
    let other = holding("-A -t 10.9.9.9:80\n");
    let bad = format!("{}-A -t x\n", saved.stdout);
    let outcome = as_program("/sbin/ipvsadm-restore", &other, &["--atomic"], &bad);
    assert_eq!((outcome.status, other.ruleset().services().len()), (2, 1), "nothing was cleared");
    let outcome = as_program("/sbin/ipvsadm-restore", &other, &["--atomic"], &saved.stdout);
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
    assert_eq!(other.ruleset(), kernel.ruleset());
}

#[test]
fn what_rules_cannot_express_is_not_left_out_in_silence() {
    let kernel = kernel();
    let mut ipvs = Ipvs::with_backend(kernel.clone());
    let service: ServiceKey = "tcp/10.0.0.1:80".parse().expect("a service");
    let long = Persistence::new(Duration::from_secs(3_000_000));
    let config = ServiceConfig::new("rr".parse().expect("a name")).persistence(long);
    ipvs.create_service(service, config).expect("created");
    let outcome = on(&kernel, &["-S", "--full"], "");
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1));
    assert_eq!(
        outcome.stderr,
        "the state can't be saved, rules can't express: -A -t 10.0.0.1:80 -s rr -p 3000000\n"
    );
}

fn service_keys() -> impl Strategy<Value = ServiceKey> {
    let keys = [
        "tcp/10.0.0.1:80",
        "udp/10.0.0.1:0",
        "sctp/[2001:db8::1]:9",
        "tcp/[2001:db8::2]:80",
        "fwmark/7",
        "fwmark/4294967295",
        "fwmark6/7",
    ];
    prop::sample::select(keys.map(|key| key.parse().expect("a key")).to_vec())
}

fn service_configs(key: ServiceKey) -> impl Strategy<Value = ServiceConfig> {
    let scheduler = prop::sample::select(vec!["rr", "wlc", "sh", "mh", "none"]);
    let mask = match key.family() {
        ipvs_netlink::types::Family::Ipv4 => any::<u32>()
            .prop_map(|bits| Granularity::ipv4(std::net::Ipv4Addr::from_bits(bits)))
            .boxed(),
        ipvs_netlink::types::Family::Ipv6 => {
            (1u8..=128).prop_map(|p| Granularity::ipv6(p).expect("a prefix")).boxed()
        }
    };
    let flags = (0u32..8).prop_map(|bits| ServiceFlags::from_bits_retain(bits << 3));
    (scheduler, flags, prop::option::of((1u64..=2_678_400, mask)), any::<(bool, bool)>()).prop_map(
        move |(scheduler, flags, persistence, (engine, one_packet))| {
            let mut config = ServiceConfig::new(scheduler.parse().expect("a name")).flags(flags);
            let udp = matches!(key.protocol(), None | Some(ipvs_netlink::types::Protocol::UDP));
            config.flags.set(ServiceFlags::ONE_PACKET, one_packet && udp);
            config.engine = engine.then(|| "sip".parse().expect("a name"));
            // Without persistence, port 0 makes no service.
            let persistence =
                persistence.or((key.port() == Some(0)).then_some((9, Granularity::HOST)));
            config.persistence = persistence
                .map(|(secs, mask)| Persistence::new(Duration::from_secs(secs)).granularity(mask));
            config
        },
    )
}

fn dests(key: ServiceKey) -> impl Strategy<Value = (DestKey, DestConfig)> {
    let flags = prop::sample::select(vec![TunnelFlags::empty(), TunnelFlags::CSUM]);
    let port = (1u16..).prop_map(|port| NonZeroU16::new(port).expect("not zero"));
    let forward = (0u8..5, flags, port, any::<bool>()).prop_map(|(kind, flags, port, remcsum)| {
        let gue = if remcsum { TunnelFlags::REMCSUM } else { flags };
        match kind {
            0 => Forward::Masq,
            1 => Forward::Route,
            2 => Forward::Tunnel(Tunnel::Ipip),
            3 => Forward::Tunnel(Tunnel::Gue { port, flags: gue }),
            _ => Forward::Tunnel(Tunnel::Gre { flags }),
        }
    });
    let numbers = (1u8..20, prop::sample::select(vec![80u16, 0, 8080]), 0u32..=0x7fff_ffff);
    let thresholds = (0u32..=0x7fff_ffff, any::<u32>());
    (forward, numbers, thresholds).prop_map(
        move |(forward, (host, port, weight), (upper, lower))| {
            let address = match key.family() {
                ipvs_netlink::types::Family::Ipv4 => format!("10.1.0.{host}").parse(),
                ipvs_netlink::types::Family::Ipv6 => format!("2001:db8:1::{host}").parse(),
            };
            let mut config = DestConfig::new(forward).weight(weight);
            config.upper_threshold = NonZeroU32::new(upper);
            config.lower_threshold = NonZeroU32::new(lower.checked_rem(upper).unwrap_or(0));
            (DestKey::new(address.expect("an address"), port), config)
        },
    )
}

type Service = (ServiceKey, ServiceConfig, Vec<(DestKey, DestConfig)>);

fn services() -> impl Strategy<Value = Vec<Service>> {
    let service = service_keys().prop_flat_map(|key| {
        (Just(key), service_configs(key), prop::collection::vec(dests(key), 0..6))
    });
    prop::collection::vec(service, 0..6)
}

fn kernel_with(services: &[Service]) -> Kernel {
    let kernel = kernel();
    let name = |name: &str| InterfaceName::new(name).expect("a short name");
    kernel.set_interface(name("ipvsadm"), Interface::new(1500));
    let mut ipvs = Ipvs::with_backend(kernel.clone());
    let mut operations = Vec::new();
    for (service, config, dests) in services {
        operations.push(Operation::CreateService { service: *service, config: *config });
        let service = *service;
        operations.extend(dests.iter().map(|&(dest, config)| Operation::CreateDest {
            service,
            dest,
            config,
        }));
    }
    // What is there already is refused.
    ipvs.commit(&operations).expect("a kernel in memory");
    ipvs.start_daemon(DaemonConfig::new(DaemonRole::Backup, name("ipvsadm"))).expect("started");
    kernel
}

proptest! {
    /// Whatever one table holds and the other held.
    #[test]
    fn full_save_and_atomic_restore_make_the_same_state(a in services(), b in services()) {
        let (have, other) = (kernel_with(&a), kernel_with(&b));
        let saved = on(&have, &["-S", "--full"], "");
        prop_assert_eq!((saved.stderr.as_str(), saved.status), ("", 0));
        let outcome = on(&other, &["-R", "--atomic"], &saved.stdout);
        prop_assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
        prop_assert_eq!(other.ruleset(), have.ruleset());
        let fresh = kernel_with(&[]);
        prop_assert_eq!(on(&fresh, &["-R", "--atomic"], &saved.stdout).status, 0);
        let order = |kernel: &Kernel| -> Vec<(ServiceKey, Vec<DestKey>)> {
            let state: Ruleset = kernel.ruleset();
            state.services().map(|(key, rules)| {
                (key, rules.dests_in_order().map(|(dest, _)| dest).collect())
            }).collect()
        };
        prop_assert_eq!(order(&fresh), order(&have));
    }

    /// Any bytes: one line on standard error, nothing changed unless it succeeded.
    #[test]
    fn any_input_is_all_or_nothing(input in "(-[AaEeDdCtfrsw6]|[ \n#]|10.0.0.[12]:80|rr|x|\\PC|--set|=){0,40}") {
        let kernel = holding("-A -t 10.0.0.1:80 -s rr\n");
        let before = kernel.ruleset();
        let outcome = on(&kernel, &["-R", "--atomic"], &input);
        if outcome.status != 0 {
            prop_assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
            prop_assert_eq!(kernel.ruleset(), before);
        }
    }
}

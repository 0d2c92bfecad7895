// SPDX-License-Identifier: MIT OR Apache-2.0
//! Laws of plans, over random states and with a failure at every position.

use std::collections::BTreeMap;
use std::num::{NonZeroU8, NonZeroU16};
use std::time::Duration;

use ipvs_netlink::fake::{Fault, Kernel, Release};
use ipvs_netlink::types::*;
use ipvs_netlink::{ApplyError, Errno, Ipvs, Rollback, Ruleset};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const SERVICES: [&str; 6] = [
    "tcp/192.0.2.10:80",
    "udp/192.0.2.10:53",
    "sctp/192.0.2.11:0",
    "tcp/[2001:db8::1]:80",
    "fwmark/7",
    "fwmark6/7",
];
const DESTS: [&str; 6] =
    ["10.0.0.2:80", "10.0.0.3:80", "10.0.0.3:0", "127.0.0.1:80", "[fd00::2]:80", "[fd00::3]:80"];

fn service_config(family: Family) -> impl Strategy<Value = ServiceConfig> {
    let granularity = match family {
        Family::Ipv4 => Granularity::ipv4([255, 255, 255, 0].into()),
        Family::Ipv6 => Granularity::ipv6(64).expect("prefix"),
    };
    let persistence = prop_oneof![
        Just(None),
        (1u64..3).prop_map(|s| Some(Persistence::new(Duration::from_secs(s * 60)))),
        Just(Some(Persistence::new(Duration::from_secs(60)).granularity(granularity))),
    ];
    let scheduler = select(vec![Scheduler::RR, Scheduler::MH, Scheduler::NONE]);
    (scheduler, persistence, 0u32..3, any::<bool>()).prop_map(
        |(scheduler, persistence, flags, engine)| {
            let mut config =
                ServiceConfig::new(scheduler).flags(ServiceFlags::from_bits_retain(flags << 3));
            config.persistence = persistence;
            config.engine = engine.then(|| "sip".parse().expect("name"));
            config
        },
    )
}

fn forward(mixed: bool) -> impl Strategy<Value = Forward> {
    let port = NonZeroU16::new(6080).expect("not zero");
    let tunnels = vec![
        Forward::Tunnel(Tunnel::Ipip),
        Forward::Tunnel(Tunnel::Gue { port, flags: TunnelFlags::CSUM }),
        Forward::Tunnel(Tunnel::Gre { flags: TunnelFlags::empty() }),
    ];
    let plain = vec![Forward::Masq, Forward::Route, Forward::Local];
    select(if mixed { tunnels } else { [plain, tunnels].concat() })
}

fn dest_config(mixed: bool) -> impl Strategy<Value = DestConfig> {
    (forward(mixed), 0u32..3, 0u32..3).prop_map(|(forward, weight, n)| {
        DestConfig::new(forward).weight(weight).thresholds(n * 10, n * 5)
    })
}

type Rules = (ServiceKey, ServiceConfig, Vec<(DestKey, DestConfig)>);

fn service(text: &'static str) -> impl Strategy<Value = Rules> {
    let key: ServiceKey = text.parse().expect("service");
    let dests = subsequence(DESTS.to_vec(), 0..=DESTS.len()).prop_flat_map(move |dests| {
        dests
            .into_iter()
            .map(|text| {
                let dest: DestKey = text.parse().expect("destination");
                (Just(dest), dest_config(dest.family() != key.family()))
            })
            .collect::<Vec<_>>()
    });
    (Just(key), service_config(key.family()), dests)
}

fn daemons() -> impl Strategy<Value = Vec<DaemonConfig>> {
    let one = |role| {
        let interface = select(vec!["lo", "eth0"]);
        (interface, 0u8..2, 0u8..2, 0u16..2, any::<bool>()).prop_map(
            move |(interface, id, ttl, len, some)| {
                let mut config = DaemonConfig::new(role, interface.parse().expect("interface"));
                config.sync_id = id.into();
                config.ttl = NonZeroU8::new(ttl * 3);
                config.max_len = NonZeroU16::new(len * 700);
                some.then_some(config)
            },
        )
    };
    (one(DaemonRole::Master), one(DaemonRole::Backup))
        .prop_map(|(master, backup)| master.into_iter().chain(backup).collect())
}

/// A whole state that a kernel can have.
fn state() -> impl Strategy<Value = Ruleset> {
    let services = subsequence(SERVICES.to_vec(), 0..=SERVICES.len())
        .prop_flat_map(|keys| keys.into_iter().map(service).collect::<Vec<_>>());
    let timeouts = (1u64..3, 1u64..3, 1u64..3).prop_map(|(tcp, tcp_fin, udp)| Timeouts {
        tcp: Duration::from_secs(tcp * 100),
        tcp_fin: Duration::from_secs(tcp_fin * 100),
        udp: Duration::from_secs(udp * 100),
    });
    (services, timeouts, prop_oneof![Just(Vec::new()), daemons()]).prop_map(
        |(services, timeouts, daemons)| {
            let mut rules = Ruleset::new();
            for (key, config, dests) in services {
                rules.add_service(key, config).expect("valid");
                for (dest, config) in dests {
                    if daemons.is_empty() || dest.family() == key.family() {
                        rules.add_dest(key, dest, config).expect("valid");
                    }
                }
            }
            rules.set_timeouts(Some(timeouts)).expect("valid");
            rules.set_daemons(Some(daemons)).expect("valid");
            rules.check().expect("valid");
            rules
        },
    )
}

fn kernel_in(state: &Ruleset) -> (Kernel, Ipvs) {
    let kernel = Kernel::with_rules(Release::Linux6_12, state).expect("a possible state");
    (kernel.clone(), Ipvs::with_backend(kernel))
}

/// Compares without the diff under test.
fn assert_holds(kernel: &Kernel, want: &Ruleset) {
    let now = kernel.ruleset();
    assert!(now.services().eq(want.services()), "{now:#?}\n{want:#?}");
    assert_eq!(now.timeouts(), want.timeouts());
    let running: Vec<_> = now.daemons().expect("read").collect();
    let wanted: Vec<_> = want.daemons().expect("given").collect();
    assert_eq!(running.len(), wanted.len());
    for (running, wanted) in running.iter().zip(wanted) {
        let mut wanted = *wanted;
        if running.role == DaemonRole::Backup {
            wanted.max_len = wanted.max_len.map(|_| NonZeroU16::new(1024).expect("not zero"));
        }
        assert!(wanted.is_satisfied_by(running), "{wanted:?}\n{running:?}");
    }
}

/// The number of things in which two states differ; services that come or go take their
/// destinations with them only when they go.
fn distance(have: &Ruleset, want: &Ruleset) -> usize {
    let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (have.services().collect(), want.services().collect());
    let gone = old.keys().filter(|key| !new.contains_key(key)).count();
    let rest: usize = new
        .iter()
        .map(|(key, rules)| {
            let Some(old) = old.get(key) else { return 1 + rules.dests().len() };
            let (a, b): (BTreeMap<_, _>, BTreeMap<_, _>) =
                (old.dests().collect(), rules.dests().collect());
            let lost = a.keys().filter(|dest| !b.contains_key(dest)).count();
            let changed = b.iter().filter(|(dest, config)| a.get(dest) != Some(config)).count();
            usize::from(old.config() != rules.config()) + lost + changed
        })
        .sum();
    gone + rest + usize::from(have.timeouts() != want.timeouts())
}

fn is_of_daemon(operation: &ipvs_netlink::Operation) -> bool {
    use ipvs_netlink::Operation as Op;
    matches!(operation, Op::StartDaemon { .. } | Op::StopDaemon { .. })
}

const FAULTS: [Fault; 4] =
    [Fault::Refuse(Errno::ENOMEM), Fault::Cut, Fault::Stall, Fault::LoseAnswers];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn an_applied_plan_leads_to_what_was_wanted_and_back(a in state(), b in state()) {
        let (kernel, mut ipvs) = kernel_in(&a);
        let before = kernel.ruleset();
        let plan = ipvs.plan(&b).expect("read");
        prop_assert_eq!(plan.to_string().lines().count(), plan.len());
        let applied = plan.apply(&mut ipvs).expect("applied");
        applied.verify(&mut ipvs).expect("as wanted");
        assert_holds(&kernel, &b);
        prop_assert!(ipvs.plan(&b).expect("read").is_empty());
        for outcome in ipvs.commit(&plan.inverse()).expect("sent") {
            outcome.expect("accepted");
        }
        prop_assert_eq!(kernel.ruleset(), before);
    }

    #[test]
    fn a_plan_has_one_operation_a_difference(a in state(), b in state()) {
        let (kernel, mut ipvs) = kernel_in(&a);
        let plan = ipvs.plan(&b).expect("read");
        let rules = plan.operations().filter(|op| !is_of_daemon(op)).count();
        prop_assert_eq!(rules, distance(&kernel.ruleset(), &b));
        prop_assert!(plan.len() - rules <= 4);
        prop_assert!(a.diff(&a).is_empty() && kernel.ruleset().diff(&a).is_empty());
    }

    #[test]
    fn whatever_fails_wherever_everything_is_as_before(a in state(), b in state()) {
        let (kernel, mut ipvs) = kernel_in(&a);
        let before = kernel.ruleset();
        let plan = ipvs.plan(&b).expect("read");
        for position in 0..plan.len() {
            let fault = FAULTS[position % FAULTS.len()];
            kernel.inject(position, fault);
            let error = plan.apply(&mut ipvs).expect_err("a fault was injected");
            let ApplyError::Failed(failure) = error else { panic!("{error}") };
            prop_assert!(matches!(failure.rollback, Rollback::Complete), "{failure}");
            prop_assert_eq!(&kernel.ruleset(), &before, "{:?} at {}", fault, position);
        }
    }

    #[test]
    fn a_failure_of_the_rollback_is_made_good(a in state(), b in state(), at: prop::sample::Index) {
        let (kernel, mut ipvs) = kernel_in(&a);
        let before = kernel.ruleset();
        let plan = ipvs.plan(&b).expect("read");
        prop_assume!(plan.len() > 1);
        for (nth, second) in FAULTS.into_iter().enumerate() {
            let position = at.index(plan.len());
            kernel.inject(position, Fault::Cut);
            kernel.inject(position + 1 + nth, second);
            let _ = plan.apply(&mut ipvs).expect_err("a fault was injected");
            prop_assert_eq!(&kernel.ruleset(), &before, "{:?} after {}", second, position);
            kernel.clear_faults();
        }
    }

    #[test]
    fn after_a_killed_caller_a_new_plan_completes_the_work(
        a in state(), b in state(), at: prop::sample::Index,
    ) {
        let (kernel, mut ipvs) = kernel_in(&a);
        let operations: Vec<_> = ipvs.plan(&b).expect("read").operations().collect();
        prop_assume!(!operations.is_empty());
        let position = at.index(operations.len());
        kernel.inject(position, Fault::Cut);
        let _ = ipvs.commit(&operations).expect_err("killed");
        let rest = ipvs.plan(&b).expect("read");
        // A cut between the stop and the start of a daemon leaves a state of the same distance.
        prop_assert!(rest.len() <= operations.len() - position);
        let _ = rest.apply(&mut ipvs).expect("applied");
        assert_holds(&kernel, &b);
    }

    #[test]
    fn a_ruleset_survives_json(a in state()) {
        let text = serde_json::to_string_pretty(&a).expect("serialises");
        prop_assert_eq!(serde_json::from_str::<Ruleset>(&text).expect("reads back"), a);
    }
}

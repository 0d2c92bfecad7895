// SPDX-License-Identifier: MIT OR Apache-2.0
//! Plans in detail: their words and order, what they leave alone, and how they fail.

use std::time::Duration;

use ipvs_netlink::ext::{Extended, Features};
use ipvs_netlink::fake::{Fault, Kernel, Release};
use ipvs_netlink::types::*;
use ipvs_netlink::{
    ApplyError, Backend, DestEntry, Errno, Error, Feature, Info, Ipvs, Operation, Outcome,
    PlanOptions, Rollback, Ruleset, ServiceEntry, Support, VerifyError,
};

fn key(text: &str) -> ServiceKey {
    text.parse().expect("service")
}

fn dest(text: &str) -> DestKey {
    text.parse().expect("destination")
}

fn web() -> ServiceKey {
    key("tcp/192.0.2.10:80")
}

fn masq(weight: u32) -> DestConfig {
    DestConfig::new(Forward::Masq).weight(weight)
}

/// A web service over the given servers.
fn rules(servers: &[(&str, u32)]) -> Ruleset {
    let mut rules = Ruleset::new();
    rules.add_service(web(), ServiceConfig::new(Scheduler::WLC)).expect("valid");
    for (server, weight) in servers {
        rules.add_dest(web(), dest(server), masq(*weight)).expect("valid");
    }
    rules
}

fn kernel(rules: &Ruleset) -> (Kernel, Ipvs) {
    let kernel = Kernel::with_rules(Release::Linux7_2, rules).expect("possible");
    (kernel.clone(), Ipvs::with_backend(kernel))
}

fn failure(error: ApplyError) -> Box<ipvs_netlink::Failure> {
    match error {
        ApplyError::Failed(failure) => failure,
        other => panic!("{other}"),
    }
}

fn delete(server: &str) -> Operation {
    Operation::DeleteDest { service: web(), dest: dest(server) }
}

fn create(server: &str, weight: u32) -> Operation {
    Operation::CreateDest { service: web(), dest: dest(server), config: masq(weight) }
}

#[test]
fn a_plan_is_readable_and_removes_last() {
    let mut have = rules(&[("10.0.0.2:80", 1), ("10.0.0.3:80", 1), ("10.0.0.4:80", 1)]);
    let old = key("udp/192.0.2.10:53");
    have.add_service(old, ServiceConfig::new(Scheduler::RR)).expect("valid");
    have.add_dest(old, dest("10.0.0.2:53"), masq(1)).expect("valid");

    let mut want = rules(&[("10.0.0.2:80", 3), ("10.0.0.3:80", 1), ("10.0.0.5:80", 2)]);
    let persistent = Persistence::new(Duration::from_secs(360));
    want.set_service(web(), ServiceConfig::new(Scheduler::MH).persistence(persistent))
        .expect("there");
    let new = key("fwmark/7");
    let gue = Forward::Tunnel(Tunnel::Gue {
        port: std::num::NonZeroU16::new(6080).expect("not zero"),
        flags: TunnelFlags::CSUM,
    });
    want.add_service(new, ServiceConfig::new(Scheduler::SH).flags(ServiceFlags::SCHED1))
        .expect("valid");
    want.add_dest(new, dest("10.0.0.9:0"), DestConfig::new(gue).thresholds(10, 5)).expect("valid");
    let mut timeouts = Timeouts {
        tcp: Duration::from_secs(900),
        tcp_fin: Duration::from_secs(120),
        udp: Duration::from_secs(300),
    };
    have.set_timeouts(Some(timeouts)).expect("valid");
    timeouts.udp = Duration::from_secs(60);
    want.set_timeouts(Some(timeouts)).expect("valid");
    let mut daemon = DaemonConfig::new(DaemonRole::Master, "eth0".parse().expect("name"));
    have.set_daemons(Some([daemon])).expect("valid");
    daemon.sync_id = SyncId::new(4);
    want.set_daemons(Some([daemon])).expect("valid");

    assert_eq!(
        have.diff(&want).to_string(),
        "~ timeouts: udp 300 s -> 60 s\n\
         ~ service tcp/192.0.2.10:80: scheduler wlc -> mh, persistence none -> 360 s per host\n\
         + destination 10.0.0.5:80 of tcp/192.0.2.10:80: forward masq, weight 2\n\
         ~ destination 10.0.0.2:80 of tcp/192.0.2.10:80: weight 1 -> 3\n\
         + service fwmark/7: scheduler sh, flags sched1\n\
         + destination 10.0.0.9:0 of fwmark/7: forward tunnel gue port 6080 csum, weight 1, upper \
         threshold 10, lower threshold 5\n\
         - destination 10.0.0.4:80 of tcp/192.0.2.10:80: forward masq, weight 1\n\
         - service udp/192.0.2.10:53: scheduler rr, 1 destination\n\
         - master daemon: interface eth0, sync id 0\n\
         + master daemon: interface eth0, sync id 4\n"
    );
}

#[test]
fn daemons_are_stopped_first_where_mixed_families_come() {
    let mut have = rules(&[]);
    let daemon = DaemonConfig::new(DaemonRole::Backup, "eth0".parse().expect("name"));
    have.set_daemons(Some([daemon])).expect("valid");
    let mut want = rules(&[]);
    let tunnel = DestConfig::new(Forward::Tunnel(Tunnel::Ipip));
    want.add_dest(web(), dest("[fd00::2]:80"), tunnel).expect("valid");
    want.set_daemons(Some([])).expect("valid");
    let (kernel, mut ipvs) = kernel(&have);
    for wanted in [&want, &have] {
        let plan = ipvs.plan(wanted).expect("read");
        plan.apply(&mut ipvs).expect("applied").verify(&mut ipvs).expect("as wanted");
    }
    assert_eq!(kernel.ruleset().daemons().map(|d| d.len()), Some(1));
}

#[test]
fn a_message_length_that_the_kernel_adjusts_is_no_difference() {
    let mut want = rules(&[]);
    let mut daemon = DaemonConfig::new(DaemonRole::Backup, "eth0".parse().expect("name"));
    daemon.max_len = std::num::NonZeroU16::new(100);
    want.set_daemons(Some([daemon])).expect("valid");
    let (_, mut ipvs) = kernel(&want);
    assert!(ipvs.plan(&want).expect("read").is_empty());
}

#[test]
fn what_the_wanted_state_does_not_speak_about_is_left_alone() {
    let (kernel, mut ipvs) = kernel(&rules(&[("10.0.0.2:80", 1)]));
    let daemon = DaemonConfig::new(DaemonRole::Master, "eth0".parse().expect("name"));
    ipvs.start_daemon(daemon).expect("started");
    let mut want = rules(&[("10.0.0.3:80", 1)]);
    let keep = PlanOptions::default().keep_extra();
    let plan = ipvs.plan_with(&want, keep).expect("read");
    assert_eq!(plan.to_string().lines().count(), 1, "{plan}");
    let plan = ipvs.plan(&want).expect("read");
    assert_eq!(plan.to_string().lines().count(), 2, "{plan}");

    want.set_daemons(Some([])).expect("valid");
    want.set_timeouts(Some(Timeouts {
        tcp: Duration::from_secs(1),
        tcp_fin: Duration::from_secs(1),
        udp: Duration::from_secs(1),
    }))
    .expect("valid");
    assert_eq!(ipvs.plan(&want).expect("read").len(), 4);
    let only_services = PlanOptions::default().ignore_timeouts().ignore_daemons();
    let plan = ipvs.plan_with(&want, only_services).expect("read");
    plan.apply(&mut ipvs).expect("applied").verify(&mut ipvs).expect("as wanted");
    assert_eq!(kernel.ruleset().daemons().map(|d| d.len()), Some(1));
    let plan = ipvs.plan_with(&want, keep.ignore_timeouts()).expect("read");
    assert!(plan.is_empty(), "{plan}");
}

#[test]
fn nothing_is_removed_before_everything_else_succeeded() {
    let have = rules(&[("10.0.0.2:80", 1)]);
    let want = rules(&[("10.0.0.3:80", 1), ("10.0.0.4:80", 1)]);
    let (kernel, mut ipvs) = kernel(&have);
    let plan = ipvs.plan(&want).expect("read");
    kernel.inject(1, Fault::Refuse(Errno::ENOMEM));
    // If the removal were tried, this would break it.
    kernel.inject(2, Fault::Die);
    let failed = failure(plan.apply(&mut ipvs).expect_err("refused"));
    assert_eq!(failed.refused.len(), 1);
    // The operation that met the second fault was part of the rollback.
    assert!(matches!(failed.rollback, Rollback::Unknown { .. }), "{failed}");
    assert!(kernel.ruleset().service(web()).expect("there").dest(dest("10.0.0.2:80")).is_some());
}

#[test]
fn a_failure_names_what_was_refused_and_that_all_is_as_before() {
    let have = rules(&[("10.0.0.2:80", 1)]);
    let want = rules(&[("0.0.0.0:80", 1), ("10.0.0.2:80", 2), ("255.255.255.255:80", 1)]);
    let (kernel, mut ipvs) = kernel(&have);
    let before = kernel.ruleset();
    let error = ipvs.plan(&want).expect("read").apply(&mut ipvs).expect_err("refused");
    let message = error.to_string();
    let failed = failure(error);
    let refused: Vec<_> = failed.refused.iter().map(|r| (r.request.to_string(), r.errno)).collect();
    assert_eq!(
        refused,
        [
            ("create destination 0.0.0.0:80 of tcp/192.0.2.10:80".into(), Errno::EINVAL),
            ("create destination 255.255.255.255:80 of tcp/192.0.2.10:80".into(), Errno::EINVAL),
        ]
    );
    assert!(
        message.starts_with("create destination 0.0.0.0:80 of tcp/192.0.2.10:80: the")
            && message.ends_with("; and 1 more was refused; everything was rolled back"),
        "{message}"
    );
    assert_eq!(kernel.ruleset(), before);
}

#[test]
fn a_service_comes_back_with_its_destinations_in_their_order() {
    let order = ["10.0.0.4:80", "10.0.0.2:80", "10.0.0.9:80", "10.0.0.3:80"];
    let (kernel, mut ipvs) = kernel(&rules(&[]));
    for server in order {
        kernel.change(create(server, 1)).expect("created");
    }
    let mut want = Ruleset::new();
    want.add_service(key("fwmark/1"), ServiceConfig::new(Scheduler::RR)).expect("valid");
    want.set_daemons(Some([DaemonConfig::new(DaemonRole::Master, "nope".parse().expect("name"))]))
        .expect("valid");
    let listed = |ipvs: &mut Ipvs| -> Vec<DestKey> {
        ipvs.dests(web()).expect("list").iter().map(|d| d.key).collect()
    };
    let before = listed(&mut ipvs);
    // The web service is gone by the time the daemon is refused.
    let failed = failure(ipvs.plan(&want).expect("read").apply(&mut ipvs).expect_err("refused"));
    assert_eq!(failed.refused[0].errno, Errno::ENODEV);
    assert_eq!(listed(&mut ipvs), before);

    // And when the answers are lost, so that the way back is found by reading.
    let plan = ipvs.plan(&Ruleset::new()).expect("read");
    kernel.inject(0, Fault::LoseAnswers);
    let failed = failure(plan.apply(&mut ipvs).expect_err("lost"));
    assert!(matches!(failed.rollback, Rollback::Complete), "{failed}");
    assert_eq!(listed(&mut ipvs), before);
}

#[test]
fn single_destinations_come_back_in_their_order_too() {
    let order = ["10.0.0.4:80", "10.0.0.2:80", "10.0.0.9:80"];
    let (kernel, mut ipvs) = kernel(&rules(&[]));
    for server in order {
        kernel.change(create(server, 1)).expect("created");
    }
    let mut want = rules(&[]);
    want.set_daemons(Some([DaemonConfig::new(DaemonRole::Master, "nope".parse().expect("name"))]))
        .expect("valid");
    let plan = ipvs.plan(&want).expect("read");
    assert_eq!(plan.len(), 4);
    let failed = failure(plan.apply(&mut ipvs).expect_err("refused"));
    assert!(matches!(failed.rollback, Rollback::Complete), "{failed}");
    let listed: Vec<_> = ipvs.dests(web()).expect("list").iter().map(|d| d.key).collect();
    assert_eq!(listed, [order[2], order[1], order[0]].map(dest));
}

/// `sh` and its like assign clients by the order of the list.
#[test]
fn a_state_that_is_made_anew_lists_its_destinations_as_before() {
    let (old, mut ipvs) = kernel(&rules(&[]));
    for server in ["10.0.0.4:80", "10.0.0.2:80", "10.0.0.9:80"] {
        old.change(create(server, 1)).expect("created");
    }
    let listed = |ipvs: &mut Ipvs| -> Vec<DestKey> {
        ipvs.dests(web()).expect("list").iter().map(|d| d.key).collect()
    };
    let (before, state) = (listed(&mut ipvs), ipvs.ruleset().expect("read"));
    let text = serde_json::to_string(&state).expect("serialises");
    let read: Ruleset = serde_json::from_str(&text).expect("valid");
    let (_, mut ipvs) = kernel(&Ruleset::new());
    let _ = ipvs.plan(&read).expect("read").apply(&mut ipvs).expect("applied");
    assert_eq!(listed(&mut ipvs), before);
}

#[test]
fn a_plan_made_from_an_old_state_is_refused() {
    let (kernel, mut ipvs) = kernel(&rules(&[("10.0.0.2:80", 1)]));
    let want = rules(&[("10.0.0.2:80", 5)]);
    let plan = ipvs.plan(&want).expect("read");
    let config = masq(2);
    let others = Operation::UpdateDest { service: web(), dest: dest("10.0.0.2:80"), config };
    kernel.change(others).expect("changed");
    let error = plan.apply(&mut ipvs).expect_err("stale");
    assert!(matches!(error, ApplyError::Stale { .. }));
    assert_eq!(
        error.to_string(),
        "the rules were changed by others since the plan was made (~ destination 10.0.0.2:80 of \
         tcp/192.0.2.10:80: weight 1 -> 2): plan again"
    );
    plan.apply_without_check(&mut ipvs).expect("applied").verify(&mut ipvs).expect("as wanted");
}

#[test]
fn a_rollback_leaves_alone_what_others_did_elsewhere() {
    let (kernel, mut ipvs) = kernel(&rules(&[("10.0.0.2:80", 1)]));
    let want = rules(&[("10.0.0.2:80", 5), ("10.0.0.3:80", 1)]);
    let plan = ipvs.plan(&want).expect("read");
    let other = key("fwmark/9");
    let config = ServiceConfig::new(Scheduler::RR);
    kernel.change_before_operation(1, Operation::CreateService { service: other, config });
    kernel.inject(1, Fault::Cut);
    let failed = failure(plan.apply(&mut ipvs).expect_err("cut"));
    assert!(matches!(failed.rollback, Rollback::Complete), "{failed}");
    let now = kernel.ruleset();
    assert!(now.service(other).is_some());
    assert_eq!(now.service(web()), rules(&[("10.0.0.2:80", 1)]).service(web()));
}

#[test]
fn an_incomplete_rollback_says_what_remains() {
    let (kernel, mut ipvs) = kernel(&rules(&[("10.0.0.2:80", 1)]));
    let plan = ipvs.plan(&rules(&[("10.0.0.2:80", 5), ("10.0.0.3:80", 1)])).expect("read");
    // The change of weight is refused, and so is every attempt to remove the new destination.
    for nth in 1..=5 {
        kernel.inject(nth, Fault::Refuse(Errno::ENOMEM));
    }
    let error = plan.apply(&mut ipvs).expect_err("refused");
    assert!(
        error.to_string().ends_with(
            "rolling back failed, to get back remains: - destination 10.0.0.3:80 of \
             tcp/192.0.2.10:80: forward masq, weight 1"
        ),
        "{error}"
    );
    let failed = failure(error);
    let Rollback::Incomplete { remaining } = &failed.rollback else { panic!("{failed}") };
    assert_eq!(remaining.changes()[0].operation(), &delete("10.0.0.3:80"));
}

#[test]
fn when_the_conversation_ends_the_state_is_said_to_be_unknown() {
    let (kernel, mut ipvs) = kernel(&rules(&[("10.0.0.2:80", 1)]));
    let plan = ipvs.plan(&rules(&[("10.0.0.2:80", 5)])).expect("read");
    kernel.inject(0, Fault::Die);
    let failed = failure(plan.apply(&mut ipvs).expect_err("dead"));
    assert!(failed.error.is_some() && matches!(failed.rollback, Rollback::Unknown { .. }));
    assert!(matches!(plan.apply(&mut ipvs), Err(ApplyError::Read(_))));
    kernel.clear_faults();
    assert_eq!(kernel.ruleset().diff(plan.want()).len(), 1);
}

#[test]
fn verification_lists_what_is_not_as_wanted() {
    let (kernel, mut ipvs) = kernel(&rules(&[]));
    let want = rules(&[("10.0.0.2:80", 1)]);
    let applied = ipvs.plan(&want).expect("read").apply(&mut ipvs).expect("applied");
    applied.verify(&mut ipvs).expect("as wanted");
    kernel.change(delete("10.0.0.2:80")).expect("deleted");
    let error = applied.verify(&mut ipvs).expect_err("differs");
    assert!(matches!(error, VerifyError::Differs { .. }));
    assert_eq!(
        error.to_string(),
        "the rules are not what was wanted, there remains: + destination 10.0.0.2:80 of \
         tcp/192.0.2.10:80: forward masq, weight 1; plan again"
    );
}

#[test]
fn an_empty_plan_asks_and_sends_nothing() {
    let have = rules(&[("10.0.0.2:80", 1)]);
    let (kernel, mut ipvs) = kernel(&have);
    let plan = ipvs.plan(&have).expect("read");
    kernel.change(delete("10.0.0.2:80")).expect("deleted");
    kernel.inject(0, Fault::Die);
    assert_eq!(plan.apply(&mut ipvs).expect("nothing to do").operations(), 0);
}

#[test]
fn large_plans_go_through_many_batches_and_back() {
    let servers: Vec<_> = (0..1000u32)
        .map(|n| DestKey::new(std::net::Ipv4Addr::from_bits(0x0a00_0001 + n).into(), 80))
        .collect();
    let (kernel, mut ipvs) = kernel(&rules(&[]));
    let before = kernel.ruleset();
    let mut want = rules(&[]);
    for server in &servers {
        want.add_dest(web(), *server, masq(1)).expect("valid");
    }
    let plan = ipvs.plan(&want).expect("read");
    kernel.inject(700, Fault::Refuse(Errno::ENOMEM));
    let failed = failure(plan.apply(&mut ipvs).expect_err("refused"));
    assert!(matches!(failed.rollback, Rollback::Complete), "{failed}");
    assert_eq!(kernel.ruleset(), before);
    plan.apply(&mut ipvs).expect("applied").verify(&mut ipvs).expect("as wanted");
}

/// A kernel that answers snapshots and nothing else.
struct OneMoment(Kernel);

fn nothing_else<T>() -> Result<T, Error> {
    Err(Error::Io { doing: "ask for a part", source: std::io::ErrorKind::Other.into() })
}

impl Backend for OneMoment {
    fn name(&self) -> &'static str {
        "one moment"
    }
    fn commit(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        self.0.commit(operations)
    }
    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        nothing_else()
    }
    fn service(&mut self, _: ServiceKey) -> Result<ServiceEntry, Error> {
        nothing_else()
    }
    fn dests(&mut self, _: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        nothing_else()
    }
    fn daemons(&mut self) -> Result<Vec<DaemonConfig>, Error> {
        nothing_else()
    }
    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        nothing_else()
    }
    fn info(&mut self) -> Result<Info, Error> {
        nothing_else()
    }
    fn supports(&mut self, feature: Feature) -> Support {
        self.0.supports(feature)
    }
    fn extended(&mut self) -> Option<&mut dyn Extended> {
        self.0.extended()
    }
}

#[test]
fn a_plan_reads_one_moment_where_it_can() {
    let (kernel, _) = kernel(&rules(&[("10.0.0.2:80", 1)]));
    kernel.set_features(Some(Features::all_known()));
    let master = DaemonConfig::new(DaemonRole::Master, "eth0".parse().expect("a name"));
    kernel.change(Operation::StartDaemon { config: master }).expect("started");
    let mut ipvs = Ipvs::with_backend(OneMoment(kernel.clone()));
    let mut want = kernel.ruleset();
    want.set_dest(web(), dest("10.0.0.2:80"), masq(7)).expect("there");
    let plan = ipvs.plan(&want).expect("a plan");
    assert_eq!(plan.changes().len(), 1, "{plan}");
    plan.apply(&mut ipvs).expect("applied").verify(&mut ipvs).expect("as wanted");
    assert_eq!(kernel.ruleset(), want);

    // What it does not speak of stays.
    let services = rules(&[("10.0.0.2:80", 8)]);
    let plan = ipvs.plan(&services).expect("a plan");
    assert_eq!(plan.changes().len(), 1, "{plan}");
    plan.apply(&mut ipvs).expect("applied").verify(&mut ipvs).expect("as wanted");
    assert_eq!(kernel.ruleset().daemons().map(|all| all.len()), Some(1));
}

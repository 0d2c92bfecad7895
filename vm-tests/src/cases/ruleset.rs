// SPDX-License-Identifier: MIT OR Apache-2.0
//! Plans on the running kernel: there and back, and nothing by halves.

use std::time::Duration;

use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, Forward, Granularity, Persistence, Scheduler,
    ServiceConfig, ServiceFlags, ServiceKey, SyncId, Timeouts, Tunnel, TunnelFlags,
};
use ipvs_netlink::{ApplyError, Errno, Ipvs, Rollback, Ruleset};

use crate::case::{Case, Failure};
use crate::ctx::Ctx;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("ruleset::plans_lead_there_and_back", there_and_back).timeout(400),
    Case::new("ruleset::a_refused_plan_changes_nothing", a_refused_plan_changes_nothing),
    Case::new("ruleset::a_thousand_services_and_a_difference", a_thousand_services).timeout(600),
];

fn key(text: &str) -> Result<ServiceKey, Failure> {
    Ok(text.parse()?)
}

fn masq(weight: u32) -> DestConfig {
    DestConfig::new(Forward::Masq).weight(weight)
}

fn seconds(tcp: u64, tcp_fin: u64, udp: u64) -> Timeouts {
    let [tcp, tcp_fin, udp] = [tcp, tcp_fin, udp].map(Duration::from_secs);
    Timeouts { tcp, tcp_fin, udp }
}

/// Everything of every kind, with a sync daemon.
fn full() -> Result<Ruleset, Failure> {
    let mut rules = Ruleset::new();
    let (web, six, mark) =
        (key("tcp/192.0.2.10:80")?, key("udp/[2001:db8::1]:5060")?, key("fwmark/7")?);
    rules.add_service(web, ServiceConfig::new(Scheduler::WLC))?;
    for n in 1..=5 {
        rules.add_dest(web, DestKey::new([10, 0, 0, n].into(), 80), masq(n.into()))?;
    }
    let granularity = Granularity::ipv6(64)?;
    let persistence = Persistence::new(Duration::from_secs(360)).granularity(granularity);
    rules.add_service(
        six,
        ServiceConfig::new(Scheduler::SH).flags(ServiceFlags::SCHED1).persistence(persistence),
    )?;
    rules.add_dest(six, "[fd00::2]:5060".parse()?, DestConfig::new(Forward::Route))?;
    rules.add_service(mark, ServiceConfig::new(Scheduler::RR))?;
    let gre = Forward::Tunnel(Tunnel::Gre { flags: TunnelFlags::CSUM });
    rules.add_dest(mark, "10.0.0.9:0".parse()?, DestConfig::new(gre).thresholds(10, 5))?;
    rules.set_timeouts(Some(seconds(901, 121, 301)))?;
    let mut master = DaemonConfig::new(DaemonRole::Master, "lo".parse()?);
    master.sync_id = SyncId::new(7);
    rules.set_daemons(Some([master]))?;
    Ok(rules)
}

/// Another state: changes, removals, and a destination of another family instead of the daemon.
fn other() -> Result<Ruleset, Failure> {
    let mut rules = full()?;
    let (web, six, mark) =
        (key("tcp/192.0.2.10:80")?, key("udp/[2001:db8::1]:5060")?, key("fwmark/7")?);
    rules.remove_service(mark);
    rules.set_service(six, ServiceConfig::new(Scheduler::MH))?;
    rules.remove_dest(web, "10.0.0.2:80".parse()?);
    rules.set_dest(web, "10.0.0.3:80".parse()?, masq(30))?;
    let ipip = DestConfig::new(Forward::Tunnel(Tunnel::Ipip));
    rules.add_dest(web, "[fd00::9]:80".parse()?, ipip)?;
    rules.set_timeouts(Some(seconds(900, 120, 300)))?;
    rules.set_daemons(Some([]))?;
    Ok(rules)
}

fn reach(ipvs: &mut Ipvs, want: &Ruleset) -> Result<usize, Failure> {
    let applied = ipvs.plan(want)?.apply(ipvs)?;
    applied.verify(ipvs)?;
    let again = ipvs.plan(want)?;
    assert!(again.is_empty(), "{again}");
    assert!(ipvs.ruleset()?.services().eq(want.services()));
    Ok(applied.operations())
}

fn there_and_back(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let (full, other) = (full()?, other()?);
    // Three services, seven destinations, timeouts, daemon.
    assert_eq!(reach(&mut ipvs, &full)?, 12);
    // Two changed configurations, a changed, a new and a lost destination, a lost service.
    assert_eq!(reach(&mut ipvs, &other)?, 7);
    assert_eq!(reach(&mut ipvs, &full)?, 8);
    let saved = ipvs.ruleset()?;
    ipvs.flush()?;
    ipvs.stop_daemon(DaemonRole::Master)?;
    reach(&mut ipvs, &saved)?;
    assert_eq!(ipvs.ruleset()?, saved);
    Ok(())
}

fn a_refused_plan_changes_nothing(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    reach(&mut ipvs, &full()?)?;
    let (before, listed) = (ipvs.ruleset()?, ipvs.table()?);
    let refused_for = |ipvs: &mut Ipvs, want: &Ruleset| match ipvs.plan(want)?.apply(ipvs) {
        Err(ApplyError::Failed(failure)) => {
            assert!(matches!(failure.rollback, Rollback::Complete), "{failure}");
            Ok::<_, Failure>(failure.refused.iter().map(|r| r.errno).collect::<Vec<_>>())
        }
        unexpected => Err(Failure::new(format!("{unexpected:?}"))),
    };

    // An address that only the kernel knows to be wrong.
    let mut want = other()?;
    want.add_dest(key("udp/[2001:db8::1]:5060")?, "[ff02::1]:1".parse()?, masq(1))?;
    assert_eq!(refused_for(&mut ipvs, &want)?, [Errno::EINVAL]);
    assert_eq!(ipvs.ruleset()?, before);

    // Refused only after all the services are gone: they come back in their order.
    let mut want = Ruleset::new();
    let nowhere = DaemonConfig::new(DaemonRole::Master, "nowhere".parse()?);
    want.set_daemons(Some([nowhere]))?;
    assert_eq!(refused_for(&mut ipvs, &want)?, [Errno::ENODEV]);
    assert_eq!(ipvs.ruleset()?, before);
    for service in listed.services {
        let order = |dests: Vec<ipvs_netlink::DestEntry>| -> Vec<_> {
            dests.into_iter().map(|dest| dest.key).collect()
        };
        assert_eq!(order(ipvs.dests(service.service.key)?), order(service.dests));
    }
    Ok(())
}

fn a_thousand_services(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let service = |n: u16| ServiceKey::tcp(([192, 0, 2, (n / 250) as u8], 1000 + n).into());
    let mut want = Ruleset::new();
    for n in 0..1000 {
        want.add_service(service(n), ServiceConfig::new(Scheduler::RR))?;
        for host in 1..=3 {
            want.add_dest(service(n), DestKey::new([10, 0, 0, host].into(), 80), masq(1))?;
        }
    }
    assert_eq!(reach(&mut ipvs, &want)?, 4000);
    want.set_dest(service(500), DestKey::new([10, 0, 0, 2].into(), 80), masq(2))?;
    want.remove_service(service(7));
    assert_eq!(reach(&mut ipvs, &want)?, 2);
    Ok(())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The library's verbs against the running kernel, with `/proc/net/ip_vs` and the C tool as
//! witnesses.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::num::NonZeroU16;
use std::time::Duration;

use ipvs_netlink::types::{
    CounterWidth, DaemonConfig, DaemonRole, DestConfig, DestKey, Forward, Granularity, Persistence,
    Scheduler, ServiceConfig, ServiceFlags, ServiceKey, Timeouts, TimeoutsChange, Tunnel,
    TunnelFlags,
};
use ipvs_netlink::{Errno, Error, ErrorKind, Feature, Ipvs, Operation, Support};
use ipvs_proc::{Document as _, Identity};

use crate::case::{Case, Failure};
use crate::ctx::Ctx;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("client::services_of_every_kind", services_of_every_kind),
    Case::new("client::destinations_of_every_kind", destinations_of_every_kind),
    Case::new("client::edits_change_one_thing", edits_change_one_thing),
    Case::new("client::flags_with_mask", flags_with_mask),
    Case::new("client::daemons", daemons),
    Case::new("client::daemons_stopped_at_once", daemons_stopped_at_once),
    Case::new("client::timeouts", timeouts),
    Case::new("client::long_listings", long_listings).timeout(400),
    Case::new("client::batches_match_every_answer", batches_match_every_answer).timeout(400),
    Case::new("client::zero_and_flush", zero_and_flush),
    Case::new("client::namespaces_by_name_pid_and_path", namespaces),
    Case::new("client::features", features),
];

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// What both sides know of a service's identity: `/proc` does not show a mark's family.
fn identity(key: ServiceKey) -> Identity {
    match key {
        ServiceKey::Address { protocol, address, port } => {
            Identity::Address { protocol, address, port }
        }
        ServiceKey::Fwmark { mark, .. } => Identity::Fwmark(mark.get()),
    }
}

/// The kernel's own text shows the same services, schedulers and destinations.
///
/// One `read` of at most 4 KiB: where a second is needed, kernels before 7 skip entries if other
/// namespaces have services too.
fn witnessed(ipvs: &mut Ipvs) -> Result<(), Failure> {
    let mut page = [0; 4096];
    let length = File::open("/proc/thread-self/net/ip_vs")?.read(&mut page)?;
    assert!(length < 3800, "the table is too long for this witness");
    let text = std::str::from_utf8(&page[..length])?;
    let shown: BTreeSet<String> = ipvs_proc::Table::parse(text)?
        .services
        .into_iter()
        .map(|s| {
            let dests: Vec<_> = s.dests.iter().map(|d| (d.key, d.weight)).collect();
            format!("{:?} {} {dests:?}", s.identity, s.scheduler)
        })
        .collect();
    let listed: BTreeSet<String> = ipvs
        .table()?
        .services
        .into_iter()
        .map(|t| {
            let dests: Vec<_> =
                t.dests.iter().map(|d| (d.key, i64::from(d.config.weight))).collect();
            let (key, scheduler) = (identity(t.service.key), t.service.config.scheduler);
            format!("{key:?} {scheduler} {dests:?}")
        })
        .collect();
    assert_eq!(listed, shown);
    Ok(())
}

fn services_of_every_kind(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    assert_eq!(ipvs.backend_name(), "netlink");
    let net24 = Granularity::ipv4([255, 255, 255, 0].into());
    let persistent = |granularity| Persistence::new(seconds(600)).granularity(granularity);
    let rr = ServiceConfig::new(Scheduler::RR);
    let wanted: Vec<(ServiceKey, ServiceConfig)> = vec![
        ("tcp/192.0.2.1:80".parse()?, ServiceConfig::new(Scheduler::WLC)),
        ("udp/192.0.2.1:53".parse()?, rr.flags(ServiceFlags::ONE_PACKET)),
        ("sctp/192.0.2.1:9".parse()?, ServiceConfig::new(Scheduler::NONE)),
        ("tcp/192.0.2.2:0".parse()?, rr.persistence(persistent(net24))),
        ("tcp/[2001:db8::1]:80".parse()?, rr.persistence(persistent(Granularity::ipv6(64)?))),
        ("udp/[2001:db8::1]:5060".parse()?, {
            let sh = ServiceConfig::new(Scheduler::SH)
                .flags(ServiceFlags::SCHED1 | ServiceFlags::SCHED2);
            sh.persistence(Persistence::new(seconds(360))).engine("sip".parse()?)
        }),
        ("fwmark/7".parse()?, ServiceConfig::new(Scheduler::MH)),
        ("fwmark6/7".parse()?, rr),
        ("fwmark/4294967295".parse()?, rr),
        ("proto47/192.0.2.1:0".parse()?, rr),
    ];
    for (key, config) in &wanted {
        ipvs.create_service(*key, *config)?;
        assert_eq!(ipvs.service(*key)?.config, *config, "{key}");
    }
    let listed: Vec<_> = ipvs.services()?;
    assert!(listed.iter().all(|entry| entry.unknown.is_empty()), "{listed:?}");
    assert!(listed.iter().all(|entry| entry.stats.width == CounterWidth::Bits64));
    let listed: BTreeSet<_> = listed.into_iter().map(|e| (e.key, e.config)).collect();
    assert_eq!(listed, wanted.iter().copied().collect());
    witnessed(&mut ipvs)?;
    // The C tool reads what we wrote.
    let saved = ctx.run("ipvsadm-c -Sn")?;
    assert!(saved.contains("-A -t 192.0.2.2:0 -s rr -p 600 -M 255.255.255.0"), "{saved}");
    assert!(saved.contains("-s sh -p 360 --pe sip -b sh-fallback,sh-port"), "{saved}");
    for (key, _) in &wanted {
        ipvs.delete_service(*key)?;
        let error = ipvs.service(*key).expect_err("deleted");
        assert_eq!(error.kind(), ErrorKind::NoSuchService, "{error}");
    }
    assert_eq!(ipvs.services()?, vec![]);
    Ok(())
}

fn destinations_of_every_kind(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let service: ServiceKey = "tcp/192.0.2.1:80".parse()?;
    ipvs.create_service(service, ServiceConfig::new(Scheduler::RR))?;
    let gue = Tunnel::Gue { port: NonZeroU16::new(6080).expect("not 0"), flags: TunnelFlags::CSUM };
    let gre = Tunnel::Gre { flags: TunnelFlags::CSUM };
    let wanted: Vec<(DestKey, DestConfig)> = vec![
        ("10.0.0.1:8080".parse()?, DestConfig::new(Forward::Masq).weight(3).thresholds(100, 50)),
        ("10.0.0.2:80".parse()?, DestConfig::new(Forward::Route).weight(i32::MAX as u32)),
        ("10.0.0.3:80".parse()?, DestConfig::new(Forward::Tunnel(Tunnel::Ipip)).weight(0)),
        ("10.0.0.4:80".parse()?, DestConfig::new(Forward::Tunnel(gue))),
        ("10.0.0.5:80".parse()?, DestConfig::new(Forward::Tunnel(gre)).thresholds(7, 0)),
        ("[fd00::6]:80".parse()?, DestConfig::new(Forward::Tunnel(Tunnel::Ipip))),
        ("127.0.0.1:80".parse()?, DestConfig::new(Forward::Masq)),
        ("10.0.0.7:0".parse()?, DestConfig::new(Forward::Local)),
    ];
    for (key, config) in &wanted {
        ipvs.create_dest(service, *key, *config)?;
    }
    let mut listed: Vec<_> = ipvs.dests(service)?.into_iter().map(|e| (e.key, e.config)).collect();
    // The kernel lists the newest first.
    listed.reverse();
    assert_eq!(listed, wanted);
    witnessed(&mut ipvs)?;
    let text = ctx.run("ipvsadm-c -Ln --tun-info")?;
    assert!(text.contains("6080"), "{text}");
    for (key, config) in &wanted {
        let heavier = config.weight(5);
        ipvs.update_dest(service, *key, heavier)?;
        assert_eq!(ipvs.dest(service, *key)?.config, heavier);
        ipvs.delete_dest(service, *key)?;
        let error = ipvs.dest(service, *key).expect_err("deleted");
        assert_eq!(error.kind(), ErrorKind::NoSuchDest, "{error}");
    }
    assert_eq!(ipvs.dests(service)?, vec![]);
    let missing = "tcp/192.0.2.1:81".parse()?;
    assert_eq!(ipvs.dests(missing).expect_err("missing").errno(), Some(Errno::ESRCH));
    Ok(())
}

fn edits_change_one_thing(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let service: ServiceKey = "udp/192.0.2.1:5060".parse()?;
    let config = ServiceConfig::new(Scheduler::SH)
        .flags(ServiceFlags::SCHED1)
        .persistence(Persistence::new(seconds(300)))
        .engine("sip".parse()?);
    ipvs.create_service(service, config)?;
    ipvs.edit_service(service, |config| config.scheduler = Scheduler::RR)?;
    let mut expected = config;
    expected.scheduler = Scheduler::RR;
    assert_eq!(config_of(&mut ipvs, service)?, expected);
    let dest = "10.0.0.4:80".parse()?;
    let gue = Tunnel::Gue { port: NonZeroU16::new(6080).expect("not 0"), flags: TunnelFlags::CSUM };
    let before = DestConfig::new(Forward::Tunnel(gue)).weight(9).thresholds(20, 10);
    ipvs.create_dest(service, dest, before)?;
    ipvs.edit_dest(service, dest, |config| config.weight = 0)?;
    assert_eq!(ipvs.dest(service, dest)?.config, before.weight(0));
    Ok(())
}

fn config_of(ipvs: &mut Ipvs, service: ServiceKey) -> Result<ServiceConfig, Failure> {
    Ok(ipvs.service(service)?.config)
}

fn flags_with_mask(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let service: ServiceKey = "tcp/192.0.2.1:80".parse()?;
    let both = ServiceFlags::SCHED1 | ServiceFlags::SCHED2;
    let config = ServiceConfig::new(Scheduler::SH);
    ipvs.create_service(service, config.flags(both))?;
    // The kernel itself keeps the bits outside the mask.
    let mask = ServiceFlags::SCHED1;
    ipvs.change(Operation::UpdateService { service, config, mask })?;
    assert_eq!(config_of(&mut ipvs, service)?.flags, ServiceFlags::SCHED2);
    ipvs.set_service_flags(service, ServiceFlags::SCHED1, both)?;
    assert_eq!(config_of(&mut ipvs, service)?.flags, ServiceFlags::SCHED1);
    Ok(())
}

fn daemons(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    ctx.run("ip link add sync0 type dummy && ip link set sync0 up")?;
    assert_eq!(ipvs.daemons()?, vec![]);
    let mut master = DaemonConfig::new(DaemonRole::Master, "sync0".parse()?);
    master.sync_id = 7.into();
    let mut backup = DaemonConfig::new(DaemonRole::Backup, "sync0".parse()?);
    backup.group = Some("ff02::51".parse()?);
    backup.port = NonZeroU16::new(8900);
    backup.ttl = std::num::NonZeroU8::new(3);
    backup.max_len = NonZeroU16::new(2000);
    ctx.run("ip link set sync0 addrgenmode eui64")?;
    ipvs.start_daemon(master)?;
    ipvs.start_daemon(backup)?;
    let running = ipvs.daemons()?;
    assert_eq!(running.len(), 2);
    for wanted in [master, backup] {
        assert!(running.iter().any(|d| wanted.is_satisfied_by(d)), "{wanted:?} in {running:?}");
    }
    let defaults = running.iter().find(|d| d.role == DaemonRole::Master).expect("the master");
    assert_eq!(defaults.group, Some(DaemonConfig::DEFAULT_GROUP));
    assert_eq!(defaults.port, NonZeroU16::new(DaemonConfig::DEFAULT_PORT));
    assert_eq!(defaults.max_len, NonZeroU16::new(1472));
    let again = ipvs.start_daemon(master).expect_err("it runs");
    assert_eq!(again.kind(), ErrorKind::AlreadyExists, "{again}");
    ipvs.stop_daemon(DaemonRole::Master)?;
    ipvs.stop_daemon(DaemonRole::Backup)?;
    let gone = ipvs.stop_daemon(DaemonRole::Master).expect_err("it is stopped");
    assert_eq!(gone.kind(), ErrorKind::NoSuchDaemon, "{gone}");
    let nowhere = DaemonConfig::new(DaemonRole::Master, "nowhere0".parse()?);
    let error = ipvs.start_daemon(nowhere).expect_err("no such interface");
    assert_eq!(error.kind(), ErrorKind::NoSuchInterface, "{error}");
    assert!(error.to_string().contains("`nowhere0`"), "{error}");
    Ok(())
}

/// The kernel gives no answer at all when the daemon's thread had no time to run, and `EINTR` over
/// the socket options; the daemon is stopped all the same.
fn daemons_stopped_at_once(ctx: &mut Ctx) -> Result<(), Failure> {
    ctx.run("ip link add sync0 type dummy && ip link set sync0 up")?;
    let netlink = Ipvs::options().only_netlink().timeout(seconds(20)).open()?;
    let sockopt = Ipvs::options().only_sockopt().open()?;
    for mut ipvs in [netlink, sockopt] {
        for role in [DaemonRole::Master, DaemonRole::Backup].repeat(10) {
            let config = DaemonConfig::new(role, "sync0".parse()?);
            let both = [Operation::StartDaemon { config }, Operation::StopDaemon { role }];
            assert_eq!(ipvs.commit(&both)?, [Ok(()), Ok(())]);
            assert_eq!(ipvs.daemons()?, []);
        }
    }
    Ok(())
}

fn timeouts(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let (tcp, tcp_fin, udp) = (seconds(900), seconds(120), seconds(300));
    assert_eq!(ipvs.timeouts()?, Timeouts { tcp, tcp_fin, udp });
    ipvs.set_timeouts(TimeoutsChange { tcp_fin: Some(seconds(33)), ..Default::default() })?;
    assert_eq!(ipvs.timeouts()?, Timeouts { tcp, tcp_fin: seconds(33), udp });
    let text = ctx.run("ipvsadm-c -L --timeout")?;
    assert_eq!(text, "Timeout (tcp tcpfin udp): 900 33 300\n");
    ipvs.set_timeouts(Timeouts { tcp, tcp_fin, udp })?;
    let long = TimeoutsChange { udp: Some(seconds(i32::MAX as u64)), ..Default::default() };
    let error = ipvs.set_timeouts(long).expect_err("beyond the kernel's ticks");
    assert_eq!(error.errno(), Some(Errno::EINVAL), "{error}");
    let error = ipvs.set_timeouts(TimeoutsChange { udp: Some(seconds(1 << 31)), ..long });
    assert!(matches!(error, Err(Error::Invalid { .. })), "{error:?}");
    assert_eq!(ipvs.timeouts()?, Timeouts { tcp, tcp_fin, udp });
    Ok(())
}

/// More than the receive buffer, many datagrams, every entry exactly once.
fn long_listings(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let key = |n: u16| ServiceKey::tcp(([192, 0, 2, 1], n).into());
    let dest = |n: u16| DestKey::new([10, 9, (n >> 8) as u8, n as u8].into(), 80);
    let (services, dests) = (1..=700, 1..=3000);
    let config = ServiceConfig::new(Scheduler::RR);
    let mut batch = ipvs.batch();
    for n in services.clone() {
        batch = batch.create_service(key(n), config);
    }
    for n in dests.clone() {
        batch = batch.create_dest(key(1), dest(n), DestConfig::new(Forward::Masq));
    }
    batch.commit()?.all_done()?;
    for _ in 0..2 {
        // On kernels before 7, changes in other namespaces disturb a listing too.
        let mut listed = ipvs.settled_table()?.services;
        listed.sort_by_key(|entry| entry.service.key);
        assert!(listed.iter().map(|entry| entry.service.key).eq(services.clone().map(key)));
        let first = listed[0].dests.iter().map(|entry| entry.key).rev();
        assert!(first.eq(dests.clone().map(dest)));
    }
    // A single question after large datagrams.
    assert_eq!(ipvs.service(key(5))?.config, config);
    Ok(())
}

/// Refusals at known places of a batch that takes several chunks.
fn batches_match_every_answer(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let key = |n: u16| ServiceKey::tcp(([192, 0, 2, 1], n).into());
    let config = ServiceConfig::new(Scheduler::RR);
    let create = |n| Operation::CreateService { service: key(n), config };
    let unknown = ServiceConfig::new("nosuch".parse()?);
    let mut operations: Vec<_> = (1..=1000).map(create).collect();
    operations[127] = create(1);
    operations[128] = Operation::DeleteService { service: key(60000) };
    operations[500] = Operation::CreateService { service: key(60001), config: unknown };
    operations[999] = create(2);
    // And one whole chunk of refusals.
    operations.extend((1..=128).map(create));
    let outcomes = ipvs.commit(&operations)?;
    assert_eq!(outcomes.len(), operations.len());
    for (index, outcome) in outcomes.iter().enumerate() {
        let expected = match index {
            127 | 999 => Some(Errno::EEXIST),
            128 => Some(Errno::ESRCH),
            500 => Some(Errno::ENOENT),
            1127 => None,
            1000.. => Some(Errno::EEXIST),
            _ => None,
        };
        assert_eq!(outcome.as_ref().err().map(|r| r.errno), expected, "operation {index}");
        if let Err(refusal) = outcome {
            assert_eq!(refusal.request, operations[index].into());
        }
    }
    assert_eq!(ipvs.services()?.len(), 997);
    Ok(())
}

fn zero_and_flush(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let service: ServiceKey = "tcp/192.0.2.1:80".parse()?;
    let missing = ipvs.zero(Some(service)).expect_err("no such service");
    assert_eq!(missing.kind(), ErrorKind::NoSuchService, "{missing}");
    ipvs.create_service(service, ServiceConfig::new(Scheduler::RR))?;
    ipvs.zero(Some(service))?;
    ipvs.zero(None)?;
    ipvs.flush()?;
    assert_eq!(ipvs.services()?, vec![]);
    Ok(())
}

fn namespaces(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut topology = ctx.topology();
    let blue = topology.host("blue")?;
    let service: ServiceKey = "tcp/192.0.2.1:80".parse()?;
    let mut by_name = Ipvs::in_netns(blue.namespace())?;
    by_name.create_service(service, ServiceConfig::new(Scheduler::RR))?;
    assert_eq!(blue.run("ipvsadm-c -Sn")?, "-A -t 192.0.2.1:80 -s rr\n");
    let path = format!("/run/netns/{}", blue.namespace());
    assert_eq!(Ipvs::in_netns(path.as_str())?.services()?.len(), 1);
    let mut sleeper = crate::netns::inside(blue.namespace(), || {
        Ok(std::process::Command::new("sleep").arg("60").spawn()?)
    })?;
    let by_pid = Ipvs::in_netns(sleeper.id()).and_then(|mut ipvs| ipvs.services());
    sleeper.kill()?;
    sleeper.wait()?;
    assert_eq!(by_pid?.len(), 1);
    // The caller's own namespace is where it was.
    assert_eq!(Ipvs::open()?.services()?.len(), 0);
    Ok(())
}

fn features(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    for feature in [Feature::Ipv6, Feature::Counters64, Feature::TunnelOptions] {
        let support = ipvs.supports(feature);
        assert!(matches!(support, Support::Supported), "{feature}: {support:?}");
    }
    let mut legacy = Ipvs::options().only_sockopt().open()?;
    assert!(matches!(legacy.supports(Feature::Ipv6), Support::Unsupported));
    Ok(())
}

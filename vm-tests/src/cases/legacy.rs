// SPDX-License-Identifier: MIT OR Apache-2.0
//! The socket options, and the choice between them and netlink.

use std::time::Duration;

use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, Forward, Granularity, Persistence, Scheduler,
    ServiceConfig, ServiceFlags, ServiceKey, TimeoutsChange, Tunnel, TunnelFlags,
};
use ipvs_netlink::{Errno, Error, ErrorKind, Feature, Ipvs, Operation};

use crate::case::{Case, Failure};
use crate::ctx::Ctx;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("legacy::same_answers_as_netlink", same_answers),
    Case::new("legacy::whole_services", whole_services),
    Case::new("legacy::more_entries_than_expected", more_entries).timeout(400),
    Case::new("legacy::ipv6_is_an_error_not_silence", ipv6),
    Case::new("legacy::fwmark_of_another_protocol", fwmark_protocols),
    Case::new("legacy::chosen_in_a_user_namespace", user_namespace),
];

fn pair() -> Result<(Ipvs, Ipvs), Error> {
    Ok((Ipvs::options().only_netlink().open()?, Ipvs::options().only_sockopt().open()?))
}

fn service_with_everything() -> ServiceConfig {
    let net24 = Granularity::ipv4([255, 255, 255, 0].into());
    ServiceConfig::new(Scheduler::SH)
        .flags(ServiceFlags::SCHED1)
        .persistence(Persistence::new(Duration::from_secs(600)).granularity(net24))
}

/// The same operations through both, in two services: the same outcomes.
fn same_answers(ctx: &mut Ctx) -> Result<(), Failure> {
    ctx.run("ip link add sync0 type dummy && ip link set sync0 up")?;
    let (mut netlink, mut sockopt) = pair()?;
    let (one, other): (ServiceKey, ServiceKey) =
        ("tcp/192.0.2.1:80".parse()?, "tcp/192.0.2.2:80".parse()?);
    let dest: DestKey = "10.0.0.1:80".parse()?;
    let multicast: DestKey = "224.0.0.5:80".parse()?;
    let config = service_with_everything();
    let unknown = ServiceConfig::new("nosuch".parse()?);
    let masq = DestConfig::new(Forward::Masq);
    let mask = ServiceFlags::all();
    let steps = |service| {
        [
            Operation::DeleteService { service },
            Operation::CreateDest { service, dest, config: masq },
            Operation::CreateService { service, config: unknown },
            Operation::CreateService { service, config },
            Operation::CreateService { service, config },
            Operation::UpdateService { service, config: unknown, mask },
            Operation::UpdateDest { service, dest, config: masq },
            Operation::DeleteDest { service, dest },
            Operation::CreateDest { service, dest: multicast, config: masq },
            Operation::CreateDest { service, dest, config: masq.weight(1 << 31) },
            Operation::CreateDest { service, dest, config: masq.thresholds(5, 6) },
            Operation::CreateDest { service, dest, config: masq.weight(7).thresholds(6, 5) },
            Operation::CreateDest { service, dest, config: masq },
            Operation::Zero { service: Some(service) },
        ]
    };
    let errnos = |ipvs: &mut Ipvs, service| -> Result<Vec<Option<Errno>>, Error> {
        let outcomes = ipvs.commit(&steps(service))?;
        Ok(outcomes.iter().map(|outcome| outcome.as_ref().err().map(|r| r.errno)).collect())
    };
    let expected = errnos(&mut netlink, one)?;
    assert_eq!(expected[0], Some(Errno::ESRCH));
    assert_eq!(errnos(&mut sockopt, other)?, expected);
    for service in [one, other] {
        let (a, b) = (netlink.service(service)?, sockopt.service(service)?);
        assert_eq!((a.key, a.config), (b.key, b.config));
        let (a, b) = (netlink.dests(service)?, sockopt.dests(service)?);
        assert_eq!((a.len(), b.len()), (1, 1));
        assert_eq!((a[0].key, a[0].config), (b[0].key, b[0].config));
    }
    sockopt.set_timeouts(TimeoutsChange {
        udp: Some(Duration::from_secs(77)),
        ..Default::default()
    })?;
    assert_eq!(netlink.timeouts()?, sockopt.timeouts()?);
    let mut daemon = DaemonConfig::new(DaemonRole::Master, "sync0".parse()?);
    daemon.sync_id = 9.into();
    sockopt.start_daemon(daemon)?;
    assert_eq!(sockopt.daemons()?, vec![daemon]);
    assert!(daemon.is_satisfied_by(&netlink.daemons()?[0]));
    sockopt.stop_daemon(DaemonRole::Master)?;
    assert_eq!(
        sockopt.stop_daemon(DaemonRole::Master).expect_err("gone").errno(),
        Some(Errno::ESRCH)
    );
    assert_eq!(netlink.info()?, sockopt.info()?);
    sockopt.flush()?;
    assert_eq!(netlink.services()?, vec![]);
    Ok(())
}

fn whole_services(_: &mut Ctx) -> Result<(), Failure> {
    let (mut netlink, mut sockopt) = pair()?;
    for (text, config) in [
        ("tcp/192.0.2.1:80", service_with_everything()),
        ("udp/192.0.2.1:53", ServiceConfig::new(Scheduler::RR).flags(ServiceFlags::ONE_PACKET)),
        ("sctp/192.0.2.1:9", ServiceConfig::new(Scheduler::NONE)),
        ("fwmark/4294967295", ServiceConfig::new(Scheduler::MH)),
    ] {
        sockopt.create_service(text.parse()?, config)?;
        sockopt.create_dest(
            text.parse()?,
            "10.0.0.1:0".parse()?,
            DestConfig::new(Forward::Tunnel(Tunnel::Ipip)),
        )?;
    }
    let same = |a: &ipvs_netlink::Table, b: &ipvs_netlink::Table| {
        let sorted = |table: &ipvs_netlink::Table| {
            let mut rules: Vec<_> = table
                .services
                .iter()
                .map(|s| (s.service.key, s.service.config, s.dests[0].key, s.dests[0].config))
                .collect();
            rules.sort();
            rules
        };
        assert_eq!(sorted(a), sorted(b));
    };
    same(&netlink.settled_table()?, &sockopt.settled_table()?);
    Ok(())
}

/// The kernel does not say how many there are; one who asks for too few must notice.
fn more_entries(_: &mut Ctx) -> Result<(), Failure> {
    let (mut netlink, mut sockopt) = pair()?;
    let key = |n: u16| ServiceKey::tcp(([192, 0, 2, 1], n).into());
    let dest = |n: u16| DestKey::new([10, 9, (n >> 8) as u8, n as u8].into(), 80);
    let mut batch = netlink.batch();
    for n in 1..=300 {
        batch = batch.create_service(key(n), ServiceConfig::new(Scheduler::RR));
        batch = batch.create_dest(key(1), dest(n), DestConfig::new(Forward::Masq));
    }
    batch.commit()?.all_done()?;
    assert_eq!(sockopt.services()?.len(), 300);
    assert_eq!(sockopt.dests(key(1))?.len(), 300);
    assert_eq!(sockopt.dests(key(2))?.len(), 0);
    let missing = sockopt.dests(key(999)).expect_err("no such service");
    assert_eq!(missing.kind(), ErrorKind::NoSuchService, "{missing}");
    Ok(())
}

fn ipv6(_: &mut Ctx) -> Result<(), Failure> {
    let (mut netlink, mut sockopt) = pair()?;
    let v4: ServiceKey = "tcp/192.0.2.1:80".parse()?;
    netlink.create_service(v4, ServiceConfig::new(Scheduler::RR))?;
    let mixed = "[fd00::1]:80".parse()?;
    netlink.create_dest(v4, mixed, DestConfig::new(Forward::Tunnel(Tunnel::Ipip)))?;
    assert_eq!(sockopt.services()?.len(), 1);
    let expect = |result: Result<usize, Error>, wanted: Feature| match result {
        Err(Error::Unsupported { feature, .. }) => assert_eq!(feature, wanted),
        other => panic!("{other:?}"),
    };
    expect(sockopt.dests(v4).map(|d| d.len()), Feature::Ipv6);
    netlink.create_service("tcp/[2001:db8::1]:80".parse()?, ServiceConfig::new(Scheduler::RR))?;
    expect(sockopt.services().map(|s| s.len()), Feature::Ipv6);
    expect(sockopt.service("fwmark6/1".parse()?).map(|_| 1), Feature::Ipv6);
    let gre = Forward::Tunnel(Tunnel::Gre { flags: TunnelFlags::empty() });
    let result = sockopt.create_dest(v4, "10.0.0.9:80".parse()?, DestConfig::new(gre));
    expect(result.map(|()| 0), Feature::TunnelOptions);
    assert_eq!(netlink.dests(v4)?.len(), 1, "nothing was sent");
    Ok(())
}

/// The legacy interface remembers with which protocol a mark was configured.
fn fwmark_protocols(ctx: &mut Ctx) -> Result<(), Failure> {
    let (mut netlink, mut sockopt) = pair()?;
    let mark: ServiceKey = "fwmark/5".parse()?;
    netlink.create_service(mark, ServiceConfig::new(Scheduler::RR))?;
    let dest = "10.0.0.1:0".parse()?;
    sockopt.create_dest(mark, dest, DestConfig::new(Forward::Masq))?;
    assert_eq!(sockopt.edit_dest(mark, dest, |config| config.weight = 4)?.weight, 4);
    assert_eq!(ctx.run("ipvsadm-c -Sn")?, "-A -f 5 -s rr\n-a -f 5 -r 10.0.0.1:0 -m -w 4\n");
    sockopt.delete_service(mark)?;
    assert_eq!(netlink.services()?, vec![]);
    Ok(())
}

/// Root of a user namespace gets EPERM from netlink in the namespace that it owns; the socket
/// options let it in, and are used without being asked for.
fn user_namespace(ctx: &mut Ctx) -> Result<(), Failure> {
    let line = "unshare --user --map-root-user --net bash -c 'ip link set lo up && \
        ipvsadm -A -t 192.0.2.1:80 -s rr && ipvsadm -a -t 192.0.2.1:80 -r 127.0.0.1:80 -m && \
        ipvsadm -Sn'";
    let saved = ctx.run(line)?;
    assert_eq!(saved, "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 127.0.0.1:80 -m -w 1\n");
    // Nothing leaked into ours.
    assert_eq!(Ipvs::open()?.services()?, vec![]);
    Ok(())
}

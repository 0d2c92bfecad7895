// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel in memory refuses what the kernels refuse, in their precedence.

use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_netlink::fake::{Fault, Interface, Kernel, Release};
use ipvs_netlink::types::*;
use ipvs_netlink::{Errno, Error, ErrorKind, Ipvs, Operation};

const RELEASES: [Release; 3] = [Release::Linux6_1, Release::Linux6_12, Release::Linux7_2];

fn open(release: Release) -> (Kernel, Ipvs) {
    let kernel = Kernel::new(release);
    (kernel.clone(), Ipvs::with_backend(kernel))
}

fn key(text: &str) -> ServiceKey {
    text.parse().expect("service")
}

fn dest(text: &str) -> DestKey {
    text.parse().expect("destination")
}

fn web() -> ServiceKey {
    key("tcp/192.0.2.10:80")
}

fn masq() -> DestConfig {
    DestConfig::new(Forward::Masq)
}

fn daemon(role: DaemonRole, interface: &str) -> DaemonConfig {
    DaemonConfig::new(role, interface.parse().expect("interface"))
}

fn errno(result: Result<(), Error>) -> Errno {
    let error = result.expect_err("refused");
    error.errno().unwrap_or_else(|| panic!("{error}: no number"))
}

fn with_web(release: Release) -> (Kernel, Ipvs) {
    let (kernel, mut ipvs) = open(release);
    ipvs.create_service(web(), ServiceConfig::new(Scheduler::RR)).expect("created");
    (kernel, ipvs)
}

#[test]
fn services_are_looked_up_before_their_modules() {
    let (_, mut ipvs) = with_web(Release::Linux7_2);
    let nonsense = ServiceConfig::new("nonsense".parse().expect("name"));
    let no_engine = ServiceConfig::new(Scheduler::RR).engine("nope".parse().expect("name"));
    let other = key("udp/192.0.2.10:80");
    assert_eq!(errno(ipvs.create_service(web(), nonsense)), Errno::EEXIST);
    assert_eq!(errno(ipvs.update_service(other, nonsense)), Errno::ESRCH);
    assert_eq!(errno(ipvs.create_service(other, nonsense)), Errno::ENOENT);
    assert_eq!(errno(ipvs.create_service(other, no_engine)), Errno::ENOENT);
    assert_eq!(errno(ipvs.update_service(web(), nonsense)), Errno::ENOENT);
    assert_eq!(errno(ipvs.delete_service(other)), Errno::ESRCH);
    assert_eq!(errno(ipvs.zero(Some(other))), Errno::ESRCH);
    ipvs.zero(Some(web())).expect("zeroed");
    ipvs.create_service(other, ServiceConfig::new(Scheduler::NONE)).expect("no scheduler");
    let empty = ServiceConfig::new("".parse().expect("empty name"));
    assert_eq!(errno(ipvs.update_service(other, empty)), Errno::ENOENT);
}

#[test]
fn twos_is_missing_on_6_1_only() {
    for release in RELEASES {
        let (_, mut ipvs) = open(release);
        let result = ipvs.create_service(web(), ServiceConfig::new(Scheduler::TWOS));
        assert_eq!(result.is_err(), release == Release::Linux6_1, "{release:?}");
    }
}

#[test]
fn an_update_replaces_all_but_the_flags_outside_the_mask() {
    let (_, mut ipvs) = with_web(Release::Linux6_12);
    let sip = "sip".parse().expect("name");
    let first = ServiceConfig::new(Scheduler::MH).flags(ServiceFlags::SCHED1).engine(sip);
    ipvs.update_service(web(), first).expect("updated");
    ipvs.change(Operation::UpdateService {
        service: web(),
        config: ServiceConfig::new(Scheduler::MH).flags(ServiceFlags::SCHED2),
        mask: ServiceFlags::SCHED2,
    })
    .expect("updated");
    let now = ipvs.service(web()).expect("there").config;
    assert_eq!(now.flags, ServiceFlags::SCHED1 | ServiceFlags::SCHED2);
    assert_eq!(now.engine, None);
}

#[test]
fn a_destination_is_checked_after_its_service_and_before_it_is_looked_up() {
    let (_, mut ipvs) = with_web(Release::Linux7_2);
    let server = dest("10.0.0.2:80");
    ipvs.create_dest(web(), server, masq()).expect("created");
    let heavy = masq().weight(1 << 31);
    let crossed = masq().thresholds(0, 1);
    let missing = key("tcp/192.0.2.11:80");
    assert_eq!(errno(ipvs.create_dest(missing, server, heavy)), Errno::ESRCH);
    assert_eq!(errno(ipvs.create_dest(web(), server, heavy)), Errno::ERANGE);
    assert_eq!(errno(ipvs.create_dest(web(), server, crossed)), Errno::ERANGE);
    assert_eq!(errno(ipvs.create_dest(web(), server, masq())), Errno::EEXIST);
    assert_eq!(errno(ipvs.update_dest(web(), dest("10.0.0.3:80"), heavy)), Errno::ERANGE);
    assert_eq!(errno(ipvs.update_dest(web(), dest("10.0.0.3:80"), masq())), Errno::ENOENT);
    assert_eq!(errno(ipvs.delete_dest(web(), dest("10.0.0.3:80"))), Errno::ENOENT);
    assert_eq!(errno(ipvs.delete_dest(missing, server)), Errno::ESRCH);
    ipvs.update_dest(web(), server, masq().weight(i32::MAX as u32)).expect("the greatest weight");
}

#[test]
fn thresholds_above_int_max_pass_on_6_12_only() {
    for release in RELEASES {
        let (_, mut ipvs) = with_web(release);
        let result = ipvs.create_dest(web(), dest("10.0.0.2:80"), masq().thresholds(1 << 31, 0));
        match release {
            Release::Linux6_12 => result.expect("accepted"),
            _ => assert_eq!(errno(result), Errno::EINVAL, "{release:?}"),
        }
    }
}

#[test]
fn an_address_that_is_not_unicast_is_refused() {
    let v6 = key("tcp/[2001:db8::1]:80");
    let (kernel, mut ipvs) = with_web(Release::Linux6_1);
    ipvs.create_service(v6, ServiceConfig::new(Scheduler::RR)).expect("created");
    for bad in ["0.0.0.0:1", "224.0.0.1:1", "255.255.255.255:1"] {
        assert_eq!(errno(ipvs.create_dest(web(), dest(bad), masq())), Errno::EINVAL, "{bad}");
    }
    for bad in ["[::]:1", "[ff02::1]:1", "[fe80::1]:1"] {
        assert_eq!(errno(ipvs.create_dest(v6, dest(bad), masq())), Errno::EINVAL, "{bad}");
    }
    ipvs.create_dest(web(), dest("127.0.0.1:1"), masq()).expect("local is fine");
    ipvs.create_dest(v6, dest("[::1]:1"), masq()).expect("local is fine");
    kernel.set_interface("lo".parse().expect("name"), Interface::loopback().down());
    assert_eq!(errno(ipvs.create_dest(web(), dest("10.0.0.9:1"), masq())), Errno::EINVAL);
}

#[test]
fn gue_needs_a_port_even_where_nothing_is_tunnelled() {
    let (_, mut ipvs) = with_web(Release::Linux6_12);
    let raw = RawForward { tunnel_type: 1, ..RawForward::plain(Method::MASQ) };
    let config = DestConfig::new(Forward::from(raw));
    assert_eq!(errno(ipvs.create_dest(web(), dest("10.0.0.2:80"), config)), Errno::EINVAL);
}

#[test]
fn mixed_families_are_tunnelled_and_exclude_daemons() {
    let (_, mut ipvs) = with_web(Release::Linux7_2);
    let six = dest("[fd00::2]:80");
    let tunnel = DestConfig::new(Forward::Tunnel(Tunnel::Ipip));
    let master = daemon(DaemonRole::Master, "eth0");
    assert_eq!(errno(ipvs.create_dest(web(), six, masq())), Errno::EINVAL);
    ipvs.start_daemon(master).expect("started");
    assert_eq!(errno(ipvs.create_dest(web(), six, tunnel)), Errno::EINVAL);
    assert_eq!(errno(ipvs.delete_dest(web(), six)), Errno::ENOENT);
    ipvs.stop_daemon(DaemonRole::Master).expect("stopped");
    ipvs.create_dest(web(), six, tunnel).expect("created");
    assert_eq!(errno(ipvs.start_daemon(daemon(DaemonRole::Backup, "nope"))), Errno::EINVAL);
    ipvs.flush().expect("flushed");
    ipvs.start_daemon(master).expect("started");
}

#[test]
fn daemons_are_refused_in_the_kernels_order_and_get_its_defaults() {
    let (kernel, mut ipvs) = open(Release::Linux6_1);
    let down = "eth1".parse().expect("name");
    kernel.set_interface(down, Interface::new(9000).down());
    let mut unicast = daemon(DaemonRole::Master, "nope");
    unicast.group = Some([10, 0, 0, 1].into());
    assert_eq!(errno(ipvs.start_daemon(unicast)), Errno::EINVAL);
    assert_eq!(errno(ipvs.start_daemon(daemon(DaemonRole::Master, "nope"))), Errno::ENODEV);
    assert_eq!(errno(ipvs.start_daemon(daemon(DaemonRole::Master, "eth1"))), Errno::ENETUNREACH);
    let mut six = daemon(DaemonRole::Master, "lo");
    six.group = Some("ff05::1".parse().expect("address"));
    assert_eq!(errno(ipvs.start_daemon(six)), Errno::ENETUNREACH);
    assert_eq!(errno(ipvs.stop_daemon(DaemonRole::Master)), Errno::ESRCH);
    ipvs.start_daemon(daemon(DaemonRole::Master, "eth0")).expect("started");
    assert_eq!(errno(ipvs.start_daemon(daemon(DaemonRole::Master, "eth1"))), Errno::EEXIST);
    assert_eq!(errno(ipvs.start_daemon(daemon(DaemonRole::Master, "nope"))), Errno::ENODEV);
    ipvs.start_daemon(daemon(DaemonRole::Backup, "eth1")).expect("a backup may be down");
    let lengths: Vec<_> =
        ipvs.daemons().expect("list").iter().map(|d| d.max_len.map_or(0, u16::from)).collect();
    assert_eq!(lengths, [1472, 8972]);
    ipvs.stop_daemon(DaemonRole::Backup).expect("stopped");
    let mut short = daemon(DaemonRole::Backup, "eth0");
    (short.max_len, short.group) =
        (std::num::NonZeroU16::new(5), Some("ff05::1".parse().expect("address")));
    ipvs.start_daemon(short).expect("started");
    let running = ipvs.daemons().expect("list")[1];
    assert_eq!(running.max_len.map(u16::from), Some(1024));
    assert_eq!((running.port.map(u16::from), running.ttl.map(u8::from)), (Some(8848), Some(1)));
}

#[test]
fn timeouts_are_all_set_or_none() {
    let (kernel, mut ipvs) = open(Release::Linux6_12);
    let before = ipvs.timeouts().expect("read");
    let seconds = |n| Some(Duration::from_secs(n));
    let change = TimeoutsChange { tcp: seconds(10), tcp_fin: None, udp: seconds(8_589_935) };
    assert_eq!(errno(ipvs.set_timeouts(change)), Errno::EINVAL);
    assert_eq!(ipvs.timeouts().expect("read"), before);
    ipvs.set_timeouts(TimeoutsChange { udp: seconds(8_589_934), ..change }).expect("set");
    let now = ipvs.timeouts().expect("read");
    assert_eq!((now.tcp.as_secs(), now.tcp_fin.as_secs()), (10, 120));
    kernel.set_ticks_per_second(NonZeroU32::new(1000).expect("not zero"));
    assert_eq!(errno(ipvs.set_timeouts(now)), Errno::EINVAL);
}

#[test]
fn what_netlink_can_not_send_is_refused_before_anything_is_done() {
    let (kernel, mut ipvs) = with_web(Release::Linux6_12);
    let six = Granularity::ipv6(64).expect("prefix");
    let config = ServiceConfig::new(Scheduler::RR)
        .persistence(Persistence::new(Duration::from_secs(1)).granularity(six));
    let result = ipvs.commit(&[
        Operation::DeleteService { service: web() },
        Operation::CreateService { service: web(), config },
    ]);
    assert_eq!(result.expect_err("invalid").kind(), ErrorKind::Invalid);
    assert_eq!(kernel.ruleset().services().len(), 1);
}

#[test]
fn destinations_are_listed_newest_first_and_keep_their_place() {
    let (_, mut ipvs) = with_web(Release::Linux6_12);
    let all = ["10.0.0.5:1", "10.0.0.2:1", "10.0.0.9:1"].map(dest);
    for server in all {
        ipvs.create_dest(web(), server, masq()).expect("created");
    }
    ipvs.update_dest(web(), all[0], masq().weight(7)).expect("updated");
    let listed: Vec<_> = ipvs.dests(web()).expect("list").iter().map(|d| d.key).collect();
    assert_eq!(listed, [all[2], all[1], all[0]]);
}

#[test]
fn the_connection_table_of_7_2_comes_with_the_first_service() {
    for release in RELEASES {
        let (_, mut ipvs) = open(release);
        let before = ipvs.info().expect("info").connection_table_size;
        ipvs.create_service(web(), ServiceConfig::new(Scheduler::RR)).expect("created");
        let after = ipvs.info().expect("info").connection_table_size;
        let expected = if release == Release::Linux7_2 { (0, 256) } else { (4096, 4096) };
        assert_eq!((before, after), expected, "{release:?}");
    }
}

#[test]
fn faults_do_what_they_say() {
    let (kernel, mut ipvs) = with_web(Release::Linux6_12);
    let make = |n: u8| Operation::CreateDest {
        service: web(),
        dest: DestKey::new([10, 0, 0, n].into(), 80),
        config: masq(),
    };
    let batch = [make(1), make(2), make(3)];
    let count = |ipvs: &mut Ipvs| {
        let count = ipvs.dests(web()).expect("list").len();
        let service = ServiceConfig::new(Scheduler::RR);
        ipvs.delete_service(web()).expect("deleted");
        ipvs.create_service(web(), service).expect("created");
        count
    };

    kernel.inject(1, Fault::Refuse(Errno::ENOMEM));
    let outcomes = ipvs.commit(&batch).expect("answers");
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert_eq!(outcomes[1].as_ref().expect_err("refused").errno, Errno::ENOMEM);
    assert_eq!(count(&mut ipvs), 2);

    kernel.inject(2, Fault::Cut);
    assert_eq!(ipvs.commit(&batch).expect_err("cut").kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(count(&mut ipvs), 2);

    kernel.inject(1, Fault::Stall);
    assert_eq!(ipvs.commit(&batch).expect_err("stalled").kind(), ErrorKind::Timeout);
    assert_eq!(count(&mut ipvs), 1);

    kernel.inject(0, Fault::LoseAnswers);
    assert_eq!(ipvs.commit(&batch).expect_err("lost").kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(count(&mut ipvs), 3);

    kernel.inject(1, Fault::Die);
    assert!(ipvs.commit(&batch).is_err() && ipvs.services().is_err());
    kernel.clear_faults();
    assert_eq!(count(&mut ipvs), 1);
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Requests that kernels accepted, and those of the C tool: ours for the same operation mean the
//! same.

use std::time::Duration;

use ipvs_types::*;
use netlink_packet_core::ParseableParametrized;
use netlink_packet_generic::GenlHeader;

use super::fixture::{self, KERNELS};
use crate::wire::frame::Frames;
use crate::wire::{IpvsMessage, encode, meaning};
use crate::{Operation as Op, Request};

/// The meaning of the only message in `datagram`, with its flags.
fn meaning(datagram: &[u8]) -> (u16, Option<Request>) {
    let frames: Vec<_> = Frames::new(datagram).collect::<Result<_, _>>().expect("well framed");
    let [frame] = frames[..] else { panic!("one message") };
    let header = GenlHeader { cmd: frame.payload[0], version: 1 };
    let message = IpvsMessage::parse_with_param(&frame.payload[4..], header).expect("attributes");
    (frame.flags, meaning::request(frame.flags, &message))
}

/// Asserts that `captured` is `request`, and that ours is too.
fn agree(name: &str, captured: &[u8], request: Request) {
    let (flags, captured) = meaning(captured);
    assert_eq!(captured, Some(request), "{name}");
    let mut ours = Vec::new();
    encode::request(&mut ours, 34, 1, flags & 4 != 0, &request).expect(name);
    assert_eq!(meaning(&ours), (flags, Some(request)), "{name}, ours");
}

fn key(text: &str) -> ServiceKey {
    text.parse().expect("a service")
}

fn create_dest(service: &str, dest: &str, config: DestConfig) -> Op {
    Op::CreateDest { service: key(service), dest: dest.parse().expect("a destination"), config }
}

fn persistence(seconds: u64, granularity: &str) -> Persistence {
    Persistence {
        timeout: Duration::from_secs(seconds),
        granularity: granularity.parse().expect("a granularity"),
    }
}

fn gue(port: u16, flags: TunnelFlags) -> Forward {
    Forward::Tunnel(Tunnel::Gue { port: port.try_into().expect("not zero"), flags })
}

fn sh_sip(seconds: u64) -> ServiceConfig {
    ServiceConfig::new(Scheduler::SH)
        .flags(ServiceFlags::SCHED1 | ServiceFlags::SCHED2)
        .persistence(persistence(seconds, "/64"))
        .engine("sip".parse().expect("short"))
}

fn daemon(role: DaemonRole, interface: &str, id: u8) -> DaemonConfig {
    let mut daemon = DaemonConfig::new(role, interface.parse().expect("short"));
    daemon.sync_id = SyncId::new(id);
    daemon
}

/// What the requests of the scenario do.
fn scenario() -> Vec<(&'static str, Op)> {
    let web = "tcp/10.1.0.100:80";
    let csum = TunnelFlags::CSUM;
    let ipip = Forward::Tunnel(Tunnel::Ipip);
    let create = |service: &str, config| Op::CreateService { service: key(service), config };
    let mut backup = daemon(DaemonRole::Backup, "s0", 8);
    backup.max_len = 2000.try_into().ok();
    backup.group = "ff02::51".parse().ok();
    backup.port = 8900.try_into().ok();
    backup.ttl = 3.try_into().ok();
    let timeouts = TimeoutsChange {
        tcp: Some(Duration::from_secs(1000)),
        tcp_fin: None,
        udp: Some(Duration::from_secs(200)),
    };
    let changed = ServiceConfig::new(Scheduler::WRR).persistence(persistence(600, "host"));
    let master = daemon(DaemonRole::Master, "s0", 7);
    vec![
        ("req_new_service_v4", create(web, ServiceConfig::new(Scheduler::WLC))),
        ("req_new_service_v6_sip", create("udp/[fd01::100]:5060", sh_sip(360))),
        (
            "req_new_fwm4",
            create(
                "fwmark/66",
                ServiceConfig::new(Scheduler::RR).persistence(persistence(120, "255.255.255.0")),
            ),
        ),
        ("req_new_fwm6", create("fwmark6/66", ServiceConfig::new(Scheduler::MH))),
        (
            "req_new_ops",
            create(
                "udp/10.1.0.100:53",
                ServiceConfig::new(Scheduler::NONE).flags(ServiceFlags::ONE_PACKET),
            ),
        ),
        ("req_new_sctp", create("sctp/10.1.0.100:9", ServiceConfig::new(Scheduler::RR))),
        (
            "req_set_service",
            Op::UpdateService { service: key(web), config: changed, mask: ServiceFlags::empty() },
        ),
        (
            "req_new_dest_masq",
            create_dest(
                web,
                "10.2.0.2:80",
                DestConfig::new(Forward::Masq).weight(3).thresholds(100, 50),
            ),
        ),
        ("req_new_dest_gue", create_dest(web, "10.2.0.3:80", DestConfig::new(gue(6080, csum)))),
        (
            "req_new_dest_gre",
            create_dest(
                web,
                "10.2.0.4:80",
                DestConfig::new(Forward::Tunnel(Tunnel::Gre { flags: csum })).weight(0),
            ),
        ),
        (
            "req_new_dest_dr",
            create_dest(
                web,
                "10.2.0.5:80",
                DestConfig::new(Forward::Route).weight(i32::MAX as u32),
            ),
        ),
        (
            "req_new_dest6",
            create_dest(
                "udp/[fd01::100]:5060",
                "[fd02::2]:5061",
                DestConfig::new(Forward::Masq).weight(5),
            ),
        ),
        ("req_new_dest_mixed", create_dest(web, "[fd02::9]:80", DestConfig::new(ipip))),
        (
            "req_new_fwm_dest",
            create_dest("fwmark/66", "10.2.0.2:0", DestConfig::new(Forward::Masq)),
        ),
        (
            "req_set_dest",
            Op::UpdateDest {
                service: key(web),
                dest: "10.2.0.2:80".parse().expect("a destination"),
                config: DestConfig::new(Forward::Masq).weight(9),
            },
        ),
        (
            "req_del_dest",
            Op::DeleteDest {
                service: key(web),
                dest: "10.2.0.5:80".parse().expect("a destination"),
            },
        ),
        ("req_new_daemon_master", Op::StartDaemon { config: master }),
        ("req_new_daemon_backup", Op::StartDaemon { config: backup }),
        ("req_del_daemon_master", Op::StopDaemon { role: DaemonRole::Master }),
        ("req_del_daemon_backup", Op::StopDaemon { role: DaemonRole::Backup }),
        ("req_set_config", Op::SetTimeouts { change: timeouts }),
        ("req_flush", Op::Flush),
    ]
}

#[test]
fn changes_that_kernels_accepted() {
    for kernel in KERNELS {
        let mut names: Vec<String> = Vec::new();
        for (name, operation) in scenario() {
            let fixture = fixture::read(kernel, name);
            agree(&fixture.name, &fixture.sent[0], operation.into());
            names.push(fixture.name);
        }
        names.sort();
        let all = fixture::all(kernel).into_iter().map(|fixture| fixture.name);
        let all: Vec<_> = all.filter(|name| name.contains("/req_")).collect();
        assert_eq!(names, all, "each has an expectation");
    }
}

#[test]
fn questions_that_kernels_answered() {
    let web = key("tcp/10.1.0.100:80");
    let sip = key("udp/[fd01::100]:5060");
    let cases = [
        ("get_service_dump_two", Request::ListServices),
        ("get_service_dump_six", Request::ListServices),
        ("get_service_one_v6", Request::GetService(sip)),
        ("get_dest_dump_gue", Request::ListDests(web)),
        ("get_dest_dump_mixed", Request::ListDests(web)),
        ("get_dest_dump_v6", Request::ListDests(sip)),
        ("get_daemon_both", Request::ListDaemons),
        ("get_config", Request::GetTimeouts),
        ("get_info", Request::GetInfo),
    ];
    for kernel in KERNELS {
        for (name, request) in cases {
            let fixture = fixture::read(kernel, name);
            agree(&fixture.name, &fixture.sent[0], request);
        }
    }
}

/// What the C tool's commands do; each fixture names its command in the first line.
fn c_tool() -> Vec<(&'static str, Request)> {
    let web = key("tcp/10.0.0.1:80");
    let dest = |text: &str| text.parse::<DestKey>().expect("a destination");
    let wlc = ServiceConfig::new(Scheduler::WLC);
    let wrr = ServiceConfig::new(Scheduler::WRR).persistence(persistence(100, "host"));
    let masq = DestConfig::new(Forward::Masq);
    let mut master = daemon(DaemonRole::Master, "d0", 5);
    master.max_len = 1400.try_into().ok();
    master.group = "224.1.2.3".parse().ok();
    master.port = 9000.try_into().ok();
    master.ttl = 2.try_into().ok();
    let mut backup = daemon(DaemonRole::Backup, "d0", 0);
    backup.group = "ff05::1".parse().ok();
    let seconds = |s| Some(Duration::from_secs(s));
    let timeouts = TimeoutsChange { tcp: seconds(900), tcp_fin: seconds(120), udp: seconds(300) };
    let changes = [
        ("A_fwm6", Op::CreateService { service: key("fwmark6/7"), config: wlc }),
        ("A_tcp_rr", Op::CreateService { service: web, config: ServiceConfig::new(Scheduler::RR) }),
        (
            "A_v6_persist_sip",
            Op::CreateService { service: key("udp/[fd00::1]:5060"), config: sh_sip(360) },
        ),
        ("C", Op::Flush),
        ("D", Op::DeleteService { service: key("fwmark6/7") }),
        ("D_missing", Op::DeleteService { service: key("tcp/10.0.0.99:80") }),
        (
            "E_tcp",
            Op::UpdateService {
                service: web,
                config: wrr,
                mask: ServiceFlags::from_kernel(u32::MAX),
            },
        ),
        ("Z", Op::Zero { service: None }),
        ("Z_svc", Op::Zero { service: Some(web) }),
        (
            "a_gue",
            Op::CreateDest {
                service: web,
                dest: dest("10.9.9.3:80"),
                config: DestConfig::new(gue(6080, TunnelFlags::REMCSUM)),
            },
        ),
        (
            "a_masq",
            Op::CreateDest {
                service: web,
                dest: dest("10.9.9.2:8080"),
                config: masq.weight(5).thresholds(100, 50),
            },
        ),
        ("d_dest", Op::DeleteDest { service: web, dest: dest("10.9.9.3:80") }),
        (
            "e_dest",
            Op::UpdateDest { service: web, dest: dest("10.9.9.2:8080"), config: masq.weight(0) },
        ),
        ("set_timeout", Op::SetTimeouts { change: timeouts }),
        ("start_backup6", Op::StartDaemon { config: backup }),
        ("start_master", Op::StartDaemon { config: master }),
        ("stop_master", Op::StopDaemon { role: DaemonRole::Master }),
    ];
    let questions = [
        ("L_daemon", Request::ListDaemons),
        ("L_n", Request::ListServices),
        ("L_timeout", Request::GetTimeouts),
    ];
    let changes = changes.into_iter().map(|(name, operation)| (name, operation.into()));
    changes.chain(questions).collect()
}

#[test]
fn commands_of_the_c_tool() {
    for (name, request) in c_tool() {
        let fixture = fixture::read("ipvsadm-1.31", name);
        agree(&fixture.name, &fixture.sent[0], Request::GetInfo);
        agree(&fixture.name, &fixture.sent[1], request);
    }
    assert_eq!(c_tool().len(), fixture::all("ipvsadm-1.31").len(), "each has an expectation");
}

#[test]
fn the_bytes_of_one_request() {
    let mut out = vec![0xaa; 4];
    let operation =
        create_dest("fwmark6/66", "10.2.0.2:80", DestConfig::new(gue(6080, TunnelFlags::CSUM)));
    encode::request(&mut out, 34, 0x01020304, true, &operation.into()).expect("valid");
    let expected = [
        &[0xaa, 0xaa, 0xaa, 0xaa][..], // what was in the buffer before
        &[136, 0, 0, 0, 34, 0, 5, 0, 4, 3, 2, 1, 0, 0, 0, 0], // length, family, REQUEST|ACK, seq, port
        &[5, 1, 0, 0],                                        // NEW_DEST, version
        &[20, 0, 1, 0x80],                                    // SERVICE, nested
        &[6, 0, 1, 0, 10, 0, 0, 0],                           // AF
        &[8, 0, 5, 0, 66, 0, 0, 0],                           // FWMARK
        &[96, 0, 2, 0x80],                                    // DEST, nested
        &[20, 0, 1, 0, 10, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // ADDR
        &[6, 0, 2, 0, 0, 80, 0, 0],                           // PORT, big-endian
        &[6, 0, 11, 0, 2, 0, 0, 0],                           // ADDR_FAMILY
        &[8, 0, 3, 0, 2, 0, 0, 0],                            // FWD_METHOD
        &[8, 0, 4, 0, 1, 0, 0, 0],                            // WEIGHT
        &[8, 0, 5, 0, 0, 0, 0, 0],                            // U_THRESH
        &[8, 0, 6, 0, 0, 0, 0, 0],                            // L_THRESH
        &[5, 0, 13, 0, 1, 0, 0, 0],                           // TUN_TYPE
        &[6, 0, 14, 0, 0x17, 0xc0, 0, 0],                     // TUN_PORT, big-endian
        &[6, 0, 15, 0, 1, 0, 0, 0],                           // TUN_FLAGS
    ];
    assert_eq!(out, expected.concat());
}

/// What the kernel takes for granted is not sent.
#[test]
fn the_bytes_of_a_plain_destination() {
    let operation = create_dest("fwmark/66", "10.2.0.2:80", DestConfig::new(Forward::Masq));
    let mut out = Vec::new();
    encode::request(&mut out, 34, 1, false, &operation.into()).expect("valid");
    let expected = [
        &[64, 0, 2, 0x80][..],                                           // DEST, nested
        &[20, 0, 1, 0, 10, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // ADDR
        &[6, 0, 2, 0, 0, 80, 0, 0],                                      // PORT, big-endian
        &[8, 0, 3, 0, 0, 0, 0, 0],                                       // FWD_METHOD
        &[8, 0, 4, 0, 1, 0, 0, 0],                                       // WEIGHT
        &[8, 0, 5, 0, 0, 0, 0, 0],                                       // U_THRESH
        &[8, 0, 6, 0, 0, 0, 0, 0],                                       // L_THRESH
    ];
    assert_eq!(out[out.len() - 64..], expected.concat());
}

#[test]
fn the_controller_is_asked_as_a_kernel_answered_it() {
    for kernel in KERNELS {
        let captured = &fixture::read(kernel, "ctrl_getfamily").sent[0];
        let seq = u32::from_ne_bytes(captured[8..12].try_into().expect("four bytes"));
        let ack = captured[6] & 4 != 0;
        let mut ours = Vec::new();
        encode::request(&mut ours, 0, seq, ack, &Request::ResolveFamily).expect("valid");
        assert_eq!(ours[..16], captured[..16], "{kernel}");
        assert_eq!(ours[16], captured[16], "{kernel}: the command");
        assert_eq!(ours[20..], captured[20..], "{kernel}");
    }
}

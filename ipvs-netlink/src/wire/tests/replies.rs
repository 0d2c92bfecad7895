// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the direct decoder makes of answers from live kernels.

use std::time::Duration;

use ipvs_types::{
    CounterWidth, DaemonConfig, DaemonRole, DestConfig, Family, Forward, Granularity, Persistence,
    Scheduler, ServiceConfig, ServiceFlags, SyncId, Timeouts, Tunnel, TunnelFlags,
};

use super::fixture::{self, Fixture, KERNELS};
use crate::wire::decode;
use crate::wire::frame::{Answer, Frame, Frames};
use crate::wire::number::command;
use crate::{Errno, ExtAck};

fn frames(fixture: &Fixture) -> Vec<Frame<'_>> {
    let frames = fixture.received.iter().flat_map(|datagram| Frames::new(datagram));
    frames.collect::<Result<_, _>>().expect("well framed")
}

fn answers(fixture: &Fixture) -> Vec<Answer<'_>> {
    frames(fixture).iter().map(|frame| frame.answer().expect("an answer")).collect()
}

/// What the answers with `command` hold.
fn data(fixture: &Fixture, wanted: u8) -> Vec<Vec<u8>> {
    answers(fixture)
        .into_iter()
        .filter_map(|answer| match answer {
            Answer::Data { command, attributes } => {
                assert_eq!(command, wanted, "{}", fixture.name);
                Some(attributes.to_vec())
            }
            _ => None,
        })
        .collect()
}

#[test]
fn every_answer_on_every_kernel_is_understood() {
    let mut decoded = 0;
    for fixture in fixture::everything() {
        for answer in answers(&fixture) {
            let Answer::Data { command: number, attributes } = answer else { continue };
            if fixture.name.contains("/ctrl_") {
                continue;
            }
            let name = &fixture.name;
            decoded += 1;
            match number {
                command::NEW_SERVICE => {
                    let entry = decode::service(attributes).expect(name);
                    assert_eq!(entry.stats.width, CounterWidth::Bits64, "{name}");
                    assert_eq!(entry.unknown, [], "{name}");
                }
                command::NEW_DEST => {
                    let entry = decode::dest(attributes, Family::Ipv4).expect(name);
                    assert_eq!(entry.stats.width, CounterWidth::Bits64, "{name}");
                    assert_eq!(entry.unknown, [], "{name}");
                }
                command::NEW_DAEMON => assert!(decode::daemon(attributes).is_ok(), "{name}"),
                command::SET_CONFIG => assert!(decode::timeouts(attributes).is_ok(), "{name}"),
                command::SET_INFO => assert!(decode::info(attributes).is_ok(), "{name}"),
                other => panic!("{name}: command {other}"),
            }
        }
    }
    assert!(decoded > 250, "only {decoded} answers decoded");
}

#[test]
fn the_services_of_the_scenario() {
    for kernel in KERNELS {
        let fixture = fixture::read(kernel, "get_service_dump_two");
        let mut services: Vec<_> = data(&fixture, command::NEW_SERVICE)
            .iter()
            .map(|attributes| decode::service(attributes).expect(kernel))
            .map(|entry| (entry.key.to_string(), entry.config))
            .collect();
        services.sort();
        let six_minutes = Persistence::new(Duration::from_secs(360))
            .granularity(Granularity::ipv6(64).expect("in range"));
        let sip = ServiceConfig::new(Scheduler::SH)
            .flags(ServiceFlags::SCHED1 | ServiceFlags::SCHED2)
            .persistence(six_minutes)
            .engine("sip".parse().expect("short"));
        let expected = [
            ("tcp/10.1.0.100:80".to_owned(), ServiceConfig::new(Scheduler::WLC)),
            ("udp/[fd01::100]:5060".to_owned(), sip),
        ];
        assert_eq!(services, expected, "{kernel}");
        assert!(matches!(answers(&fixture).last(), Some(Answer::Done { errno: None, .. })));
    }
}

#[test]
fn services_of_every_kind() {
    let net24 = Granularity::ipv4([255, 255, 255, 0].into());
    let marked = Persistence::new(Duration::from_secs(120)).granularity(net24);
    let expected = [
        ("fwmark/66", ServiceConfig::new(Scheduler::RR).persistence(marked)),
        ("fwmark6/66", ServiceConfig::new(Scheduler::MH)),
        ("udp/10.1.0.100:53", ServiceConfig::new(Scheduler::NONE).flags(ServiceFlags::ONE_PACKET)),
        ("sctp/10.1.0.100:9", ServiceConfig::new(Scheduler::RR)),
    ];
    for kernel in KERNELS {
        let fixture = fixture::read(kernel, "get_service_dump_six");
        let services = data(&fixture, command::NEW_SERVICE);
        let services = services.iter().map(|a| decode::service(a).expect(kernel));
        let services: Vec<_> = services.map(|e| (e.key.to_string(), e.config)).collect();
        assert_eq!(services.len(), 6, "{kernel}");
        for (key, config) in &expected {
            assert!(services.contains(&((*key).to_owned(), *config)), "{kernel}: {key}");
        }
    }
}

#[test]
fn a_dump_in_several_datagrams() {
    for kernel in KERNELS {
        let fixture = fixture::read(kernel, "get_service_dump_multi4k");
        assert!(fixture.received.len() > 5, "{kernel}");
        assert_eq!(data(&fixture, command::NEW_SERVICE).len(), 66, "{kernel}");
        let all = frames(&fixture);
        assert!(all.iter().all(|frame| frame.flags & 2 != 0 && frame.seq == all[0].seq));
    }
}

#[test]
fn the_destinations_of_the_scenario() {
    let (gue, gre) = (6080.try_into().expect("not zero"), TunnelFlags::CSUM);
    let expected = [
        ("10.2.0.5:80", DestConfig::new(Forward::Route).weight(i32::MAX as u32)),
        ("10.2.0.4:80", DestConfig::new(Forward::Tunnel(Tunnel::Gre { flags: gre })).weight(0)),
        (
            "10.2.0.3:80",
            DestConfig::new(Forward::Tunnel(Tunnel::Gue { port: gue, flags: TunnelFlags::CSUM })),
        ),
        ("10.2.0.2:80", DestConfig::new(Forward::Masq).weight(3).thresholds(100, 50)),
    ];
    for kernel in KERNELS {
        let fixture = fixture::read(kernel, "get_dest_dump_gue");
        let dests = data(&fixture, command::NEW_DEST);
        let dests: Vec<_> =
            dests.iter().map(|a| decode::dest(a, Family::Ipv4).expect(kernel)).collect();
        let found: Vec<_> = dests.iter().map(|e| (e.key.to_string(), e.config)).collect();
        assert_eq!(found, expected.map(|(key, config)| (key.to_owned(), config)), "{kernel}");
        assert!(dests.iter().any(|entry| entry.stats.counters.in_packets > 0), "{kernel}");
    }
}

#[test]
fn a_destination_of_the_other_family() {
    for kernel in KERNELS {
        let fixture = fixture::read(kernel, "get_dest_dump_mixed");
        let dests = data(&fixture, command::NEW_DEST);
        let first = decode::dest(&dests[0], Family::Ipv4).expect(kernel);
        assert_eq!(first.key.to_string(), "[fd02::9]:80", "{kernel}");
    }
}

#[test]
fn daemons_with_the_kernels_defaults_and_with_settings() {
    for kernel in KERNELS {
        let fixture = fixture::read(kernel, "get_daemon_both");
        let daemons = data(&fixture, command::NEW_DAEMON);
        let daemons: Vec<_> = daemons.iter().map(|a| decode::daemon(a).expect(kernel)).collect();
        let mut master = DaemonConfig::new(DaemonRole::Master, "s0".parse().expect("short"));
        master.sync_id = SyncId::new(7);
        master.max_len = 1472.try_into().ok();
        master.group = Some(DaemonConfig::DEFAULT_GROUP);
        master.port = DaemonConfig::DEFAULT_PORT.try_into().ok();
        master.ttl = DaemonConfig::DEFAULT_TTL.try_into().ok();
        let mut backup = DaemonConfig::new(DaemonRole::Backup, master.interface);
        backup.sync_id = SyncId::new(8);
        backup.max_len = 2000.try_into().ok();
        backup.group = "ff02::51".parse().ok();
        backup.port = 8900.try_into().ok();
        backup.ttl = 3.try_into().ok();
        assert_eq!(daemons, [master, backup], "{kernel}");
    }
}

#[test]
fn timeouts_version_and_family() {
    for kernel in KERNELS {
        let seconds = Duration::from_secs;
        let config = data(&fixture::read(kernel, "get_config_after"), command::SET_CONFIG);
        let expected = Timeouts { tcp: seconds(1000), tcp_fin: seconds(120), udp: seconds(200) };
        assert_eq!(decode::timeouts(&config[0]), Ok(expected), "{kernel}");

        let info = data(&fixture::read(kernel, "get_info"), command::SET_INFO);
        let info = decode::info(&info[0]).expect(kernel);
        assert_eq!(info.version.to_string(), "1.2.1", "{kernel}");

        let family = data(&fixture::read(kernel, "ctrl_getfamily"), 1);
        let number = frames(&fixture::read(kernel, "get_info"))[0].kind;
        assert_eq!(decode::family_id(&family[0]), Ok(number), "{kernel}");
    }
}

#[test]
fn refusals_and_their_extended_acks() {
    let policy = |offset| {
        let message = Some("Attribute failed policy validation".to_owned());
        Some(ExtAck { message, offset: Some(offset) })
    };
    let cases = [
        ("err_esrch_get_service", Errno::ESRCH, None),
        ("err_esrch_capped", Errno::ESRCH, None),
        ("err_eexist_new_service", Errno::EEXIST, None),
        ("err_enoent_sched", Errno::ENOENT, None),
        ("err_eopnotsupp_getdest_do", Errno::EOPNOTSUPP, None),
        ("err_eperm_get_info", Errno::EPERM, None),
        ("err_eperm_dump", Errno::EPERM, None),
        ("err_extack_config_range", Errno::ERANGE, policy(20)),
        ("err_extack_daemon_ifname", Errno::EINVAL, policy(32)),
        ("ctrl_getfamily_unknown", Errno::ENOENT, None),
    ];
    for kernel in KERNELS {
        for (name, errno, ext_ack) in &cases {
            let fixture = fixture::read(kernel, name);
            let expected = Answer::Nack { errno: *errno, ext_ack: ext_ack.clone() };
            assert_eq!(answers(&fixture), [expected], "{kernel}/{name}");
        }
        let done = fixture::read(kernel, "dump_done_extack");
        let said = policy(0).map(|said| ExtAck { offset: None, ..said });
        assert_eq!(answers(&done), [Answer::Done { errno: None, ext_ack: said }], "{kernel}");
        assert_eq!(answers(&fixture::read(kernel, "ack_ok")), [Answer::Ack], "{kernel}");
    }
}

#[test]
fn the_enums_mean_what_the_direct_decoder_reads() {
    for fixture in fixture::everything() {
        for answer in answers(&fixture) {
            if let Answer::Data { command, attributes } = answer {
                crate::wire::fuzzing::attributes(command, attributes);
            }
        }
    }
}

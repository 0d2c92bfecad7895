// SPDX-License-Identifier: MIT OR Apache-2.0
//! The legacy structures against bytes that live kernels sent, and against its limits.

use std::net::Ipv4Addr;
use std::time::Duration;

use ipvs_types::{
    CounterWidth, Counters, DaemonConfig, DaemonRole, DestConfig, Forward, Granularity,
    Persistence, Protocol, Rates, Scheduler, ServiceConfig, ServiceFlags, ServiceKey, Stats,
    Tunnel, TunnelFlags,
};

use super::layout::{self, Reader};
use super::{compose, used};
use crate::{Error, Feature, Operation, Request};

/// The bytes that `getsockopt` returned, from a capture.
fn reply(text: &str) -> Vec<u8> {
    let line = text.lines().find_map(|line| line.strip_prefix("< ")).expect("a reply line");
    let digits = line.trim().as_bytes().chunks(2);
    digits
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(pair, 16).expect("hexadecimal")
        })
        .collect()
}

macro_rules! captures {
    ($name:literal) => {
        [
            reply(include_str!(concat!("../../../tests/fixtures/sockopt/linux-6.1/", $name))),
            reply(include_str!(concat!("../../../tests/fixtures/sockopt/linux-6.12/", $name))),
            reply(include_str!(concat!("../../../tests/fixtures/sockopt/linux-7.2/", $name))),
        ]
    };
}

fn web() -> ServiceKey {
    "tcp/10.1.0.100:80".parse().expect("key")
}

#[test]
fn services_of_live_kernels_are_read() {
    for bytes in captures!("so_get_services_4.hex") {
        let entries = &bytes[layout::SERVICES_HEADER..];
        let count = used(entries, layout::SERVICE_ENTRY);
        let services: Vec<_> = entries
            .chunks_exact(layout::SERVICE_ENTRY)
            .take(count)
            .map(|entry| Reader(entry).service())
            .collect();
        assert!((2..=4).contains(&count), "{count} services");
        let service = services.iter().find(|entry| entry.key == web()).expect("the web service");
        assert_eq!(service.config.scheduler, Scheduler::WRR);
        let persistence = Persistence::new(Duration::from_secs(600));
        assert_eq!(service.config.persistence, Some(persistence));
        // The traffic of the three captures was not quite the same.
        assert!([3, 4].contains(&service.stats.counters.connections));
        let dns = services.iter().find(|entry| entry.key.protocol() == Some(Protocol::UDP));
        let dns = dns.expect("the UDP service");
        assert_eq!(dns.config.flags, ServiceFlags::ONE_PACKET);
        assert_eq!(dns.config.scheduler, Scheduler::NONE);
        assert_eq!(dns.config.persistence, None);
    }
}

#[test]
fn one_service_of_live_kernels_is_read() {
    for bytes in captures!("so_get_service.hex") {
        let entry = Reader(&bytes);
        assert_eq!(entry.service().key, web());
        assert_eq!(entry.dest_count(), 4);
    }
    let [_, linux_6_12, _] = captures!("so_get_service.hex");
    let stats = Reader(&linux_6_12).service().stats;
    let sums = Counters {
        connections: 3,
        in_packets: 14,
        out_packets: 15,
        in_bytes: 0x0305,
        out_bytes: 0x03b9,
    };
    let rates =
        Rates { connections: 0, in_packets: 1, out_packets: 1, in_bytes: 0x27, out_bytes: 0x32 };
    assert_eq!(stats, Stats { counters: sums, rates, width: CounterWidth::Bits32 });
}

#[test]
fn destinations_of_live_kernels_are_read_and_flag_bits_masked() {
    for bytes in captures!("so_get_dests_3.hex") {
        let entries = &bytes[layout::DESTS_HEADER..];
        let count = used(entries, layout::DEST_ENTRY);
        let dests: Vec<_> = entries
            .chunks_exact(layout::DEST_ENTRY)
            .take(count)
            .map(|entry| Reader(entry).dest())
            .collect();
        assert_eq!(count, 3);
        assert_eq!(dests[0].key.to_string(), "10.2.0.4:80");
        assert_eq!(dests[0].config, DestConfig::new(Forward::Tunnel(Tunnel::Ipip)).weight(0));
        assert_eq!(dests[1].config.weight, 1);
        assert!(dests.iter().any(|dest| dest.stats.counters.in_packets > 0));
    }
}

#[test]
fn timeouts_and_info_of_live_kernels_are_read() {
    for bytes in captures!("so_get_timeout.hex") {
        assert_eq!(Reader(&bytes).timeouts().tcp, Duration::from_secs(1000));
        assert_eq!(Reader(&bytes).timeouts().tcp_fin, Duration::from_secs(120));
        assert_eq!(Reader(&bytes).timeouts().udp, Duration::from_secs(200));
    }
    for bytes in captures!("so_get_info.hex") {
        assert_eq!(Reader(&bytes).u32(0), 0x010201);
    }
}

#[test]
fn a_service_is_written_as_it_is_read() {
    for bytes in captures!("so_get_service.hex") {
        let entry = Reader(&bytes).service();
        let operation = Operation::CreateService { service: entry.key, config: entry.config };
        let call = compose::call(&operation, Protocol::TCP).expect("expressible");
        assert_eq!(call.option, 1154);
        let mut sent = call.value;
        // The kernel adds the bit "hashed".
        sent[32] |= 2;
        assert_eq!(sent, bytes[..44]);
    }
}

#[test]
fn every_call_has_the_length_that_the_kernel_demands() {
    let service = web();
    let dest = "10.2.0.2:80".parse().expect("key");
    let config = DestConfig::new(Forward::Masq).weight(3).thresholds(9, 5);
    let interface = "eth0".parse().expect("name");
    let daemon = DaemonConfig::new(DaemonRole::Backup, interface);
    let zero = Operation::Zero { service: Some(service) };
    for (operation, option, length) in [
        (Operation::DeleteService { service }, 1156, 44),
        (Operation::Flush, 1157, 0),
        (Operation::CreateDest { service, dest, config }, 1159, 68),
        (Operation::DeleteDest { service, dest }, 1160, 68),
        (Operation::UpdateDest { service, dest, config }, 1161, 68),
        (Operation::SetTimeouts { change: Default::default() }, 1162, 12),
        (Operation::StartDaemon { config: daemon }, 1163, 24),
        (Operation::StopDaemon { role: DaemonRole::Backup }, 1164, 24),
        (zero, 1167, 44),
        (Operation::Zero { service: None }, 1167, 44),
    ] {
        let call = compose::call(&operation, Protocol::TCP).expect("expressible");
        assert_eq!((call.option, call.value.len()), (option, length), "{operation}");
    }
    let call = compose::call(&Operation::CreateDest { service, dest, config }, Protocol::TCP);
    let value = call.expect("expressible").value;
    assert_eq!(value[44..52], [10, 2, 0, 2, 0, 80, 0, 0]);
    assert_eq!(value[56..60], 3u32.to_ne_bytes());
    assert_eq!(value[60..68], [9u32.to_ne_bytes(), 5u32.to_ne_bytes()].concat());
}

#[test]
fn what_the_interface_lacks_is_a_typed_error() {
    let service = web();
    let dest = "10.2.0.2:80".parse().expect("key");
    let gre = Forward::Tunnel(Tunnel::Gre { flags: TunnelFlags::empty() });
    let engine = ServiceConfig::new(Scheduler::SH).engine("sip".parse().expect("name"));
    let mut daemon = DaemonConfig::new(DaemonRole::Master, "eth0".parse().expect("name"));
    daemon.port = std::num::NonZeroU16::new(9999);
    let plain = ServiceConfig::new(Scheduler::RR);
    let v6 = "tcp/[fd00::1]:80".parse().expect("key");
    let esp = "proto50/10.0.0.1:0".parse().expect("key");
    for (operation, expected) in [
        (Operation::CreateService { service: v6, config: plain }, Feature::Ipv6),
        (Operation::CreateService { service: esp, config: plain }, Feature::AnyProtocol),
        (Operation::CreateService { service, config: engine }, Feature::PersistenceEngine),
        (
            Operation::UpdateService { service, config: plain, mask: ServiceFlags::SCHED1 },
            Feature::FlagMask,
        ),
        (
            Operation::CreateDest { service, dest, config: DestConfig::new(gre) },
            Feature::TunnelOptions,
        ),
        (Operation::StartDaemon { config: daemon }, Feature::DaemonOptions),
    ] {
        match compose::call(&operation, Protocol::TCP) {
            Err(Error::Unsupported { feature, request, .. }) => {
                assert_eq!(feature, expected);
                assert_eq!(*request, Request::Change(operation));
            }
            other => panic!("{operation}: {other:?}"),
        }
    }
}

#[test]
fn values_that_would_be_misread_are_refused() {
    let any = "tcp/0.0.0.0:0".parse().expect("key");
    let long = Persistence::new(Duration::from_secs(5_000_000));
    let half = Persistence::new(Duration::from_millis(1500));
    let wide = Persistence::new(Duration::from_secs(60))
        .granularity(Granularity::ipv6(64).expect("in range"));
    let mut operations = vec![Operation::Zero { service: Some(any) }];
    operations.extend([long, half, wide].map(|persistence| Operation::CreateService {
        service: web(),
        config: ServiceConfig::new(Scheduler::RR).persistence(persistence),
    }));
    for operation in operations {
        let result = compose::call(&operation, Protocol::TCP);
        assert!(matches!(result, Err(Error::Invalid { .. })), "{operation}: {result:?}");
    }
    let net24 = Granularity::ipv4(Ipv4Addr::new(255, 255, 255, 0));
    let config = ServiceConfig::new(Scheduler::RR)
        .persistence(Persistence::new(Duration::from_secs(60)).granularity(net24));
    let call = compose::call(&Operation::CreateService { service: web(), config }, Protocol::TCP);
    assert_eq!(call.expect("expressible").value[36..44], [60, 0, 0, 0, 255, 255, 255, 0]);
}

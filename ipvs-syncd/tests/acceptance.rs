// SPDX-License-Identifier: MIT OR Apache-2.0
//! Datagrams made by hand, and what the backup daemons of three live kernels made of them.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;

use ipvs_syncd::{Backup, Connection, DropReason, FaultKind, Rules, SkipReason, Verdict};
use ipvs_types::Protocol;
use serde::Deserialize;
use support::{KERNELS, bytes, fixtures};

/// A datagram, and the lines of `/proc/net/ip_vs_conn_sync` that came of it, by kernel.
#[derive(Deserialize)]
struct Case {
    #[serde(rename = "case")]
    name: String,
    datagram: String,
    created: BTreeMap<String, Vec<String>>,
}

fn cases() -> Vec<Case> {
    let text = fs::read_to_string(fixtures().join("backup_acceptance.json")).expect("the fixture");
    let cases: Vec<Case> = serde_json::from_str(&text).expect("JSON");
    assert_eq!(cases.len(), 85);
    cases
}

fn rules(kernel: &str) -> Rules {
    match kernel {
        "6.12" => Rules::Lax,
        _ => Rules::Strict,
    }
}

/// The line of `/proc/net/ip_vs_conn_sync` without the expiry time.
fn line(connection: &Connection<'_>) -> String {
    let address = |address| match address {
        IpAddr::V4(v4) => format!("{:08X}", v4.to_bits()),
        IpAddr::V6(v6) => {
            let groups = v6.segments().map(|group| format!("{group:04x}"));
            groups.join(":")
        }
    };
    let protocol = match connection.protocol {
        Protocol::TCP => "TCP".to_owned(),
        Protocol::UDP => "UDP".to_owned(),
        Protocol::SCTP => "SCTP".to_owned(),
        Protocol(0) => "IP".to_owned(),
        Protocol(number) => format!("IP_{number}"),
    };
    format!(
        "{protocol} {} {:04X} {} {:04X} {} {:04X} {} SYNC ",
        address(connection.addresses.client()),
        connection.client_port,
        address(connection.addresses.service()),
        connection.service_port,
        address(connection.addresses.dest()),
        connection.dest_port,
        connection.named_state().name().unwrap_or("ERR!"),
    )
}

fn predicted(backup: &Backup, datagram: &[u8]) -> Vec<String> {
    let accepted = backup.receive(datagram).filter_map(|verdict| match verdict {
        Verdict::Accepted(connection) => Some(line(&connection)),
        Verdict::Dropped { .. } => None,
    });
    accepted.collect()
}

#[test]
fn what_each_kernel_takes_is_predicted() {
    let (mut wrong, mut differing) = (Vec::new(), 0);
    for Case { name, datagram, mut created } in cases() {
        let datagram = bytes(&datagram);
        for kernel in KERNELS {
            let backup = Backup::new(rules(kernel));
            let mut predicted = predicted(&backup, &datagram);
            let actual = created.get_mut(kernel).expect("every kernel");
            // The kernel lists them in the order of its table.
            actual.sort();
            predicted.sort();
            if predicted != *actual {
                wrong.push(format!("{kernel}, {name}: predicted {predicted:?}, was {actual:?}"));
            }
        }
        differing += usize::from(created["6.1"] != created["6.12"]);
        assert_eq!(created["6.1"], created["7.2"], "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(differing, 5, "the cases that tell strict from lax kernels");
}

/// Why a strict kernel drops something of the case.
fn reason(name: &str) -> DropReason {
    let case = cases().into_iter().find(|case| case.name == name).expect("a case");
    let datagram = bytes(&case.datagram);
    let backup = Backup::new(Rules::Strict);
    let mut dropped = backup.receive(&datagram).filter_map(|v| match v {
        Verdict::Dropped { reason, .. } => Some(reason),
        Verdict::Accepted(_) => None,
    });
    dropped.next().expect("something is dropped")
}

#[test]
fn the_reasons_are_right() {
    let rest = |name| match reason(name) {
        DropReason::Rest(fault) => fault.kind,
        other => panic!("{name}: {other}"),
    };
    assert_eq!(rest("nr_conns 2 but 1 present"), FaultKind::Short { left: 0, need: 36 });
    assert_eq!(rest("conn ver nibble 1"), FaultKind::Version(1));
    assert_eq!(rest("conn size 35"), FaultKind::TooSmall { size: 35 });
    assert_eq!(rest("conn size too big"), FaultKind::Overrun { size: 40, left: 36 });
    assert_eq!(rest("type 2"), FaultKind::Type(2));
    assert_eq!(rest("type 3 w/ v4 body (=v6)"), FaultKind::TooSmall { size: 36 });
    assert_eq!(rest("opt SEQ len 20"), FaultKind::SequencesLength(20));
    assert_eq!(rest("opt SEQ twice"), FaultKind::OptionRepeated(1));
    assert_eq!(rest("opt len 0"), FaultKind::OptionEmpty(1));
    assert_eq!(rest("opt 1 stray byte"), FaultKind::OptionShort);
    assert_eq!(rest("opt overrun"), FaultKind::OptionOverrun { kind: 2, length: 16, left: 3 });
    assert_eq!(rest("PE name 17"), FaultKind::LongEngineName(17));
    assert_eq!(rest("v0 seq missing opts"), FaultKind::Short { left: 24, need: 48 });

    let entry = |name| match reason(name) {
        DropReason::Entry(skip) => skip,
        other => panic!("{name}: {other}"),
    };
    assert_eq!(entry("proto 47"), SkipReason::Protocol(Protocol(47)));
    assert_eq!(entry("proto 50 ESP state 1"), SkipReason::State(1));
    assert_eq!(entry("proto 132 state 14"), SkipReason::State(14));
    assert_eq!(entry("template state 2"), SkipReason::State(2));
    assert_eq!(entry("template+NO_CPORT"), SkipReason::TemplateWithoutPort);
    assert_eq!(entry("ONE_PACKET"), SkipReason::OnePacket);
    assert_eq!(entry("opt 0x81"), SkipReason::UnknownOption(0x81));
    assert_eq!(entry("PE data w/o name"), SkipReason::NamelessEngine);
    assert_eq!(entry("PE unknown name"), SkipReason::EngineNotLoaded);

    let text = |name| reason(name).to_string();
    assert_eq!(text("size field +4"), "the header says 48 bytes, 44 were received");
    assert_eq!(text("version 2"), "unknown version 2");
    assert_eq!(text("spare!=0"), "unknown version 1");
    assert_eq!(text("len 3"), "3 bytes, fewer than a header's 4");
    assert_eq!(
        text("good then bad (q,q+1 bad opt)"),
        "entry at byte 44: option 0x1 has length 0",
        "the entry before it is kept",
    );
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random states of the kernel.

use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU16};
use std::time::Duration;

use ipvs_netlink::types::{DaemonConfig, DaemonRole, InterfaceName, SyncId, Timeouts};
use ipvs_netlink::{Errno, Info, Version};
use proptest::prelude::*;
use proptest::sample::select;

use super::state::{Question, State};
use super::tables::{six_bits, tables};

/// Anything that a kernel may hold and refuse.
pub(super) fn states() -> impl Strategy<Value = State> {
    let version =
        select(&[0x01_02_01, 0x01_02_01, 0x01_02_01, 0x01_01_04, 0x01_01_03, 0, 0xff_fe_fd][..]);
    let size = prop_oneof![Just(4096), 0..=0x7fff_ffff_u32];
    let info = (version, size).prop_map(|(version, size)| Info::new(Version(version), size));
    let refused = prop::collection::vec((0..4_usize, errno()), 0..3);
    let question = select(
        &[
            Question::Services,
            Question::Services,
            Question::Service,
            Question::Timeouts,
            Question::Daemons,
            Question::Init,
        ][..],
    );
    let failure = proptest::option::weighted(0.08, (question, errno()));
    (info, tables(), timeouts(), daemons(), refused, failure, connections()).prop_map(
        |(info, services, timeouts, daemons, refused, failure, connections)| State {
            info,
            services,
            timeouts,
            daemons,
            refused,
            failure,
            connections,
        },
    )
}

/// Numbers with words of their own in the C tool, and such that the C library has to name.
fn errno() -> impl Strategy<Value = Errno> {
    let known = [1, 2, 3, 12, 17, 22, 90, 92, 95, 97];
    let others =
        [4, 5, 11, 13, 14, 16, 19, 28, 34, 41, 58, 98, 101, 105, 110, 111, 133, 134, 524, 4095];
    prop_oneof![3 => select(known.to_vec()), 1 => select(others.to_vec())].prop_map(Errno)
}

fn timeouts() -> impl Strategy<Value = Timeouts> {
    let seconds = || prop_oneof![0..1000_u64, 0..=0x7fff_ffff_u64].prop_map(Duration::from_secs);
    (seconds(), seconds(), seconds()).prop_map(|(tcp, tcp_fin, udp)| Timeouts { tcp, tcp_fin, udp })
}

fn daemons() -> impl Strategy<Value = Vec<DaemonConfig>> {
    let both = vec![DaemonRole::Master, DaemonRole::Backup];
    proptest::sample::subsequence(both, 0..=2)
        .prop_flat_map(|roles| roles.into_iter().map(daemon).collect::<Vec<_>>())
}

fn daemon(role: DaemonRole) -> impl Strategy<Value = DaemonConfig> {
    let names = ["eth0", "dummy0", "fifteen-bytes-x", "x"];
    let interface =
        select(names.map(|name| InterfaceName::new(name).expect("a short name")).to_vec());
    let groups = ["224.0.0.81", "ff02::81", "ff05::5", "10.0.0.1", "::ffff:1.2.3.4"];
    let group = select(groups.map(|group| group.parse::<IpAddr>().expect("an address")).to_vec());
    let id = prop_oneof![any::<u8>().prop_map(u32::from), 0..=0x7fff_ffff_u32];
    (interface, id, any::<u16>(), proptest::option::of(group), any::<u16>(), any::<u8>()).prop_map(
        move |(interface, id, max_len, group, port, ttl)| {
            let mut config = DaemonConfig::new(role, interface);
            config.sync_id = SyncId::observed(id);
            // A number that ends in 7 stands for one that the kernel doesn't tell.
            config.max_len = NonZeroU16::new(max_len).filter(|len| len.get() % 10 != 7);
            config.port = NonZeroU16::new(port).filter(|port| port.get() % 10 != 7);
            config.ttl = NonZeroU8::new(ttl).filter(|ttl| ttl.get() % 10 != 7);
            config.group = group;
            config
        },
    )
}

/// The file with the connections, sometimes missing or empty. Its lines stay below 255 bytes: the C
/// tool cuts longer ones (docs/compatibility.md).
fn connections() -> impl Strategy<Value = Option<String>> {
    let head = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(String::new())),
        14 => prop::collection::vec(connection(), 0..6).prop_map(move |lines| Some(head.to_owned() + &lines.concat())),
    ]
}

fn connection() -> impl Strategy<Value = String> {
    let protocol = select(&["TCP", "UDP", "SCTP", "IP", "TCP"][..]);
    let state =
        select(&["ESTABLISHED", "NONE", "FIN_WAIT", "SYN_RECV", "UDP", "TIME_WAIT", "CLOSE"][..]);
    let port = || prop_oneof![select(&[80, 0, 443, 53, 5060, 14001][..]), any::<u16>()];
    let four = || {
        prop_oneof![select(&[0x0a00_0001_u32, 0x0a00_0002, 0, 0x0a01_0102][..]), any::<u32>()]
            .prop_map(|bits| format!("{bits:08X}"))
    };
    let six = || {
        prop_oneof![Just(0x2001_0db8_u128 << 96 | 1), six_bits()].prop_map(|bits| {
            let groups: Vec<_> =
                (0..8).rev().map(|i| format!("{:04x}", bits >> (16 * i) & 0xffff)).collect();
            groups.join(":")
        })
    };
    let addresses = prop_oneof![
        4 => (four(), four(), four()),
        2 => (six(), six(), six()),
        1 => (six(), six(), four()),
        1 => (four(), four(), six()),
    ];
    let expires = prop_oneof![0..4000_u32, 0..=0x7fff_ffff_u32];
    let engine = proptest::option::weighted(0.3, "[!-~]{1,40}");
    (protocol, addresses, (port(), port(), port()), state, expires, engine).prop_map(
        |(protocol, (client, service, server), ports, state, expires, engine)| {
            let engine = engine.map_or(String::new(), |data| format!(" sip {data}"));
            format!(
                "{protocol:<3} {client} {:04X} {service} {:04X} {server} {:04X} {state:<11} {expires:7}{engine}\n",
                ports.0, ports.1, ports.2,
            )
        },
    )
}

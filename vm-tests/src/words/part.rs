// SPDX-License-Identifier: MIT OR Apache-2.0
//! The parts that legal command lines consist of.

use proptest::prelude::*;

use super::address::{self, Family};
use super::names::*;
use super::spelling::{Name, Piece, any_flag, flag, valued};
use super::value::{self, mostly, number, one_of};

/// A part of a command line, perhaps left out.
pub(super) type Part = BoxedStrategy<Vec<Piece>>;

/// The piece, always.
pub(super) fn always(piece: BoxedStrategy<Piece>) -> Part {
    piece.prop_map(|piece| vec![piece]).boxed()
}

/// The piece in this share of lines.
pub(super) fn perhaps(share: f64, piece: BoxedStrategy<Piece>) -> Part {
    proptest::option::weighted(share, piece).prop_map(Vec::from_iter).boxed()
}

/// One of these flags in this share of lines.
pub(super) fn one_flag(share: f64, names: &'static [Name]) -> Part {
    perhaps(share, any_flag(names))
}

/// Which virtual service.
pub(super) fn service(family: Family) -> Part {
    let address = move |name| valued(name, address::service(family));
    let mark = mostly(one_of(&["1", "1", "1", "2", "7"]), number(1..=4_294_967_295));
    let six = match family {
        Family::Four => 0.05,
        Family::Six => 0.95,
    };
    let mark = (valued(FWMARK, mark), proptest::option::weighted(six, flag(IPV6)))
        .prop_map(|(mark, six)| [mark].into_iter().chain(six).collect());
    prop_oneof![
        8 => always(address(TCP)),
        2 => always(address(UDP)),
        1 => always(address(SCTP)),
        2 => mark,
    ]
    .boxed()
}

/// How a service balances.
pub(super) fn balancing() -> Vec<Part> {
    let timeout = || mostly(one_of(&["60", "300", "360", "5", "1"]), number(1..=2_678_400));
    let persistent = prop_oneof![2 => flag(PERSISTENT), 3 => valued(PERSISTENT, timeout())].boxed();
    vec![
        perhaps(0.6, valued(SCHEDULER, value::scheduler())),
        perhaps(0.35, persistent),
        perhaps(0.2, valued(NETMASK, value::netmask())),
        perhaps(0.12, flag(OPS)),
        perhaps(0.1, valued(ENGINE, value::engine())),
        perhaps(0.25, valued(SCHED_FLAGS, value::sched_flags())),
        perhaps(0.03, flag(SORT)),
    ]
}

/// Which real server.
pub(super) fn server(family: Family) -> Part {
    always(valued(REAL_SERVER, address::server(family)))
}

/// How traffic reaches a server.
pub(super) fn forwarding() -> Vec<Part> {
    let weight = || mostly(one_of(&["0", "1", "2", "5", "100"]), number(0..=2_147_483_647));
    let threshold = || mostly(one_of(&["0", "5", "10", "100"]), number(0..=2_147_483_647));
    vec![
        prop_oneof![3 => one_flag(0.8, &[ROUTE, MASQ, MASQ, TUNNEL]), 1 => tunnel()].boxed(),
        perhaps(0.5, valued(WEIGHT, weight())),
        perhaps(0.15, valued(UPPER, threshold())),
        perhaps(0.15, valued(LOWER, threshold())),
    ]
}

/// A tunnel, right or wrong.
fn tunnel() -> Part {
    let kind = mostly(
        one_of(&["gue", "gue", "gre", "ipip"]),
        one_of(&["", "GUE", "gu", "guex", "vxlan", "\u{ff}"]),
    );
    let port = || mostly(one_of(&["6080", "5555", "65535"]), number(1..=65535));
    let checksum = || one_flag(0.6, &[TUN_NOCSUM, TUN_CSUM, TUN_REMCSUM]);
    prop_oneof![
        2 => (flag(TUNNEL), valued(TUN_TYPE, one_of(&["gue"])), valued(TUN_PORT, port()), checksum())
            .prop_map(|(method, kind, port, sum)| [vec![method, kind, port], sum].concat()),
        1 => (flag(TUNNEL), valued(TUN_TYPE, one_of(&["gre"])), one_flag(0.6, &[TUN_NOCSUM, TUN_CSUM]))
            .prop_map(|(method, kind, sum)| [vec![method, kind], sum].concat()),
        2 => (
            perhaps(0.9, flag(TUNNEL)),
            perhaps(0.9, valued(TUN_TYPE, kind)),
            perhaps(0.6, valued(TUN_PORT, port())),
            checksum(),
            one_flag(0.1, &[TUN_NOCSUM, TUN_CSUM, TUN_REMCSUM]),
        )
            .prop_map(|(a, b, c, d, e)| [a, b, c, d, e].concat()),
    ]
    .boxed()
}

/// What a listing shows, and how.
pub(super) fn listing() -> Vec<Part> {
    vec![
        one_flag(0.6, &[STATS, RATE, THRESHOLDS, PERSISTENT_CONN, TUN_INFO]),
        one_flag(0.05, &[STATS, RATE, THRESHOLDS, PERSISTENT_CONN, TUN_INFO]),
        perhaps(0.65, flag(NUMERIC)),
        perhaps(0.15, flag(EXACT)),
        one_flag(0.15, &[NOSORT, SORT]),
        perhaps(0.02, valued(SYNCID, number(0..=255))),
    ]
}

/// How a sync daemon talks.
pub(super) fn daemon() -> Vec<Part> {
    let interface = one_of(&[
        "eth0",
        "dummy0",
        "lo",
        "nosuch0",
        "",
        "fifteen-bytes-x",
        "sixteen-bytes-xy",
        "a b",
        "\u{ff}",
    ]);
    vec![
        perhaps(0.6, valued(MCAST_INTERFACE, mostly(one_of(&["dummy0"]), interface))),
        perhaps(0.5, valued(SYNCID, number(0..=255))),
        perhaps(0.3, valued(SYNC_MAXLEN, number(1..=65507))),
        perhaps(0.3, valued(MCAST_GROUP, address::group())),
        perhaps(0.3, valued(MCAST_PORT, number(1..=65535))),
        perhaps(0.3, valued(MCAST_TTL, number(1..=255))),
    ]
}

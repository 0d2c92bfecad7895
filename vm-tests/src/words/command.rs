// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every command with the options that belong to it.

use proptest::prelude::*;

use super::address::Family;
use super::names::*;
use super::part::{self, Part, always, one_flag, perhaps};
use super::spelling::{Name, Piece, any_flag, flag, valued};
use super::value::{mostly, number, one_of};

/// A command that changes or shows services and servers; most lines are of this kind.
pub(super) fn on_table() -> BoxedStrategy<Vec<Piece>> {
    prop_oneof![2 => of_family(Family::Four), 1 => of_family(Family::Six)].boxed()
}

fn of_family(family: Family) -> BoxedStrategy<Vec<Piece>> {
    let balanced = |name| line(name, [vec![part::service(family)], part::balancing()].concat());
    let server = |name| {
        let key = vec![part::service(family), part::server(family)];
        line(name, [key, part::forwarding()].concat())
    };
    prop_oneof![
        18 => balanced(ADD_SERVICE),
        6 => balanced(EDIT_SERVICE),
        4 => line(DELETE_SERVICE, vec![part::service(family)]),
        24 => server(ADD_SERVER),
        9 => server(EDIT_SERVER),
        6 => line(DELETE_SERVER, vec![part::service(family), part::server(family)]),
        16 => and(any_flag(&[LIST, LIST, LIST_TOO]), part::listing()),
        4 => line(LIST, [vec![part::service(family)], part::listing()].concat()),
        6 => line(SAVE, vec![perhaps(0.6, flag(NUMERIC)), perhaps(0.03, flag(SORT))]),
        1 => line(CLEAR, vec![]),
        1 => line(ZERO, vec![]),
        1 => line(ZERO, vec![part::service(family)]),
    ]
    .boxed()
}

/// A command for anything else: timeouts, daemons, connections.
pub(super) fn elsewhere() -> BoxedStrategy<Vec<Piece>> {
    let state = || {
        mostly(
            one_of(&["master", "backup"]),
            one_of(&["", "MASTER", "mast", "both", "master ", "0", "\u{ff}"]),
        )
    };
    let state_listing = || always(any_flag(&[TIMEOUT, DAEMON]));
    let connections = vec![
        always(flag(CONNECTION)),
        perhaps(0.6, flag(NUMERIC)),
        perhaps(0.3, flag(PERSISTENT_CONN)),
        one_flag(0.1, &[NOSORT, SORT, EXACT, TUN_INFO]),
    ];
    prop_oneof![
        4 => (flag(SET), prop::collection::vec(timeout(), 3))
            .prop_map(|(set, timeouts)| [vec![set], timeouts].concat()),
        1 => (flag(SET), prop::collection::vec(timeout(), 0..5), any::<prop::sample::Index>())
            .prop_map(|(set, mut pieces, at)| {
                pieces.insert(at.index(pieces.len() + 1), set);
                pieces
            }),
        3 => line(LIST, vec![state_listing(), perhaps(0.3, flag(NUMERIC))]),
        1 => line(LIST, vec![state_listing(), one_flag(0.5, FLAGS), one_flag(0.5, FLAGS)]),
        4 => and(valued(START_DAEMON, state()), part::daemon()),
        2 => and(valued(STOP_DAEMON, state()), vec![perhaps(0.3, valued(SYNCID, number(0..=255)))]),
        4 => line(LIST, connections),
        1 => line(VERSION, vec![]),
        1 => Just(vec![]),
    ]
    .boxed()
}

fn timeout() -> BoxedStrategy<Piece> {
    number(0..=2_678_400).prop_map(Piece::Word).boxed()
}

fn line(command: Name, parts: Vec<Part>) -> BoxedStrategy<Vec<Piece>> {
    and(flag(command), parts)
}

/// A command and parts, mostly in this order.
fn and(command: BoxedStrategy<Piece>, parts: Vec<Part>) -> BoxedStrategy<Vec<Piece>> {
    let ordered = prop_oneof![3 => parts.clone(), 2 => parts.prop_shuffle()];
    (command, ordered).prop_map(|(command, parts)| [vec![command], parts.concat()].concat()).boxed()
}

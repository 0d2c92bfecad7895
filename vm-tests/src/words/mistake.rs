// SPDX-License-Identifier: MIT OR Apache-2.0
//! What goes wrong when people and scripts write command lines.

use proptest::prelude::*;
use proptest::sample::Index;

use super::names::{COMMANDS, FLAGS, VALUED};
use super::pools::{MARKS, WORDS};
use super::spelling::{Piece, any_flag, any_valued};
use super::value::{Text, noise, number, one_of};

/// A change that mostly makes a line illegal.
#[derive(Debug, Clone)]
enum Mistake {
    /// A part is missing.
    Drop(Index),
    /// A part is there twice.
    Double(Index, Index),
    /// A part stands elsewhere.
    Move(Index, Index),
    /// Something is there that doesn't belong there.
    Insert(Index, Piece),
    /// Another value.
    Value(Index, Vec<u8>),
    /// A value where none is taken, or none where one is.
    Toggle(Index),
}

/// The line with a mistake or two.
pub(super) fn with_mistakes(line: BoxedStrategy<Vec<Piece>>) -> BoxedStrategy<Vec<Piece>> {
    (line, prop::collection::vec(mistake(), 1..3))
        .prop_map(|(mut line, mistakes)| {
            for mistake in &mistakes {
                mistake.apply(&mut line);
            }
            line
        })
        .boxed()
}

fn mistake() -> impl Strategy<Value = Mistake> {
    let index = any::<Index>;
    prop_oneof![
        2 => index().prop_map(Mistake::Drop),
        2 => (index(), index()).prop_map(|(from, to)| Mistake::Double(from, to)),
        2 => (index(), index()).prop_map(|(from, to)| Mistake::Move(from, to)),
        6 => (index(), stray()).prop_map(|(at, piece)| Mistake::Insert(at, piece)),
        2 => (index(), any_value()).prop_map(|(at, value)| Mistake::Value(at, value)),
        1 => (index(), one_of(MARKS)).prop_map(|(at, value)| Mistake::Value(at, value)),
        2 => index().prop_map(Mistake::Toggle),
    ]
}

/// Anything that can stand in a line.
pub(super) fn stray() -> BoxedStrategy<Piece> {
    prop_oneof![
        3 => any_flag(FLAGS),
        3 => any_valued(VALUED, any_value()),
        1 => any_flag(COMMANDS),
        2 => any_word().prop_map(Piece::Word),
    ]
    .boxed()
}

fn any_value() -> Text {
    prop_oneof![
        4 => one_of(&[
            "10.0.0.1:80", "[2001:db8::1]:80", "10.0.0.2", "7", "1", "0", "", "-", "--", "rr", "sh", "gue", "gre", "ipip",
            "master", "64", "!#:+", "flag-1", "sh-port", "sip", "255.255.255.0", "vip1:http", "224.0.0.81",
        ]),
        1 => number(0..=65535),
        1 => noise(),
    ]
    .boxed()
}

fn any_word() -> Text {
    prop_oneof![
        4 => one_of(WORDS),
        1 => noise().prop_map(|noise| [b"-".as_slice(), &noise].concat()),
        1 => noise().prop_map(|noise| [b"--".as_slice(), &noise].concat()),
        1 => noise(),
    ]
    .boxed()
}

impl Mistake {
    fn apply(&self, line: &mut Vec<Piece>) {
        if line.is_empty() {
            if let Self::Insert(_, piece) = self {
                line.push(piece.clone());
            }
            return;
        }
        match self {
            Self::Drop(at) => drop(line.remove(at.index(line.len()))),
            Self::Double(from, to) => {
                let piece = line[from.index(line.len())].clone();
                line.insert(to.index(line.len() + 1), piece);
            }
            Self::Move(from, to) => {
                let piece = line.remove(from.index(line.len()));
                line.insert(to.index(line.len() + 1), piece);
            }
            Self::Insert(at, piece) => line.insert(at.index(line.len() + 1), piece.clone()),
            Self::Value(at, new) => match at.get_mut(line) {
                Piece::Option { value: Some(value), .. } | Piece::Word(value) => {
                    *value = new.clone()
                }
                Piece::Option { value: None, .. } => {}
            },
            Self::Toggle(at) => match at.get_mut(line) {
                Piece::Option { value: value @ Some(_), .. } => *value = None,
                Piece::Option { value, .. } => *value = Some(b"yes".to_vec()),
                Piece::Word(word) => word.insert(0, b'-'),
            },
        }
    }
}

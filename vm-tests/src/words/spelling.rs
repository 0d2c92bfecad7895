// SPDX-License-Identifier: MIT OR Apache-2.0
//! How an option is written: short, long, with its value attached or not, in a bundle.

use proptest::prelude::*;
use proptest::sample::select;

use super::value::Text;

/// The name of an option: its letter, if it has one, and its long form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name(pub Option<char>, pub &'static str);

/// A part of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// An option, with its value if any.
    Option { name: Name, value: Option<Vec<u8>>, style: Style },
    /// A word as it is.
    Word(Vec<u8>),
}

/// One of the ways to write an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `-t VALUE`
    Short,
    /// `-tVALUE`
    Attached,
    /// `-t=VALUE`
    ShortEquals,
    /// `--tcp-service VALUE`
    Long,
    /// `--tcp-service=VALUE`
    LongEquals,
    /// In the word before, if that consists of letters: `-At VALUE`
    Bundled,
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![
        9 => Just(Style::Short),
        3 => Just(Style::Long),
        2 => Just(Style::Bundled),
        1 => Just(Style::LongEquals),
        1 => Just(Style::Attached),
        1 => Just(Style::ShortEquals),
    ]
}

/// One of these options, without a value.
pub(super) fn any_flag(names: &'static [Name]) -> BoxedStrategy<Piece> {
    (select(names), style())
        .prop_map(|(name, style)| Piece::Option { name, value: None, style })
        .boxed()
}

/// One of these options, with a value.
pub(super) fn any_valued(names: &'static [Name], value: Text) -> BoxedStrategy<Piece> {
    (select(names), value, style())
        .prop_map(|(name, value, style)| Piece::Option { name, value: Some(value), style })
        .boxed()
}

/// An option without a value.
pub(super) fn flag(name: Name) -> BoxedStrategy<Piece> {
    style().prop_map(move |style| Piece::Option { name, value: None, style }).boxed()
}

/// An option with a value.
pub(super) fn valued(name: Name, value: Text) -> BoxedStrategy<Piece> {
    (value, style())
        .prop_map(move |(value, style)| Piece::Option { name, value: Some(value), style })
        .boxed()
}

/// The words that the pieces make.
pub(super) fn words(pieces: &[Piece]) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    // Whether the last word consists of letters and takes more.
    let mut open = false;
    for piece in pieces {
        open = match piece {
            Piece::Word(word) => {
                words.push(word.clone());
                false
            }
            Piece::Option { name, value, style } => {
                option(*name, value.as_deref(), *style, open, &mut words)
            }
        };
    }
    words
}

fn option(
    Name(letter, long): Name,
    value: Option<&[u8]>,
    style: Style,
    open: bool,
    words: &mut Vec<Vec<u8>>,
) -> bool {
    let style = match (letter, style, value) {
        (None, Style::Long | Style::LongEquals, Some(_)) => style,
        (None, Style::Attached | Style::ShortEquals, Some(_)) => Style::LongEquals,
        (None, ..) | (_, Style::LongEquals, None) => Style::Long,
        (_, Style::Attached | Style::ShortEquals, None) => Style::Short,
        _ => style,
    };
    let letter = letter.map(|letter| letter as u8).unwrap_or_default();
    let attached = value.unwrap_or_default();
    match style {
        Style::Short => words.push(vec![b'-', letter]),
        Style::Attached => words.push([&[b'-', letter], attached].concat()),
        Style::ShortEquals => words.push([&[b'-', letter, b'='], attached].concat()),
        Style::Long => words.push(format!("--{long}").into_bytes()),
        Style::LongEquals => words.push([format!("--{long}=").as_bytes(), attached].concat()),
        Style::Bundled => match words.last_mut() {
            Some(word) if open => word.push(letter),
            _ => words.push(vec![b'-', letter]),
        },
    }
    match (style, value) {
        (Style::Short | Style::Long | Style::Bundled, Some(value)) => {
            words.push(value.to_vec());
            false
        }
        _ => matches!(style, Style::Short | Style::Bundled),
    }
}

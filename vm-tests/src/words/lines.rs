// SPDX-License-Identifier: MIT OR Apache-2.0
//! The stream of lines of a seed.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::mistake::{stray, with_mistakes};
use super::spelling::{Piece, words};
use super::{Line, Tool, command, left_out, restore};

/// An endless stream of command lines that depends on nothing but its seed.
#[derive(Debug)]
pub struct Lines {
    runner: TestRunner,
    strategy: BoxedStrategy<Line>,
}

impl Lines {
    /// The lines of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self { runner: runner(seed), strategy: line() }
    }
}

impl Iterator for Lines {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        loop {
            // Only a strategy with too many rejections fails, and this one has none.
            let line = self.strategy.new_tree(&mut self.runner).ok()?.current();
            if line.left_out().is_none() {
                return Some(line);
            }
        }
    }
}

/// A source of random numbers for strategies, without the search for failures around it.
pub fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Any command line, those that are [left out](Line::left_out) included.
pub fn line() -> BoxedStrategy<Line> {
    let ipvsadm = |words: BoxedStrategy<Vec<Vec<u8>>>| {
        (words, proptest::bool::weighted(0.02)).prop_map(|(arguments, posixly_correct)| Line {
            posixly_correct,
            ..Line::new(Tool::Ipvsadm, arguments, Vec::new())
        })
    };
    let restore = (restore::input(arguments()), proptest::bool::weighted(0.02)).prop_map(
        |(input, posixly_correct)| Line {
            posixly_correct,
            ..Line::new(Tool::Ipvsadm, vec![b"-R".to_vec()], input)
        },
    );
    let script = (restore::restore_arguments(), restore::input(arguments()))
        .prop_map(|(arguments, input)| Line::new(Tool::Restore, arguments, input));
    prop_oneof![
        40 => ipvsadm(arguments()),
        3 => restore,
        1 => restore::save_arguments().prop_map(|words| Line::new(Tool::Save, words, Vec::new())),
        1 => script,
    ]
    .boxed()
}

/// The arguments of `ipvsadm`, right or wrong.
fn arguments() -> BoxedStrategy<Vec<Vec<u8>>> {
    let soup = prop::collection::vec(stray(), 0..8);
    prop_oneof![
        24 => command::on_table(),
        4 => command::elsewhere(),
        7 => with_mistakes(command::on_table()),
        3 => with_mistakes(command::elsewhere()),
        1 => soup,
    ]
    .prop_map(|pieces: Vec<Piece>| words(&pieces))
    .prop_map(|words| words.into_iter().map(without_nul).collect())
    .boxed()
}

/// The word up to its first NUL, where an argument ends.
fn without_nul(mut word: Vec<u8>) -> Vec<u8> {
    let end = word.iter().position(|byte| *byte == 0).unwrap_or(word.len());
    word.truncate(end);
    word
}

impl Line {
    /// Why the programs may differ on this line, if they may: it should not be compared.
    pub fn left_out(&self) -> Option<&'static str> {
        left_out::reason(self)
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is never generated, because the programs differ there on purpose. Everything else is.

use super::{Line, Tool};

/// Longer words in a restore are cut by the C tool, which writes past its buffer then.
const LONGEST_WORD: usize = 4096;

/// Whether a line is of some kind.
type Test = fn(&Line) -> bool;

/// Why two implementations may differ on a line, by a test for it; see `docs/compatibility.md`.
const LEFT_OUT: &[(&str, Test)] = &[
    ("the text of the help is our own", |line| line.runs().any(|words| asks_for_help(&words))),
    ("a list of scheduler flags of commas only crashes the C tool", |line| {
        line.runs().flatten().any(only_commas)
    }),
    ("libpopt hangs where it finds nothing to put in place of a mark", |line| {
        line.runs().any(|words| hangs(&words))
    }),
    ("our own options and words", |line| {
        const OURS: [&[u8]; 4] = [b"--full", b"--atomic", b"--keep-port", b"--unprivileged"];
        line.runs().flatten().any(|word| OURS.iter().any(|ours| word.starts_with(ours)))
    }),
    ("the C tool cuts words of 4096 bytes and more in a restore", |line| {
        line.input.split(|byte| separates(*byte)).any(|word| word.len() >= LONGEST_WORD)
    }),
    ("the C tool loses a last line that ends in two blanks", |line| {
        let blanks = line.input.iter().rev().take_while(|byte| separates(**byte)).count();
        let end = &line.input[line.input.len() - blanks..];
        blanks >= 2 && !end.contains(&b'\n')
    }),
    ("the script loses rules that are nothing but an option of echo", |line| {
        let kept = line.input.split(|byte| *byte == b'\n').filter(|text| !text.starts_with(b"#"));
        let text = kept.collect::<Vec<_>>().join(&b'\n');
        let end = text.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
        let option = text[..end].strip_prefix(b"-").unwrap_or_default();
        let of_echo = !option.is_empty() && option.iter().all(|byte| b"neE".contains(byte));
        line.tool == Tool::Restore && of_echo
    }),
    ("the script mangles what grep takes for binary", |line| {
        line.tool == Tool::Restore
            && (line.input.contains(&0) || std::str::from_utf8(&line.input).is_err())
    }),
];

/// Why a line is left out, if it is.
pub(super) fn reason(line: &Line) -> Option<&'static str> {
    LEFT_OUT.iter().find(|(_, applies)| applies(line)).map(|(why, _)| *why)
}

pub(super) fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether the first option asks for help: positional words may stand before it.
fn asks_for_help(words: &[&[u8]]) -> bool {
    let option = words.iter().find(|word| word.len() > 1 && word[0] == b'-');
    option.is_some_and(|word| word.starts_with(b"-h") || word.starts_with(b"--help"))
}

/// Whether more marks than words for them may be left, but not nothing at all.
fn hangs(words: &[&[u8]]) -> bool {
    let marked = |word: &[u8]| word.windows(4).any(|part| part == b"!#:+");
    (1..words.len()).any(|next| {
        let marks = words[..next].iter().filter(|word| marked(word)).count();
        let free = words[next..].iter().filter(|word| !word.starts_with(b"-")).count();
        marked(words[next - 1]) && free < marks
    })
}

/// `,` as a word, or at the end of `-b`, `-b=` or `--sched-flags=`, whatever the bundle.
fn only_commas(word: &[u8]) -> bool {
    let commas = word.iter().rev().take_while(|byte| **byte == b',').count();
    let before = &word[..word.len() - commas];
    commas > 0 && before.last().is_none_or(|last| matches!(last, b'b' | b'='))
}

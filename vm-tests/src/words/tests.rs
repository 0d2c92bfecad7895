// SPDX-License-Identifier: MIT OR Apache-2.0
//! The generator makes what it promises.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::names::{COMMANDS, FLAGS, VALUED};
use super::{Line, Lines, Tool};

fn lines() -> &'static [Line] {
    static LINES: OnceLock<Vec<Line>> = OnceLock::new();
    LINES.get_or_init(|| Lines::seeded(1).take(10_000).collect())
}

#[test]
fn every_option_comes_long_and_short() {
    let lines = lines();
    let words: HashSet<&[u8]> =
        lines.iter().flat_map(|line| &line.arguments).map(Vec::as_slice).collect();
    for name in [COMMANDS, FLAGS, VALUED].concat() {
        assert!(words.contains(format!("--{}", name.1).as_bytes()), "--{}", name.1);
        if let Some(letter) = name.0 {
            assert!(words.contains(format!("-{letter}").as_bytes()), "-{letter}");
        }
    }
    for word in ["--tun-type=gue", "-w=5", "-Ln", "--", "-", "", "--numeric=yes", "-q", "!#:+"] {
        assert!(words.contains(word.as_bytes()), "{word}");
    }
}

#[test]
fn lines_meet_each_other() {
    let lines = lines();
    let distinct: HashSet<&Line> = lines.iter().collect();
    assert!(distinct.len() > lines.len() / 2, "{} of {}", distinct.len(), lines.len());
    let same = |line: &&Line| line.arguments.iter().any(|word| word.ends_with(b"10.0.0.1:80"));
    assert!(lines.iter().filter(same).count() > lines.len() / 12);
}

#[test]
fn all_tools_inputs_and_bytes_occur() {
    let lines = lines();
    for tool in [Tool::Ipvsadm, Tool::Save, Tool::Restore] {
        assert!(lines.iter().filter(|line| line.tool == tool).count() > 100, "{tool:?}");
    }
    let inputs = || lines.iter().map(|line| &line.input);
    assert!(inputs().any(|input| input.contains(&0)));
    assert!(inputs().any(|input| input.contains(&b'\r')));
    assert!(inputs().any(|input| input.last().is_some_and(|byte| *byte != b'\n')));
    let words = || lines.iter().flat_map(|line| &line.arguments);
    assert!(words().any(|word| std::str::from_utf8(word).is_err()));
    assert!(words().all(|word| !word.contains(&0)));
    assert!(lines.iter().any(Line::mentions_names));
    assert!(lines.iter().any(|line| line.posixly_correct));
}

#[test]
fn what_differs_on_purpose_is_left_out() {
    let ipvsadm = |words: &[&str]| {
        let arguments = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        Line::new(Tool::Ipvsadm, arguments, Vec::new())
    };
    let restore = |input: &str| Line::new(Tool::Ipvsadm, vec![b"-R".to_vec()], input.into());
    let out = [
        ipvsadm(&["-h"]),
        ipvsadm(&["x", "--help=1"]),
        ipvsadm(&["-A", "-b", ","]),
        ipvsadm(&["-A", "-sb", "-Ab=,,"]),
        ipvsadm(&["-L", "--full"]),
        ipvsadm(&["-A", "-s", "!#:+", "-p"]),
        ipvsadm(&["-A", "-s!#:+", "-b", "!#:+", "x"]),
        restore("-A -t 10.0.0.1:80  "),
        restore("-C\nipvsadm -h\n"),
        restore("-A -s !#:+ \r-p\n"),
        restore(&"x".repeat(4096)),
        Line { tool: Tool::Restore, ..restore("-C\0") },
    ];
    for line in out {
        assert!(line.left_out().is_some(), "{line}");
    }
    let kept = [
        ipvsadm(&["-L", "-h"]),
        ipvsadm(&["-A", "-s", "!#:+", "x"]),
        ipvsadm(&["-A", "-s", "!#:+"]),
        ipvsadm(&["-A", "-b", "flag-1,"]),
        restore("-A -t 10.0.0.1:80 "),
        restore("-A -t 10.0.0.1:80  \n"),
        restore("-C\0"),
    ];
    for line in kept {
        assert_eq!(line.left_out(), None, "{line}");
    }
}

#[test]
fn lines_read_as_typed() {
    let words = ["-t", "a b", "it's", "\u{e4}", ""].map(|word| word.as_bytes().to_vec()).to_vec();
    let line = Line { posixly_correct: true, ..Line::new(Tool::Save, words, b"a\n\0".to_vec()) };
    let expected = "printf %b 'a\\n\\x00' | POSIXLY_CORRECT=1 ipvsadm-save -t $'a b' \
        $'it\\'s' $'\\xc3\\xa4' $''";
    assert_eq!(line.to_string(), expected);
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `ipvsadm -R` and `ipvsadm-restore` read, and the arguments of the two scripts.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::value::one_of;

/// A line of input as words, and how they are written.
type Written = (Vec<Vec<u8>>, &'static str, &'static str, &'static str);

/// The input of a restore: some of the words come from `line`.
pub(super) fn input(line: BoxedStrategy<Vec<Vec<u8>>>) -> BoxedStrategy<Vec<u8>> {
    let separator = select(&[" ", " ", " ", " ", " ", "\t", "  ", " \r", "\r", " \t "][..]);
    let start = select(&["", "", "", "", "", "", " ", "\t ", "ipvsadm ", "#", "# "][..]);
    let end = select(
        &[
            "\n",
            "\n",
            "\n",
            "\n",
            "\n",
            "\n",
            "\n",
            "\r\n",
            " \n",
            "\n\n",
            " # comment\n",
            "\r",
            "\x0b\n",
        ][..],
    );
    let written = (line, start, separator, end);
    let odd = one_of(&[
        "\n",
        "  \n",
        "# comment\n",
        "#\n",
        " # indented\n",
        "ipvsadm\n",
        "commit\n",
        "-A -t '10.0.0.1:80'\n",
        "\r\r\n",
        "\0\n",
        "-R\n",
        "/sbin/ipvsadm -C\n",
        "-L -n\n",
        "-v\n",
        "-C\n",
        "ipvsadm ipvsadm -Z ipvsadm\n",
        "\0-A -t\n",
        "-A\n",
    ]);
    let text = prop_oneof![14 => written.prop_map(write), 2 => odd];
    let damage = prop_oneof![
        30 => Just(None),
        1 => select(&[b'\0', b'\n', b'\r', b' ', b'#', 0xff, 0x0b, 0x0c][..]).prop_map(Some),
    ];
    // Whether the last line end is there.
    let whole = proptest::bool::weighted(0.8);
    (prop::collection::vec(text, 0..7), damage, any::<Index>(), whole)
        .prop_map(|(lines, damage, at, whole)| {
            let mut text = lines.concat();
            if !whole && text.ends_with(b"\n") {
                text.pop();
            }
            if let Some(byte) = damage {
                text.insert(at.index(text.len() + 1), byte);
            }
            text
        })
        .boxed()
}

fn write((words, start, separator, end): Written) -> Vec<u8> {
    let words = words.join(separator.as_bytes());
    [start.as_bytes(), &words, end.as_bytes()].concat()
}

/// Arguments of `ipvsadm-save`.
pub(super) fn save_arguments() -> BoxedStrategy<Vec<Vec<u8>>> {
    let word = one_of(&[
        "-n",
        "-n",
        "-n",
        "foo",
        "",
        "-",
        "--",
        "-h",
        "--help",
        "-x",
        "-nn",
        "n",
        "--numeric",
    ]);
    prop::collection::vec(word, 0..3).boxed()
}

/// Arguments of `ipvsadm-restore`, which takes none and ignores all.
pub(super) fn restore_arguments() -> BoxedStrategy<Vec<Vec<u8>>> {
    prop::collection::vec(one_of(&["-n", "-h", "foo", "--"]), 0..2).boxed()
}

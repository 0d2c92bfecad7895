// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values of options: right ones, odd ones that are accepted, and wrong ones.

use std::ops::RangeInclusive;

use proptest::prelude::*;
use proptest::sample::select;

use super::pools::*;

/// Makes the bytes of a value.
pub(super) type Text = BoxedStrategy<Vec<u8>>;

/// One of these.
pub(super) fn one_of(values: &'static [&'static str]) -> Text {
    select(values).prop_map(|value| value.as_bytes().to_vec()).boxed()
}

/// The first, and every now and then the second.
pub(super) fn mostly(good: Text, bad: Text) -> Text {
    prop_oneof![11 => good, 1 => bad].boxed()
}

/// Bytes without meaning; an argument can't contain a NUL.
pub(super) fn noise() -> Text {
    prop::collection::vec(1..=u8::MAX, 0..10).boxed()
}

/// What is no decimal number, or none that fits anywhere.
fn no_number() -> Text {
    one_of(NO_NUMBERS)
}

/// A number that is accepted from `range`, in the spellings of `strtol`, or one that is not.
pub(super) fn number(range: RangeInclusive<i64>) -> Text {
    let (first, last) = (*range.start(), *range.end());
    let inside = prop_oneof![
        6 => first..=last.min(first + 9),
        1 => Just(first),
        1 => Just(last),
        2 => range,
    ];
    let spelled = (
        inside,
        select(&["", "", "", "", "", "", "", "", "+", "0", " ", "\t\n\x0b\x0c\r", " +00"][..]),
    )
        .prop_map(|(number, before)| format!("{before}{number}").into_bytes());
    let outside =
        select(vec![first - 1, last + 1, first - 2, last + 2, 0, -first, i64::from(u16::MAX) + 1])
            .prop_map(|number| number.to_string().into_bytes());
    let wrong = prop_oneof![2 => outside, 2 => no_number(), 1 => noise()];
    mostly(spelled.boxed(), wrong.boxed())
}

/// Names of schedulers.
pub(super) fn scheduler() -> Text {
    let odd = one_of(ODD_SCHEDULERS);
    let known = one_of(&[
        "rr", "rr", "wrr", "wlc", "lc", "sh", "sh", "mh", "mh", "lblc", "lblcr", "dh", "sed", "nq",
        "fo", "ovf",
    ]);
    mostly(known, prop_oneof![4 => odd, 1 => noise()].boxed())
}

/// Lists of scheduler flags.
pub(super) fn sched_flags() -> Text {
    let flag = select(
        &["flag-1", "flag-2", "flag-3", "sh-port", "sh-fallback", "mh-port", "mh-fallback"][..],
    );
    let right = prop::collection::vec(flag, 1..4).prop_map(|flags| flags.join(",").into_bytes());
    let odd = one_of(ODD_FLAGS);
    prop_oneof![6 => right, 1 => odd].boxed()
}

/// Masks and prefixes of persistence.
pub(super) fn netmask() -> Text {
    let right = one_of(MASKS);
    let odd = one_of(ODD_MASKS);
    prop_oneof![6 => right, 2 => odd, 1 => number(1..=128)].boxed()
}

/// Names of persistence engines.
pub(super) fn engine() -> Text {
    mostly(
        one_of(&["sip"]),
        one_of(&["", "SIP", "nosuch", "sixteen-bytes-xy", "seventeen-bytes-x", "s p", "\u{ff}"]),
    )
}

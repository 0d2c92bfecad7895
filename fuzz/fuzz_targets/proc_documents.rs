// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any text as each of the small files in `/proc/net`: no panic, places within the text, and a strict
//! reader takes exactly what a skipping one reads without skipping.
#![no_main]

use std::fmt::Debug;

use ipvs_proc::{Apps, CaStats, Document, PerCpu, Status, Table, Totals};

fn check<D: Document + Default + PartialEq + Debug>(text: &str) {
    let (value, skipped) = D::parse_skipping(text);
    let lines = text.split('\n').count() as u64;
    for error in &skipped {
        assert!((1..=lines + 1).contains(&error.at().line), "{error}");
    }
    match D::parse(text) {
        Ok(strict) => assert_eq!((strict, skipped), (value, vec![])),
        Err(error) => assert_eq!(skipped.first(), Some(&error)),
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    check::<Table>(text);
    check::<Apps>(text);
    check::<Totals>(text);
    check::<PerCpu>(text);
    check::<Status>(text);
    check::<CaStats>(text);
});

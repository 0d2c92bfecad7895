// SPDX-License-Identifier: MIT OR Apache-2.0
//! The registry of all tests: one module per subject, each with a `CASES` list.

use crate::case::Case;

pub mod atomic;
pub mod ca;
pub mod client;
pub mod clients;
pub mod completion;
pub mod connctl;
pub mod differential;
pub mod errors;
pub mod harness;
pub mod interrupted;
pub mod legacy;
pub mod listing;
pub mod means;
pub mod misbehave;
pub mod model;
pub mod names;
pub mod package;
pub mod patched;
pub mod proc;
pub mod reference;
pub mod ruleset;
pub mod settled;
pub mod sync;
pub mod sysctl;
pub mod traffic;
pub mod unit;

/// The tests that the environment asks for: some are of no use, or no good, among the others.
pub fn chosen() -> Vec<Case> {
    let asked = |variable| std::env::var_os(variable).is_some();
    match () {
        () if asked(misbehave::VARIABLE) => misbehave::CASES.to_vec(),
        () if asked(package::VARIABLE) => [package::CASES, completion::CASES, unit::CASES].concat(),
        () => all().copied().collect(),
    }
}

/// All ordinary tests.
pub fn all() -> impl Iterator<Item = &'static Case> {
    const ALL: &[&[Case]] = &[
        atomic::CASES,
        ca::CASES,
        client::CASES,
        clients::init_script::CASES,
        clients::keepalived::CASES,
        clients::kernel_script::CASES,
        clients::ldirectord::CASES,
        clients::monitors::CASES,
        connctl::CASES,
        differential::CASES,
        errors::CASES,
        harness::CASES,
        interrupted::CASES,
        legacy::CASES,
        listing::CASES,
        means::CASES,
        model::CASES,
        names::CASES,
        proc::CASES,
        reference::CASES,
        ruleset::CASES,
        settled::CASES,
        sysctl::CASES,
        traffic::CASES,
    ];
    ALL.iter().chain(patched::CASES).chain(sync::CASES).copied().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        let mut seen = HashSet::new();
        for case in super::all() {
            assert!(seen.insert(case.name), "{} is there twice", case.name);
        }
        assert!(!seen.is_empty());
    }
}

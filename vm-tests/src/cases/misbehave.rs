// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests that go wrong on purpose: `cargo xtask vm selftest` checks what becomes of them. No other
//! run has them.

use std::time::Duration;

use crate::case::{Case, Failure};
use crate::ctx::Ctx;

/// Set to run these tests instead of all others.
pub const VARIABLE: &str = "IPVS_VM_MISBEHAVE";

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("misbehave::passes", |_| Ok(())),
    Case::new("misbehave::fails", |_| Err(Failure::new("on purpose"))),
    Case::new("misbehave::panics", |_| panic!("on purpose")),
    Case::new("misbehave::hangs", hangs).timeout(3),
    Case::new("misbehave::is_too_new", |_| Ok(())).since(99, 0, "time travel"),
    Case::new("misbehave::ends_the_guest", ends_the_guest),
];

fn hangs(_: &mut Ctx) -> Result<(), Failure> {
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn ends_the_guest(_: &mut Ctx) -> Result<(), Failure> {
    std::fs::write("/proc/sysrq-trigger", "c")?;
    Ok(())
}

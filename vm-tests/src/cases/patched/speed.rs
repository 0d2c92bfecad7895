// SPDX-License-Identifier: MIT OR Apache-2.0
//! A hundred thousand connections: right, and figures for people. `cargo xtask kernel bench` has those
//! that are compared.

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::many::{self, MANY, Times, ratio};

use super::EXTENSION;

/// The tests of this module.
pub const CASES: &[Case] = &[Case::new("patched::a_hundred_thousand_connections", run)
    .patched()
    .since(6, 12, EXTENSION)
    .timeout(1500)];

fn run(_: &mut Ctx) -> Result<(), Failure> {
    many::make()?;
    let Times { proc, dump, count, delete } = Times::measure()?;
    println!(
        "{MANY} connections: /proc {proc:.1?}, dump {dump:.1?}, filtered count {count:.1?} (1/{:.0} \
         of the dump), deletion of a tenth {delete:.1?}",
        ratio(dump, count),
    );
    Ok(())
}

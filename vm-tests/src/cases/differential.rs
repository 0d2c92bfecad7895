// SPDX-License-Identifier: MIT OR Apache-2.0
//! The C tool and ours under the same command lines.

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::differential::{SCENARIOS, Setup, compare, lines};

/// The tests of this module.
pub const CASES: &[Case] = &[Case::new("differential::public_scenarios", public).timeout(600)];

const PUBLIC: &str = include_str!("../../../ipvsadm-rs/tests/scenarios/scenarios.txt");

fn public(_: &mut Ctx) -> Result<(), Failure> {
    let scenarios: Vec<_> = lines(PUBLIC).collect();
    let setup = Setup { netlink_refused: false, observed: true, different: SCENARIOS };
    let counts = compare(&scenarios, setup)?;
    println!("{} public scenarios: {counts}", scenarios.len());
    Ok(())
}

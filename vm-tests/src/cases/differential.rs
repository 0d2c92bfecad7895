// SPDX-License-Identifier: MIT OR Apache-2.0
//! The C tool and ours under the same command lines.

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::differential::{
    SCENARIOS, Setup, Surroundings, Tool, compare, lines, random_lines, restore_while_listing,
};

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("differential::public_scenarios", public).timeout(600),
    Case::new("differential::own_scenarios", own).timeout(600),
    Case::new("differential::random_lines", random).timeout(900),
    Case::new("differential::listings_while_ours_restores", |_| races(Tool::Ours)).timeout(300),
    Case::new("differential::listings_while_the_c_tool_restores", |_| races(Tool::C)).timeout(300),
];

const PUBLIC: &str = include_str!("../../../ipvsadm-rs/tests/scenarios/scenarios.txt");

/// Our own scenarios by theme.
const OWN: &[&str] = &[
    include_str!("../../scenarios/parser.txt"),
    include_str!("../../scenarios/addresses.txt"),
    include_str!("../../scenarios/matrix.txt"),
    include_str!("../../scenarios/listings.txt"),
    include_str!("../../scenarios/names.txt"),
    include_str!("../../scenarios/save.txt"),
    include_str!("../../scenarios/daemon.txt"),
    include_str!("../../scenarios/tunnels.txt"),
    include_str!("../../scenarios/errors.txt"),
    include_str!("../../scenarios/traffic.txt"),
];

/// How many random lines there are, on each of three kernels.
const LINES: usize = 1700;
/// The variable that sets another seed.
const SEED: &str = "IPVS_SEED";

fn public(_: &mut Ctx) -> Result<(), Failure> {
    let scenarios: Vec<_> = lines(PUBLIC).collect();
    let setup = Setup { netlink_refused: false, observed: true, different: SCENARIOS };
    let counts = compare(&scenarios, setup)?;
    println!("{} public scenarios: {counts}", scenarios.len());
    Ok(())
}

fn own(_: &mut Ctx) -> Result<(), Failure> {
    let scenarios: Vec<_> = OWN.iter().flat_map(|file| lines(file)).collect();
    let setup = Setup { netlink_refused: false, observed: false, different: SCENARIOS };
    let counts = compare(&scenarios, setup)?;
    println!("{} own scenarios: {counts}", scenarios.len());
    Ok(())
}

fn random(_: &mut Ctx) -> Result<(), Failure> {
    let seed = seed()?;
    println!("random lines of seed {seed}; {SEED}=N sets another");
    println!("{}", random_lines(seed, LINES, Surroundings::default())?);
    Ok(())
}

fn seed() -> Result<u64, Failure> {
    match std::env::var(SEED) {
        Ok(text) => Ok(text.parse()?),
        Err(_) => Ok(20_261_121),
    }
}

fn races(restorer: Tool) -> Result<(), Failure> {
    println!("while {restorer} restores: {}", restore_while_listing(restorer)?);
    Ok(())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The C tool and ours under the same command lines.

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::differential::{
    SCENARIOS, Setup, Surroundings, Tool, WITHOUT_NETLINK, compare, in_lockstep, lines,
    restore_while_listing,
};
use crate::words::{Line, Lines};

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("differential::public_scenarios", public).timeout(900),
    Case::new("differential::addresses", |_| own(include_str!("../../scenarios/addresses.txt")))
        .timeout(600)
        .only(7, 2, GRAMMAR),
    Case::new("differential::daemon", |_| own(include_str!("../../scenarios/daemon.txt")))
        .timeout(600)
        .only(7, 2, OWN),
    Case::new("differential::errors", |_| own(include_str!("../../scenarios/errors.txt")))
        .timeout(600)
        .only(7, 2, OWN),
    Case::new("differential::listings", |_| own(include_str!("../../scenarios/listings.txt")))
        .timeout(600)
        .only(7, 2, OWN),
    Case::new("differential::matrix", |_| own(include_str!("../../scenarios/matrix.txt")))
        .timeout(600)
        .only(7, 2, GRAMMAR),
    Case::new("differential::names", |_| own(include_str!("../../scenarios/names.txt")))
        .timeout(600)
        .only(7, 2, GRAMMAR),
    Case::new("differential::parser", |_| own(include_str!("../../scenarios/parser.txt")))
        .timeout(600)
        .only(7, 2, GRAMMAR),
    Case::new("differential::save", |_| own(include_str!("../../scenarios/save.txt")))
        .timeout(600)
        .only(7, 2, OWN),
    Case::new("differential::traffic", |_| own(include_str!("../../scenarios/traffic.txt")))
        .timeout(600)
        .only(7, 2, OWN),
    Case::new("differential::tunnels", |_| own(include_str!("../../scenarios/tunnels.txt")))
        .timeout(600)
        .only(7, 2, OWN),
    Case::new("differential::random_lines", random).timeout(900),
    Case::new("differential::netlink_refused", refused).timeout(600),
    Case::new("differential::random_lines_with_netlink_refused", random_refused).timeout(600),
    Case::new("differential::listings_while_ours_restores", |_| races(Tool::Ours))
        .timeout(600)
        .only(7, 2, OWN),
    Case::new("differential::listings_while_the_c_tool_restores", |_| races(Tool::C))
        .timeout(600)
        .only(7, 2, OWN),
];

/// Why some run on one kernel.
const GRAMMAR: &str =
    "no kernel is asked before a line is understood, and the oracle knows them too";

const OWN: &str = "it takes minutes; the public scenarios and random lines run on all kernels";

const PUBLIC: &str = include_str!("../../../ipvsadm-rs/tests/scenarios/scenarios.txt");

/// How many random lines there are, on each of three kernels.
const LINES: usize = 1700;
/// How many with netlink refused.
const REFUSED_LINES: usize = 300;
/// In how many pieces rules are restored while others list.
const PIECES: usize = 40;
/// How many states between them must be seen.
const SEEN: usize = PIECES / 2;
/// The variable that sets another seed.
const SEED: &str = "IPVS_SEED";

fn public(_: &mut Ctx) -> Result<(), Failure> {
    let scenarios: Vec<_> = lines(PUBLIC).collect();
    let setup = Setup { netlink_refused: false, observed: true, different: SCENARIOS };
    let counts = compare(&scenarios, setup)?;
    println!("{} public scenarios: {counts}", scenarios.len());
    Ok(())
}

fn own(file: &str) -> Result<(), Failure> {
    let scenarios: Vec<_> = lines(file).collect();
    let setup = Setup { netlink_refused: false, observed: false, different: SCENARIOS };
    println!("{} scenarios: {}", scenarios.len(), compare(&scenarios, setup)?);
    Ok(())
}

fn refused(_: &mut Ctx) -> Result<(), Failure> {
    let scenarios: Vec<_> = lines(include_str!("../../scenarios/refused.txt")).collect();
    let setup = Setup { netlink_refused: true, observed: false, different: WITHOUT_NETLINK };
    println!("{} scenarios without netlink: {}", scenarios.len(), compare(&scenarios, setup)?);
    Ok(())
}

fn random(_: &mut Ctx) -> Result<(), Failure> {
    let seed = seed()?;
    println!("random lines of seed {seed}; {SEED}=N sets another");
    let lines: Vec<_> = Lines::seeded(seed).take(LINES).collect();
    println!("{}", in_lockstep(&lines, Surroundings::default())?);
    Ok(())
}

fn random_refused(_: &mut Ctx) -> Result<(), Failure> {
    let seed = seed()?;
    let lines: Vec<_> = Lines::seeded(seed).filter(can_sockopt).take(REFUSED_LINES).collect();
    let surroundings = Surroundings { netlink_refused: true, ..Surroundings::default() };
    println!("without netlink: {}", in_lockstep(&lines, surroundings)?);
    Ok(())
}

/// Whether the socket options know all that a line may ask for.
fn can_sockopt(line: &Line) -> bool {
    let beyond: [&[u8]; 8] =
        [b"::", b":5:6:", b"-6", b"ipv6", b"--pe=", b"tun-", b"mcast-", b"sync-maxlen"];
    let asks = |word: &[u8]| {
        word == b"--pe" || beyond.iter().any(|part| word.windows(part.len()).any(|w| w == *part))
    };
    let input: Vec<_> = line.input.split(|byte| byte.is_ascii_whitespace()).collect();
    // The C tool lists no more services in a restore than there were at its start, or fails.
    let lists = |word: &[u8]| {
        [&b"-S"[..], b"-L", b"-l", b"--list", b"--save"].iter().any(|start| word.starts_with(start))
    };
    let mut words = line.arguments.iter().map(Vec::as_slice).chain(input.iter().copied());
    !words.any(asks) && !input.iter().any(|word| lists(word))
}

fn seed() -> Result<u64, Failure> {
    match std::env::var(SEED) {
        Ok(text) => Ok(text.parse()?),
        Err(_) => Ok(20_261_121),
    }
}

fn races(restorer: Tool) -> Result<(), Failure> {
    println!("while {restorer} restores: {}", restore_while_listing(restorer, 1)?);
    let races = restore_while_listing(restorer, PIECES)?;
    println!("while {restorer} restores in {PIECES} pieces: {races}");
    match races.between() {
        few @ ..SEEN => Err(Failure::new(format!("only {few} states on the way were seen"))),
        _ => Ok(()),
    }
}

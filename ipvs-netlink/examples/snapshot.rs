// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prints everything that this namespace's IPVS holds as JSON, or makes it what a file says (`-` is
//! standard input) and prints what was changed: `cargo run --example snapshot [FILE]`.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use ipvs_netlink::{Ipvs, Ruleset};

fn save() -> Result<(), Box<dyn Error>> {
    let rules = Ipvs::open()?.ruleset()?;
    println!("{}", serde_json::to_string_pretty(&rules)?);
    Ok(())
}

fn restore(file: &str) -> Result<(), Box<dyn Error>> {
    let want: Ruleset = match file {
        "-" => serde_json::from_reader(io::stdin().lock())?,
        path => {
            let text = std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
            serde_json::from_str(&text).map_err(|e| format!("{path}: {e}"))?
        }
    };
    let mut ipvs = Ipvs::open()?;
    let plan = ipvs.plan(&want)?;
    print!("{plan}");
    plan.apply(&mut ipvs)?.verify(&mut ipvs)?;
    Ok(())
}

fn main() -> ExitCode {
    let result = match std::env::args().nth(1) {
        None => save(),
        Some(file) => restore(&file),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("snapshot: {error}");
            ExitCode::FAILURE
        }
    }
}

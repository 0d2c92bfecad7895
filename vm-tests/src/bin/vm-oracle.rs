// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compares our program with the C tool on random command lines, without a kernel; started by
//! `cargo xtask oracle`.
//!
//! `vm-oracle DIRECTORY SEED cases|seconds NUMBER`, where the C tool is in DIRECTORY. Exit status 1
//! when they differ.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use vm_tests::oracle::{Limit, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((directory, seed, limit)) = parse(&arguments) else {
        eprintln!("usage: vm-oracle DIRECTORY SEED cases|seconds NUMBER");
        return ExitCode::from(2);
    };
    let start = Instant::now();
    let report = match run(directory, seed, limit) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("the comparison failed: {error}");
            return ExitCode::from(2);
        }
    };
    for mismatch in &report.mismatches {
        println!("difference: {mismatch}");
    }
    for (why, count) in &report.on_purpose {
        println!("{count} differ on purpose: {why}");
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("seed {seed}: {:.0} cases a second", report.cases as f64 / seconds);
    let failed = report.mismatches.len();
    let result = if failed == 0 { "ok" } else { "FAILED" };
    let passed = report.cases - failed;
    println!(
        "test result: {result}. {passed} passed; {failed} failed; 0 ignored; 0 measured; \
         0 filtered out; finished in {seconds:.2}s"
    );
    ExitCode::from(u8::from(failed > 0))
}

fn parse(arguments: &[String]) -> Option<(&Path, u64, Limit)> {
    let [directory, seed, unit, number] = arguments else {
        return None;
    };
    let limit = match unit.as_str() {
        "cases" => Limit::Cases(number.parse().ok()?),
        "seconds" => Limit::Time(Duration::from_secs(number.parse().ok()?)),
        _ => return None,
    };
    Some((Path::new(directory), seed.parse().ok()?, limit))
}

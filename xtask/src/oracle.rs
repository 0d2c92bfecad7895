// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask oracle`: our program against the C tool on random command lines, without a kernel.

use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};

use crate::tally::Tally;
use crate::vm::oracle;
use crate::{build, exec};

const PROGRAM: &str = "vm-oracle";

/// How many cases are compared unless the caller says otherwise.
const CASES: u64 = 20_000;

/// `cargo xtask oracle`.
pub fn main(arguments: Vec<OsString>) -> Result<ExitCode> {
    let (mut limit, mut seed) = (("cases", CASES), None);
    let mut arguments = arguments.iter().map(|argument| argument.to_string_lossy());
    while let Some(option) = arguments.next() {
        let number = arguments.next().and_then(|number| number.parse().ok());
        let number = number.with_context(|| format!("`{option}` needs a number"))?;
        match option.as_ref() {
            "--cases" => limit = ("cases", number),
            "--seconds" => limit = ("seconds", number),
            "--seed" => seed = Some(number),
            _ => bail!("`{option}` is no option of `oracle`: --seconds, --cases or --seed"),
        }
    }
    let tally = compare(
        limit,
        match seed {
            Some(seed) => seed,
            None => fresh()?,
        },
    )?;
    Ok(ExitCode::from(u8::from(tally.failed > 0)))
}

/// A short run for `cargo xtask test`: cases that are always the same, and new ones.
///
/// # Errors
/// When the comparison can't be made.
pub fn checks() -> Result<Tally> {
    let mut tally = compare(("cases", 4000), 1)?;
    tally += compare(("cases", 4000), fresh()?)?;
    Ok(tally)
}

/// A seed that was not there before.
fn fresh() -> Result<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    Ok(now.as_millis() as u64)
}

fn compare((unit, number): (&str, u64), seed: u64) -> Result<Tally> {
    let directory = oracle::directory()?;
    eprintln!("building {PROGRAM} (release) …");
    let arguments = ["--release", "--package", "vm-tests", "--bin", PROGRAM];
    let programs = build::programs(&arguments)?;
    let program = programs.into_iter().find(|program| program.ends_with(PROGRAM));
    let program = program.with_context(|| format!("cargo did not say where it built {PROGRAM}"))?;
    println!("comparing {number} {unit}: --seed {seed}");
    let mut command = Command::new(program);
    command.arg(directory).args([&seed.to_string(), unit, &number.to_string()]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start {}", exec::show(&command)))?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    let tally = Tally::last_result_line(&text).with_context(|| {
        format!("{} reported no result ({})", exec::show(&command), output.status)
    })?;
    ensure!(
        output.status.success() == (tally.failed == 0),
        "{} ended with {} and {tally}",
        exec::show(&command),
        output.status
    );
    Ok(tally)
}

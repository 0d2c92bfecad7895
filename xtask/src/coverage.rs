// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask coverage`: which lines of the command line's code the oracle reaches.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::vm::oracle;
use crate::{build, exec, paths};

const PROGRAM: &str = "vm-oracle";
const CASES: &str = "20000";

/// What is measured: the code that has the C tool as its judge.
const MEASURED: &str = "ipvsadm-rs/src/legacy";

/// The lines of a file with how often each was reached.
type Lines = BTreeMap<u32, u64>;

/// `cargo xtask coverage`.
pub fn main(arguments: Vec<OsString>) -> Result<ExitCode> {
    if let Some(argument) = arguments.first() {
        bail!("`coverage` takes no argument, so `{}` is one too many", argument.display());
    }
    let (profdata, cov) = (llvm("llvm-profdata")?, llvm("llvm-cov")?);
    let directory = oracle::directory()?;
    eprintln!("building {PROGRAM} with counters …");
    let built = build::instrumented_programs(&["--package", "vm-tests", "--bin", PROGRAM])?;
    let program = built.into_iter().find(|program| program.ends_with(PROGRAM));
    let program = program.with_context(|| format!("cargo did not say where it built {PROGRAM}"))?;
    let raw = build::instrumented().join("oracle.profraw");
    let mut command = Command::new(&program);
    command.arg(directory).args(["1", "cases", CASES]).env("LLVM_PROFILE_FILE", &raw);
    exec::run(&mut command)?;
    let merged = raw.with_extension("profdata");
    exec::run(Command::new(profdata).args(["merge", "-o"]).arg(&merged).arg(&raw))?;
    let mut command = Command::new(cov);
    command.args(["export", "--format=lcov", "--instr-profile"]).arg(&merged).arg(&program);
    command.arg(paths::repository().join(MEASURED));
    report(&read(&exec::capture(&mut command)?)?);
    fs::remove_file(raw).context("cannot remove the counters")?;
    Ok(ExitCode::SUCCESS)
}

/// A tool of the compiler's own LLVM, which rustup has as a component.
fn llvm(name: &str) -> Result<PathBuf> {
    let library = exec::capture(build::rustc().args(["--print", "target-libdir"]))?;
    let host = Path::new(library.trim()).parent().context("the compiler has no directory")?;
    let tool = host.join("bin").join(name);
    if !tool.exists() {
        eprintln!("adding the component llvm-tools with rustup");
        exec::run_as_progress(Command::new("rustup").args(["component", "add", "llvm-tools"]))
            .with_context(|| format!("{name} of the compiler's LLVM is needed"))?;
    }
    Ok(tool)
}

/// Reads the form of `lcov`: `SF:FILE`, then `DA:LINE,COUNT` for each line with code.
fn read(text: &str) -> Result<BTreeMap<String, Lines>> {
    let mut files: BTreeMap<String, Lines> = BTreeMap::new();
    let mut file = String::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let start = path.find(MEASURED).map_or(0, |at| at + MEASURED.len() + 1);
            file = path[start..].to_owned();
        } else if let Some(numbers) = line.strip_prefix("DA:") {
            let (number, count) = numbers.split_once(',').context("a line without a count")?;
            let lines = files.entry(file.clone()).or_default();
            *lines.entry(number.parse()?).or_default() += count.parse::<u64>()?;
        }
    }
    Ok(files)
}

fn report(files: &BTreeMap<String, Lines>) {
    let (mut reached, mut all) = (0, 0);
    for (file, lines) in files {
        let missed: Vec<u32> =
            lines.iter().filter(|(_, count)| **count == 0).map(|(line, _)| *line).collect();
        (reached, all) = (reached + lines.len() - missed.len(), all + lines.len());
        let share = percent(lines.len() - missed.len(), lines.len());
        println!("{share:>6} {file:<26} {}", ranges(&missed));
    }
    println!("{:>6} of {all} lines of {MEASURED}", percent(reached, all));
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.1}%", part as f64 * 100.0 / whole.max(1) as f64)
}

/// `3-5 9`
fn ranges(lines: &[u32]) -> String {
    let runs = lines.chunk_by(|a, b| a + 1 == *b);
    let text = runs.map(|run| match run {
        [first, .., last] => format!("{first}-{last}"),
        _ => run.iter().map(u32::to_string).collect(),
    });
    text.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_become_ranges() {
        let text = "SF:/home/x/ipvsadm-rs/src/legacy/list/text.rs\nDA:1,0\nDA:2,0\nDA:4,7\nDA:5,0\n\
            DA:2,1\nend_of_record\n";
        let files = read(text).expect("it is well-formed");
        let lines = &files["list/text.rs"];
        assert_eq!(lines.iter().collect::<Vec<_>>(), [(&1, &0), (&2, &1), (&4, &7), (&5, &0)]);
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), "1-3 7 9-10");
        assert_eq!(percent(1, 3), "33.3%");
    }
}

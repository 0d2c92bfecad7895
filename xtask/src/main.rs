// SPDX-License-Identifier: MIT OR Apache-2.0
//! Developer commands: `cargo xtask COMMAND`. Plain functions in a table.

mod bench;
mod build;
mod coverage;
mod demo;
mod dist;
mod exec;
mod kernel;
mod oracle;
mod paths;
mod tally;
mod test;
mod vm;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};

/// One developer command.
struct Command {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    run: fn(Vec<OsString>) -> Result<ExitCode>,
}

/// Every command, in the order in which the help shows them.
const COMMANDS: &[Command] = &[
    Command {
        name: "demo",
        arguments: "[--kernel K]",
        summary: "real HTTP through a director to three servers, with counters",
        run: demo::main,
    },
    Command {
        name: "test",
        arguments: "",
        summary: "formatting, clippy, all tests, VM tests on all kernels",
        run: test::main,
    },
    Command {
        name: "vm",
        arguments: "setup|clean|run|shell|test …",
        summary: "virtual machines with real kernels (`cargo xtask vm help`)",
        run: vm::main,
    },
    Command {
        name: "kernel",
        arguments: "build|modules|refresh|check …",
        summary: "our kernel patches and modules (`cargo xtask kernel help`)",
        run: kernel::main,
    },
    Command {
        name: "oracle",
        arguments: "[--seconds N | --cases N] [--seed N]",
        summary: "random command lines: ours against the C tool, without a kernel",
        run: oracle::main,
    },
    Command {
        name: "coverage",
        arguments: "",
        summary: "which lines of the command line's code the oracle reaches",
        run: coverage::main,
    },
    Command {
        name: "bench",
        arguments: "[--kernel K]",
        summary: "our tool against the C tool, in instructions (docs/benchmarks.md)",
        run: bench::main,
    },
    Command {
        name: "dist",
        arguments: "[man|static|deb|all|test]",
        summary: "manual pages and completions, static program, Debian package, its test",
        run: dist::main,
    },
    Command { name: "help", arguments: "", summary: "this table", run: help },
];

/// Exit status of a failure of the command itself, as opposed to that of a program it ran.
const HARNESS_FAILED: u8 = 125;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let name = arguments.next().unwrap_or_else(|| "help".into());
    let result = match COMMANDS.iter().find(|command| name == *command.name) {
        Some(command) => (command.run)(arguments.collect()),
        None => unknown(&name.to_string_lossy()),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(HARNESS_FAILED)
    })
}

fn unknown(name: &str) -> Result<ExitCode> {
    let names: Vec<_> = COMMANDS.iter().map(|command| command.name).collect();
    bail!("`{name}` is no xtask command; choose one of {}", names.join(", "))
}

fn help(_: Vec<OsString>) -> Result<ExitCode> {
    println!("cargo xtask COMMAND\n");
    for Command { name, arguments, summary, .. } in COMMANDS {
        println!("  {:<45} {summary}", format!("{name} {arguments}"));
    }
    Ok(ExitCode::SUCCESS)
}

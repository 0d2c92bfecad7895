// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask dist`: what is shipped, all below `target/dist`.

#[cfg(test)]
mod agreement;
mod completions;
mod contents;
mod deb;
mod fixture;
mod grammar;
pub mod install;
mod man;
mod output;
mod portable;
mod values;
#[cfg(test)]
mod word_agreement;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::paths;
use crate::vm::options::Options;

/// `cargo xtask dist`.
pub fn main(mut arguments: Vec<OsString>) -> Result<ExitCode> {
    let what = if arguments.is_empty() { "all".into() } else { arguments.remove(0) };
    if what == "test" {
        return install::main(Options::parse(arguments)?);
    }
    if let Some(argument) = arguments.first() {
        bail!("`dist` makes one thing at a time, so `{}` is one too many", argument.display());
    }
    match what.to_string_lossy().as_ref() {
        "man" => texts()?,
        "static" => portable()?,
        "deb" => package()?,
        "all" => {
            texts()?;
            portable()?;
            package()?;
        }
        other => bail!("`dist {other}`: choose one of man, static, deb, all, test"),
    }
    Ok(ExitCode::SUCCESS)
}

fn texts() -> Result<()> {
    output::texts()?;
    println!("manual pages and completions: {}", paths::dist().display());
    Ok(())
}

fn portable() -> Result<()> {
    eprintln!("building the static program …");
    let (path, library) = portable::program()?;
    println!("static program, with {library}: {}", path.display());
    if library != "musl" {
        println!(
            "(`rustup target add x86_64-unknown-linux-musl` first for one with musl; with glibc, \
             names of hosts need the shared libraries of the same glibc)"
        );
    }
    Ok(())
}

fn package() -> Result<()> {
    println!("Debian package: {}", deb::package()?.display());
    Ok(())
}

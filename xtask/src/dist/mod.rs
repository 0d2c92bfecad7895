// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask dist`: what is shipped.

#[cfg(test)]
mod agreement;
mod completions;
mod grammar;
mod man;
mod values;

use std::ffi::OsString;
use std::fs;
use std::process::ExitCode;

use crate::paths;
use anyhow::Result;

pub fn main(_: Vec<OsString>) -> Result<ExitCode> {
    let out = paths::repository().join("target/dist");
    for program in grammar::programs() {
        fs::create_dir_all(out.join("man"))?;
        fs::write(out.join("man").join(format!("{program}.8")), man::page(program)?)?;
        for place in completions::PLACES {
            let directory = out.join("completions").join(place.directory);
            fs::create_dir_all(&directory)?;
            fs::write(
                directory.join(place.file(program)),
                completions::text(program, place.shell)?,
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

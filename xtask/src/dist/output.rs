// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writing manual pages and completions.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::{completions, grammar, man};
use crate::paths;

/// Writes all pages and completions below `target/dist`.
///
/// # Errors
/// A file cannot be written.
pub fn texts() -> Result<()> {
    let root = paths::dist();
    for program in grammar::programs() {
        write(&root.join("man"), &format!("{program}.8"), &man::page(program)?)?;
        for place in &completions::PLACES {
            let directory = root.join("completions").join(place.directory);
            write(&directory, &place.file(program), &completions::text(program, place.shell)?)?;
        }
    }
    Ok(())
}

fn write(directory: &Path, name: &str, text: &str) -> Result<()> {
    let file = directory.join(name);
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(&file, text))
        .with_context(|| format!("cannot write {}", file.display()))
}

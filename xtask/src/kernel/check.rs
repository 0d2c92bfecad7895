// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must hold for every patch: the kernel's own style check is content, and the sources build
//! with all patches up to it. What has passed is remembered. The modules are checked for style as well,
//! by the script of each kernel.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::source::Source;
use super::tree::{Tree, series};
use super::{make, patched_kernels, standalone, style, symbols, work};
use crate::tally::Tally;
use crate::vm::kernel::Kernel;

/// Who signs off a patch is known when it is sent, and MAINTAINERS has the whole directory already.
const STYLE: [&str; 3] = ["--no-signoff", "--ignore", "FILE_PATH_CHANGES"];

/// Checks the patches of one kernel, or of all that have some.
///
/// # Errors
/// A patch is wrong; the message says which and how.
pub fn checks(kernel: Option<&'static Kernel>) -> Result<Tally> {
    let mut tally = Tally::default();
    for kernel in patched_kernels().filter(|one| kernel.is_none_or(|k| k.name == one.name)) {
        tally += of(kernel).with_context(|| format!("patches of kernel {}", kernel.name))?;
    }
    ensure!(tally.passed > 0, "there are no patches to check");
    Ok(tally)
}

fn of(kernel: &'static Kernel) -> Result<Tally> {
    let source = Source::get(kernel)?;
    let tree = Tree::open(kernel, &source)?;
    let patches = series(kernel)?;
    let commits = tree.commits()?;
    ensure!(
        commits.len() == patches.len(),
        "{} patches and {} commits in {}: run `cargo xtask kernel refresh`",
        patches.len(),
        commits.len(),
        tree.root().display()
    );
    let mut tally = Tally { passed: standalone::styles(&source)?, ..Tally::default() };
    println!("kernel {}: the style of {} modules is fine", kernel.name, tally.passed);
    for (patch, commit) in patches.iter().zip(&commits) {
        let name = patch.file_name().unwrap_or_default().display().to_string();
        style::check(&source, &STYLE, patch)?;
        builds(&source, &tree, commit).with_context(|| name.clone())?;
        println!("kernel {}: {name}: style and build are fine", kernel.name);
        tally.passed += 1;
    }
    Ok(tally)
}

/// Builds the sources as of a commit, unless that has been done. Commits have the same name
/// whenever they have the same content and history.
fn builds(source: &Source, tree: &Tree, commit: &str) -> Result<()> {
    let directory = work(source.headers.kernel).join("check");
    let mark = directory.join("passed").join(commit);
    if mark.exists() {
        return Ok(());
    }
    let sources = directory.join("tree");
    tree.export(commit, &sources)?;
    let output =
        make::build(&source.headers, &sources, &directory.join("build"), make::Flavour::Plain)?;
    symbols::compare(&source.headers, &output)?;
    fs::create_dir_all(directory.join("passed"))?;
    fs::write(mark, []).context("cannot note that a patch builds")
}

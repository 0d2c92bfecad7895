// SPDX-License-Identifier: MIT OR Apache-2.0
//! What making and trying the package needs from elsewhere: cargo-deb, Debian's packages of the C
//! tool, and shells. All in the cache, none installed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::paths;
use crate::vm::apt::Suite;
use crate::vm::cache::Cache;
use crate::vm::tools;

const CARGO_DEB: &str = "3.8.0";

/// The C tool before its files went to `/usr`, with its libraries.
const BOOKWORM: [&str; 4] = ["ipvsadm", "libnl-3-200", "libnl-genl-3-200", "libpopt0"];
/// The C tool with its files in `/usr`.
const TRIXIE: [&str; 1] = ["ipvsadm"];
/// The shells that complete, beside bash itself.
const SHELLS: [&str; 6] =
    ["bash-completion", "fish", "fish-common", "libpcre2-32-0", "zsh", "zsh-common"];

/// Fetches what the tests of the package need, unless it is there, and returns the directory: the
/// packages of each suite, and `shells`, unpacked, to be laid over a root directory.
///
/// # Errors
/// The network is down, or a signature is wrong.
pub fn packages() -> Result<PathBuf> {
    const NAME: &str = "packages-1";
    let path = paths::cache()?.join(NAME);
    if !path.exists() {
        Cache::lock()?.create(NAME, |partial| {
            let suite = Suite::open("bookworm", partial)?;
            suite.download(&BOOKWORM, &partial.join("bookworm"))?;
            suite.unpack(&SHELLS, &partial.join("shells"))?;
            suite.close()?;
            let suite = Suite::open("trixie", partial)?;
            suite.download(&TRIXIE, &partial.join("trixie"))?;
            suite.close()?;
            usr(&partial.join("shells"))
        })?;
    }
    Ok(path)
}

/// Moves `bin` to `usr/bin`, where it is in a system that this is laid over.
fn usr(root: &Path) -> Result<()> {
    for entry in fs::read_dir(root.join("bin"))? {
        let entry = entry?;
        fs::rename(entry.path(), root.join("usr/bin").join(entry.file_name()))?;
    }
    fs::remove_dir(root.join("bin")).context("the shells are not as they were")
}

/// The program cargo-deb, built at the first use.
///
/// # Errors
/// It does not build, or `dpkg-shlibdeps`, which it calls, is missing.
pub fn cargo_deb() -> Result<PathBuf> {
    if paths::program("dpkg-shlibdeps").is_none() {
        bail!("the package needs dpkg-shlibdeps: `apt-get install dpkg-dev`");
    }
    let program = paths::cache()?.join(format!("cargo-deb-{CARGO_DEB}/bin/cargo-deb"));
    if !program.exists() {
        tools::cargo_install(&Cache::lock()?, "cargo-deb", CARGO_DEB)?;
    }
    Ok(program)
}

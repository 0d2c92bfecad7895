// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs that hosts of tests need beside the balancer: a web server that knows nothing of it, and
//! what sets up address translation and network cards. None is installed.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::apt::Suite;
use super::cache::Cache;
use super::setup::Outcome;

/// The programs, each with those of its libraries that a Debian system may lack.
const PACKAGES: &[&[&str]] = &[
    &["nginx", "libpcre2-8-0", "libcrypt1", "libssl3", "zlib1g"],
    &["nftables", "libnftables1", "libnftnl11", "libmnl0", "libjansson4", "libxtables12"],
    &["libedit2", "libbsd0", "libmd0", "libgmp10", "libtinfo6"],
    &["ethtool"],
];

/// The root below which they were unpacked.
pub fn root(cache: &Path) -> PathBuf {
    cache.join("servers")
}

/// Whether all of the packages are in the cache, and not only those of an earlier list.
pub fn present(cache: &Path) -> bool {
    // Each brings its copyright here; some by a symbolic link to what it belongs to.
    let documents = root(cache).join("usr/share/doc");
    PACKAGES.concat().iter().all(|package| documents.join(package).symlink_metadata().is_ok())
}

/// Fetches the programs unless they are there.
pub fn setup(cache: &Cache) -> Result<Outcome> {
    let what = "nginx, nftables, ethtool of bookworm".to_owned();
    if present(&cache.path("")) {
        return Ok(Outcome::Present(what));
    }
    cache.create("servers", |partial| {
        let suite = Suite::open("bookworm", partial)?;
        suite.unpack(&PACKAGES.concat(), partial)?;
        suite.close()
    })?;
    Ok(Outcome::Made(what))
}

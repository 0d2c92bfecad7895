// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs that live on `ipvsadm` or beside it, unpacked for the tests with what they need; none
//! is installed. The tests lay them over the guest's `/usr`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::apt::Suite;
use super::cache::Cache;
use super::setup::Outcome;

/// The programs, each with those of its dependencies that a Debian system may lack.
const PACKAGES: &[&[&str]] = &[
    &["ldirectord"],
    // Its modules are built for one version of Perl: the system's own may be another one.
    &["perl", "perl-base", "perl-modules-5.36", "libperl5.36"],
    &["libsocket6-perl", "libclone-perl", "libtry-tiny-perl", "libtimedate-perl", "liburi-perl"],
    &["libwww-perl", "libhttp-message-perl", "libhttp-date-perl", "libnet-http-perl"],
    &["liblwp-mediatypes-perl", "libencode-locale-perl", "libio-html-perl", "libmailtools-perl"],
    // What it asks for when a server has an IPv6 address.
    &["libnet-inet6glue-perl", "libio-socket-inet6-perl"],
    &["keepalived", "libnl-3-200", "libnl-genl-3-200", "libnftnl11", "libmnl0", "libglib2.0-0"],
    &["libsnmp40", "libsensors5", "libpci3"],
    // The kernel's script sends its data with socat.
    &["socat", "libwrap0"],
];

/// The root below which the clients were unpacked.
pub fn root(cache: &Path) -> PathBuf {
    cache.join("clients")
}

/// Whether all of the packages are in the cache, and not only those of an earlier list.
pub fn present(cache: &Path) -> bool {
    // Each brings its copyright here; some by a symbolic link to what it belongs to.
    let documents = root(cache).join("usr/share/doc");
    PACKAGES.concat().iter().all(|package| documents.join(package).symlink_metadata().is_ok())
}

/// Fetches the clients unless they are there.
pub fn setup(cache: &Cache) -> Result<Outcome> {
    let what = "ldirectord, keepalived, socat of bookworm".to_owned();
    if present(&cache.path("")) {
        return Ok(Outcome::Present(what));
    }
    cache.create("clients", |partial| {
        let suite = Suite::open("bookworm", partial)?;
        let packages: Vec<_> = PACKAGES.concat().into_iter().map(str::to_owned).collect();
        suite.unpack(&packages, partial)?;
        suite.close()?;
        let libraries = Path::new("lib/x86_64-linux-gnu");
        merge(&partial.join(libraries), &partial.join("usr").join(libraries))
    })?;
    Ok(Outcome::Made(what))
}

/// Moves files to where they are on a system with a merged `/usr`.
fn merge(from: &Path, to: &Path) -> Result<()> {
    let context = || format!("cannot move the files of {}", from.display());
    for entry in fs::read_dir(from).with_context(context)? {
        let entry = entry?;
        fs::rename(entry.path(), to.join(entry.file_name())).with_context(context)?;
    }
    Ok(())
}

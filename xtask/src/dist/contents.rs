// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must be in the Debian package, and what must not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap_complete::Shell;

use super::{completions, grammar};
use crate::{exec, paths};

/// Where each shell looks for the completions of packages.
fn directory(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => "usr/share/bash-completion/completions",
        Shell::Zsh => "usr/share/zsh/vendor-completions",
        _ => "usr/share/fish/vendor_completions.d",
    }
}

/// Mode and path of each file.
fn expected() -> BTreeSet<String> {
    const PLAIN: &str = "-rw-r--r--";
    const PROGRAM: &str = "-rwxr-xr-x";
    let mut files = BTreeSet::from([
        format!("{PROGRAM} usr/sbin/ipvsadm"),
        format!("{PROGRAM} usr/sbin/{}", grammar::SYNCD),
        "lrwxrwxrwx usr/sbin/ipvsadm-restore -> ipvsadm".to_owned(),
        "lrwxrwxrwx usr/sbin/ipvsadm-save -> ipvsadm".to_owned(),
        format!("{PROGRAM} usr/libexec/ipvsadm-rs/rules"),
        format!("{PLAIN} usr/lib/systemd/system/ipvs-syncd.service"),
        format!("{PLAIN} usr/lib/systemd/system/ipvsadm-rs.service"),
        format!("{PLAIN} usr/share/doc/ipvsadm-rs/changelog.Debian.gz"),
        format!("{PLAIN} usr/share/doc/ipvsadm-rs/copyright"),
        format!("{PLAIN} usr/share/doc/ipvsadm-rs/examples/ipvs-syncd.toml"),
        format!("{PLAIN} usr/share/doc/ipvsadm-rs/ipvs-syncd.md"),
    ]);
    for program in grammar::programs() {
        files.insert(format!("{PLAIN} usr/share/man/man8/{program}.8.gz"));
        for place in &completions::PLACES {
            let (directory, file) = (directory(place.shell), place.file(program));
            files.insert(format!("{PLAIN} {directory}/{file}"));
        }
    }
    files
}

/// Compares a package with what it must be.
///
/// # Errors
/// A difference; the message names it.
pub fn check(package: &Path) -> Result<()> {
    let listing = exec::capture(Command::new("dpkg-deb").arg("--contents").arg(package))?;
    let mut files = BTreeSet::new();
    for line in listing.lines() {
        let mut words = line.split_whitespace();
        let (mode, owner) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        ensure!(owner == "0/0" || owner == "root/root", "not root's: {line}");
        let path = words.skip(3).collect::<Vec<_>>().join(" ");
        let path = path.trim_start_matches("./");
        if !path.ends_with('/') {
            files.insert(format!("{mode} {path}"));
        }
    }
    let expected = expected();
    let more: Vec<_> = files.difference(&expected).collect();
    let missing: Vec<_> = expected.difference(&files).collect();
    ensure!(more.is_empty() && missing.is_empty(), "too much: {more:?}; missing: {missing:?}");
    control(package)
}

fn control(package: &Path) -> Result<()> {
    let field = |name| {
        exec::capture(Command::new("dpkg-deb").arg("--field").arg(package).arg(name))
            .map(|value| value.trim().to_owned())
    };
    let version = field("Version")?;
    let debian = paths::repository().join("ipvsadm-rs/debian");
    let changelog = fs::read_to_string(debian.join("changelog"))?;
    let newest = changelog.lines().next().context("the changelog is empty")?;
    ensure!(
        newest.starts_with(&format!("ipvsadm-rs ({version}) ")),
        "the changelog begins with `{newest}`, the package is {version}"
    );
    ensure!(field("Depends")?.contains("libc6"), "no dependency on libc6");
    for script in ["preinst", "postinst", "prerm", "postrm", "rules.sh"] {
        exec::run(Command::new("/bin/sh").arg("-n").arg(debian.join(script)))?;
    }
    Ok(())
}

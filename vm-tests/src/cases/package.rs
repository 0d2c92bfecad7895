// SPDX-License-Identifier: MIT OR Apache-2.0
//! Our Debian package beside Debian's own `ipvsadm`, in every order: `cargo xtask dist test`.

use std::env;
use std::path::PathBuf;

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::root::Root;

/// Set to run these tests instead of all others: the directory of the packages.
pub const VARIABLE: &str = "IPVS_VM_PACKAGES";

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("package::removal_restores_the_original", removal_restores).timeout(900),
    Case::new("package::theirs_comes_later_and_goes_first", theirs_later).timeout(900),
    Case::new("package::theirs_moves_to_usr_meanwhile", theirs_moves).timeout(900),
    Case::new("package::a_failed_installation_leaves_all_as_it_was", failed).timeout(900),
];

const OURS: &str = "dpkg -i /packages/ours.deb";
const THEIRS: &str = "dpkg --force-depends -i /packages/bookworm/ipvsadm_*.deb";
const LIBRARIES: &str = "dpkg -i /packages/bookworm/lib*.deb";
const THEIRS_IN_USR: &str = "dpkg --force-depends -i /packages/trixie/*.deb";

/// Leaves dpkg what matters here: it reads the lists of all packages each time it is called. What the
/// host has of Debian's `ipvsadm` goes.
const PREPARE: &str = r#"
    cd /var/lib/dpkg
    awk 'BEGIN { RS = ""; ORS = "\n\n" } /^Package: (dpkg|libc6|init-system-helpers)\n/' status >new
    mv new status; : >triggers/File; rm -f /var/lib/man-db/auto-update
    rm -f /usr/sbin/ipvsadm* /usr/share/man/man8/ipvsadm* /etc/ipvsadm.rules /etc/init.d/ipvsadm"#;

/// A root with the packages at hand.
pub fn root(ctx: &Ctx) -> Result<Root, Failure> {
    let packages = env::var_os(VARIABLE).map(PathBuf::from);
    let packages = packages.ok_or_else(|| Failure::new(format!("{VARIABLE} is not set")))?;
    let root = Root::new(ctx, &packages, &packages.join("shells"))?;
    root.run(PREPARE)?;
    assert_eq!(root.run("dpkg-query -W | wc -l")?, "3\n");
    Ok(root)
}

/// The files of the package that is visible: programs and pages, with their hashes.
const FILES: &str = "cd /; sha256sum usr/sbin/ipvsadm* usr/share/man/man8/ipvsadm* |
    sed 's/[.]distrib//; s/[.]usr-is-merged//' | sort";

/// Whether our package is what an administrator meets.
fn ours_is_there(root: &Root) -> Result<(), Failure> {
    let listed = root.run("ipvsadm -Ln")?;
    assert!(listed.starts_with("IP Virtual Server version 1.2.1"), "{listed}");
    let unpacked = "dpkg-deb --fsys-tarfile /packages/ours.deb | tar xO ./usr/sbin/ipvsadm";
    root.run(&format!("{unpacked} | cmp - /sbin/ipvsadm"))?;
    root.run("ipvsadm -h | grep -q -e --atomic; ipvsadm-save --full | grep -q -e --set")?;
    root.run("ipvsadm-save --full | ipvsadm-restore --atomic")?;
    root.run("zgrep -q 'ipvsadm-rs [0-9]' /usr/share/man/man8/ipvsadm{,-save,-restore}.8.gz")?;
    root.run("ipvs-syncd --help | grep -q monitor && zgrep -q monitor /usr/share/man/man8/ipvs-syncd.8.gz")?;
    sound(root)
}

/// Whether the files of Debian's package stand where they belong, as they came.
fn theirs_is_there(root: &Root) -> Result<(), Failure> {
    let unlike = root.run("dpkg --verify ipvsadm")?;
    assert_eq!(unlike, "");
    assert_eq!(root.run("ls /sbin/ipvsadm* /usr/share/man/man8/ipvsadm* | wc -l")?, "6\n");
    nothing_is_diverted(root)?;
    sound(root)
}

fn nothing_is_diverted(root: &Root) -> Result<(), Failure> {
    assert_eq!(root.run("dpkg-divert --list '*ipvsadm*'")?, "");
    Ok(())
}

fn sound(root: &Root) -> Result<(), Failure> {
    let audit = root.run("dpkg --audit")?;
    assert!(!audit.contains("ipvsadm-rs"), "{audit}");
    Ok(())
}

fn removal_restores(ctx: &mut Ctx) -> Result<(), Failure> {
    let root = root(ctx)?;
    root.run(LIBRARIES)?;
    root.run(THEIRS)?;
    theirs_is_there(&root)?;
    let before = root.run(FILES)?;
    let their_help = root.run("ipvsadm -h")?;
    root.run(OURS)?;
    ours_is_there(&root)?;
    let page = root.run("man ipvsadm-restore; man ipvsadm | tr -s ' '; man -w ipvsadm")?;
    assert!(page.contains("ipvsadm-rs.service"), "{page}");
    assert!(page.contains("-R --atomic takes the lines as the state that shall be"), "{page}");
    assert!(page.ends_with("/usr/share/man/man8/ipvsadm.8.gz\n"), "{page}");
    let with_moved = root.run(FILES)?;
    assert!(before.lines().all(|file| with_moved.contains(file)), "{before}{with_moved}");
    // Once more, as in an upgrade.
    root.run(OURS)?;
    ours_is_there(&root)?;
    root.run("dpkg -r ipvsadm-rs")?;
    assert_eq!(root.run(FILES)?, before);
    assert_eq!(root.run("ipvsadm -h")?, their_help);
    theirs_is_there(&root)
}

fn theirs_later(ctx: &mut Ctx) -> Result<(), Failure> {
    let root = root(ctx)?;
    root.run(OURS)?;
    ours_is_there(&root)?;
    let ours = root.run(FILES)?;
    root.run(THEIRS)?;
    ours_is_there(&root)?;
    assert_eq!(
        root.run("ls /sbin/ipvsadm*.distrib* /usr/share/man/man8/*.distrib.* | wc -l")?,
        "6\n"
    );
    root.run("dpkg -r ipvsadm")?;
    assert_eq!(root.run(FILES)?, ours);
    ours_is_there(&root)?;
    root.run(THEIRS)?;
    root.run("dpkg -P ipvsadm-rs")?;
    theirs_is_there(&root)?;
    assert_eq!(root.cmd("ls /usr/sbin/ipvs-syncd /usr/share/man/man8/ipvs-syncd*")?.text(), "");
    root.run("dpkg -P ipvsadm")?;
    assert_eq!(root.cmd("ls /usr/sbin/ipvsadm* /usr/share/man/man8/ipvsadm*")?.text(), "");
    Ok(())
}

fn theirs_moves(ctx: &mut Ctx) -> Result<(), Failure> {
    let root = root(ctx)?;
    root.run(THEIRS)?;
    root.run(OURS)?;
    root.run(THEIRS_IN_USR)?;
    assert_eq!(root.run("dpkg -L ipvsadm | grep -c ^/usr/sbin/ipvsadm")?, "3\n");
    ours_is_there(&root)?;
    root.run("dpkg -r ipvsadm-rs")?;
    theirs_is_there(&root)?;
    root.run(OURS)?;
    ours_is_there(&root)?;
    root.run("dpkg -r ipvsadm-rs")?;
    theirs_is_there(&root)
}

fn failed(ctx: &mut Ctx) -> Result<(), Failure> {
    let root = root(ctx)?;
    // A file of another package makes unpacking fail, after the diversions.
    root.run(
        "set -e; dpkg-deb -R /packages/ours.deb /tmp/broken; mkdir -p /tmp/broken/usr/bin
        echo >/tmp/broken/usr/bin/dpkg-deb; sed -i 's/^Version: .*/&.1/' /tmp/broken/DEBIAN/control
        dpkg-deb --root-owner-group -Znone -b /tmp/broken /tmp/broken.deb",
    )?;
    const BROKEN: &str = "dpkg -i /tmp/broken.deb";
    root.run(THEIRS)?;
    let before = root.run(FILES)?;
    let output = root.cmd(BROKEN)?;
    assert!(
        output.status != 0 && output.error_text().contains("trying to overwrite"),
        "{output:?}"
    );
    assert_eq!(root.run(FILES)?, before);
    theirs_is_there(&root)?;
    root.run(OURS)?;
    let ours = root.run(FILES)?;
    assert_ne!(root.cmd(BROKEN)?.status, 0);
    assert_eq!(root.run(FILES)?, ours);
    ours_is_there(&root)?;
    root.run("dpkg -r ipvsadm-rs")?;
    theirs_is_there(&root)
}

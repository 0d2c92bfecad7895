// SPDX-License-Identifier: MIT OR Apache-2.0
//! Building IPVS outside of the kernel's tree. Files that have not changed keep their times, so a
//! second build does only what is new.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::headers::Headers;
use crate::paths;

/// The module that the patches change.
pub const MODULE: &str = "ip_vs.ko";

/// Before all other directories: the distribution's headers have a `net/ip_vs.h` as well, and what
/// `ccflags-y` adds comes after it.
const INCLUDES: &str = "LINUXINCLUDE := -I$(src)/inc -I$(src)/inc/uapi $(LINUXINCLUDE)\n";

/// Warnings are errors, except for one of `W=1` that the unpatched sources of 6.1 and 6.12 have.
const WARNINGS: &str = "-Werror -Wno-error=unused-but-set-variable";

/// How the module is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// As the distribution does.
    Plain,
    /// With the messages of `CONFIG_IP_VS_DEBUG`.
    Debug,
}

impl Flavour {
    /// The name of the directory that it is built in.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "build",
            Self::Debug => "build-debug",
        }
    }

    /// The configuration is in the headers; a definition on the command line comes on top of it.
    fn defines(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Debug => " -DCONFIG_IP_VS_DEBUG=1",
        }
    }
}

/// Builds the sources below `tree` in `output`.
///
/// # Errors
/// A program is missing, or make fails; the end of its log is in the message.
pub fn build(headers: &Headers, tree: &Path, output: &Path, flavour: Flavour) -> Result<PathBuf> {
    copy(tree, output)?;
    let log = modules(headers, output, &format!("{WARNINGS}{}", flavour.defines()))?;
    ensure!(output.join(MODULE).exists(), "make built no {MODULE} ({})", log.display());
    Ok(output.to_owned())
}

/// Has the kernel's own makefiles build the modules in `directory`; returns where the log is.
///
/// # Errors
/// A program is missing, or make fails; the end of its log is in the message.
pub fn modules(headers: &Headers, directory: &Path, flags: &str) -> Result<PathBuf> {
    for program in ["make", "gcc", "perl"] {
        ensure!(paths::program(program).is_some(), "{program} not found: install {program}");
    }
    let log = directory.join("make.log");
    let mut make = Command::new("make");
    make.args(["-j2", "W=1", "CONFIG_DEBUG_INFO_BTF_MODULES=", "-C"]);
    make.arg(headers.directory()).arg(format!("M={}", directory.display()));
    make.arg(format!("KCFLAGS={flags}"));
    if let Some(compiler) = headers.compiler() {
        make.arg(format!("CC={}", compiler.display()));
    }
    make.arg("modules").stdin(Stdio::null());
    let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    make.stdout(file.try_clone()?).stderr(file);
    let status = make.status().context("cannot start make")?;
    if !status.success() {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let complaint: Vec<_> = text.lines().filter(|line| line.contains("rror")).take(8).collect();
        bail!("the module does not build ({}):\n{}", log.display(), complaint.join("\n"));
    }
    Ok(log)
}

/// Copies what has changed, and removes sources that are gone.
fn copy(tree: &Path, output: &Path) -> Result<()> {
    let ipvs = tree.join("net/netfilter/ipvs");
    fs::create_dir_all(output)?;
    for entry in fs::read_dir(output)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        let is_source = path.extension().is_some_and(|ext| ext == "c")
            && !name.to_string_lossy().ends_with(".mod.c");
        if is_source && !ipvs.join(name).exists() {
            fs::remove_file(&path)?;
        }
    }
    for entry in fs::read_dir(&ipvs).with_context(|| format!("cannot read {}", ipvs.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        let mut bytes = fs::read(&path)?;
        if name == "Makefile" {
            bytes.splice(0..0, INCLUDES.bytes());
        }
        update(&output.join(name), &bytes)?;
    }
    for name in ["net/ip_vs.h", "uapi/linux/ip_vs.h", "uapi/linux/ip_vs_ext.h"] {
        let (from, to) = (tree.join("include").join(name), output.join("inc").join(name));
        match fs::read(&from) {
            Ok(bytes) => update(&to, &bytes)?,
            Err(_) if to.exists() => fs::remove_file(&to)?,
            Err(_) => {}
        }
    }
    Ok(())
}

/// Writes a file unless it has this content.
///
/// # Errors
/// It can't be written.
pub fn update(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

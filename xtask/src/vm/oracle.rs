// SPDX-License-Identifier: MIT OR Apache-2.0
//! The C `ipvsadm`, compiled from the distribution's source with a library of our own in place of
//! the kernel (`vm-tests/oracle/`). It stays in the cache and is never installed.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::apt::Suite;
use super::cache::Cache;
use crate::{exec, paths};

/// The unpacked source, and libpopt to link it to.
const SOURCE: &str = "ipvsadm-1.31-source";

/// Functions of the C library that `machine.c` takes over.
const RENAMED: [&str; 7] = [
    "gethostbyname",
    "gethostbyaddr",
    "getservbyname",
    "getservbyport",
    "fopen",
    "fork",
    "waitpid",
];

/// The directory with the program and its two scripts; fetches and compiles what is missing.
///
/// # Errors
/// No network, no C compiler, or the source is not what it was.
pub fn directory() -> Result<PathBuf> {
    let cache = Cache::lock()?;
    if !cache.path(SOURCE).exists() {
        cache.create(SOURCE, fetch).context("cannot get the source of the C tool")?;
    }
    let stub = paths::repository().join("vm-tests/oracle");
    let name = format!("oracle-{:016x}", key(&stub)?);
    if !cache.path(&name).exists() {
        let source = cache.path(SOURCE);
        cache.create(&name, |partial| {
            compile(&source, &stub, partial).context("cannot compile the C tool")
        })?;
    }
    Ok(cache.path(&name))
}

/// Changes with everything that the program is made of.
fn key(stub: &Path) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    // This file says how it is compiled.
    include_str!("oracle.rs").hash(&mut hasher);
    for file in ["kernel.c", "record.c", "answers.c", "machine.c"] {
        let text = fs::read(stub.join(file)).with_context(|| format!("cannot read {file}"))?;
        text.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn fetch(partial: &Path) -> Result<()> {
    let suite = Suite::open_with_sources("bookworm", partial)?;
    suite.unpack_source("ipvsadm", &partial.join("ipvsadm"))?;
    suite.unpack(&["libpopt-dev".to_owned()], &partial.join("popt"))?;
    suite.close()?;
    raise_weight_limit(&partial.join("ipvsadm/ipvsadm.c"))
}

/// The one patch of the distribution that changes behaviour: weights up to 2147483647. The patches
/// are in an archive that not every mirror has.
fn raise_weight_limit(file: &Path) -> Result<()> {
    // Comments have names in Latin-1, on which nothing depends.
    let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
    let at = text.find("illegal weight specified").context("the source checks no weight")?;
    let limit = text[..at].rfind("65535").context("the source has no limit for weights")?;
    ensure!(text[limit..at].lines().count() <= 2, "the limit of weights is not where it was");
    let raised = [&text[..limit], "2147483647", &text[limit + "65535".len()..]].concat();
    fs::write(file, raised).context("cannot change the source")
}

fn compile(source: &Path, stub: &Path, out: &Path) -> Result<()> {
    let (tree, popt) = (source.join("ipvsadm"), source.join("popt/usr"));
    let text = |name: &str| -> Result<String> {
        let text = fs::read_to_string(tree.join(name));
        Ok(text.with_context(|| format!("the source has no {name}"))?.trim().to_owned())
    };
    let mut tool = Command::new("cc");
    // Warnings are about code that is not ours.
    tool.args(["-std=gnu11", "-O1", "-w", "-static", "-D_GNU_SOURCE"]);
    tool.arg(format!("-DVERSION=\"{}\"", text("VERSION")?));
    tool.arg(format!("-DSCHEDULERS=\"{}\"", text("SCHEDULERS")?));
    tool.arg(format!("-DPE_LIST=\"{}\"", text("PERSISTENCE_ENGINES")?));
    for directory in [&tree, &tree.join("libipvs"), &popt.join("include")] {
        tool.arg("-I").arg(directory);
    }
    // Only the C tool's own files call the functions of `machine.c`.
    let mut objects = Vec::new();
    for file in ["ipvsadm.c", "config_stream.c", "dynamic_array.c"] {
        let object = out.join(file).with_extension("o");
        let mut compiler = clone(&tool);
        compiler.args(RENAMED.map(|name| format!("-D{name}=oracle_{name}")));
        exec::run(compiler.arg("-c").arg(tree.join(file)).arg("-o").arg(&object))?;
        objects.push(object);
    }
    tool.args(&objects).args(["kernel.c", "machine.c"].map(|file| stub.join(file)));
    tool.arg(popt.join("lib/x86_64-linux-gnu/libpopt.a"));
    exec::run(tool.arg("-o").arg(out.join("ipvsadm")))?;
    for object in objects {
        fs::remove_file(object)?;
    }
    for script in ["ipvsadm-save", "ipvsadm-restore"] {
        fs::copy(tree.join(script), out.join(script)).context("the source lacks a script")?;
    }
    Ok(())
}

fn clone(command: &Command) -> Command {
    let mut same = Command::new(command.get_program());
    same.args(command.get_args());
    same
}

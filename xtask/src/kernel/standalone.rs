// SPDX-License-Identifier: MIT OR Apache-2.0
//! The modules of `kernel-patches/modules`, which need no patched kernel, for the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::headers::Headers;
use super::source::Source;
use super::{make, style};
use crate::vm::kernel::Kernel;
use crate::{exec, paths};

/// Warnings are errors, those of `W=1` as well.
const FLAGS: &str = "-Werror";
/// A module for several kernels has to ask which one it is built for, and can't have what only newer
/// ones have: sysctl functions that take constant tables, `kzalloc_obj`.
const STYLE: [&str; 3] =
    ["--ignore", "LINUX_VERSION_CODE,CONSTANT_COMPARISON,CONST_STRUCT,ALLOC_WITH_SIZEOF", "--file"];

/// Builds the modules for a kernel, as far as something has changed, and returns where they are.
///
/// # Errors
/// The headers can't be fetched, or a module does not build.
pub fn modules(kernel: &'static Kernel) -> Result<PathBuf> {
    let headers = Headers::get(kernel)?;
    let output = paths::modules(&headers.release);
    for directory in sources()? {
        let name = directory.file_name().unwrap_or_default().display().to_string();
        one(&headers, &directory, &output, &name)
            .with_context(|| format!("module {name} for kernel {}", headers.release))?;
    }
    Ok(output)
}

/// The directories of the modules.
fn sources() -> Result<Vec<PathBuf>> {
    let root = paths::repository().join("kernel-patches/modules");
    let entries = fs::read_dir(&root).with_context(|| format!("cannot read {}", root.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.join("Kbuild").exists()).collect())
}

fn one(headers: &Headers, directory: &Path, output: &Path, name: &str) -> Result<()> {
    let work = output.join("build").join(name);
    let module = output.join(format!("{name}.ko"));
    if !changed(directory, &work)? && module.exists() {
        return Ok(());
    }
    // Should this fail, nothing is there that looks like its result.
    match fs::remove_file(&module) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", module.display()));
        }
        _ => {}
    }
    make::modules(headers, &work, FLAGS)?;
    // Debugging data is most of a module, and slow to load in a guest.
    let mut strip = Command::new("strip");
    strip.arg("--strip-debug").arg(work.join(format!("{name}.ko"))).arg("-o").arg(module);
    exec::run(&mut strip)
}

/// Copies the sources, links followed; whether there was something to copy.
fn changed(directory: &Path, work: &Path) -> Result<bool> {
    let mut changed = false;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let (bytes, copy) = (fs::read(&path)?, work.join(path.file_name().unwrap_or_default()));
        if fs::read(&copy).ok().as_deref() != Some(&bytes) {
            make::update(&copy, &bytes)?;
            changed = true;
        }
    }
    Ok(changed)
}

/// The kernel's style check on every file of the modules; returns how many modules there are.
///
/// # Errors
/// The check has remarks, which are in the message.
pub fn styles(source: &Source) -> Result<u64> {
    let mut count = 0;
    for directory in sources()? {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "c" || extension == "h") {
                style::check(source, &STYLE, &path)?;
            }
        }
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_changed_is_copied() {
        let root = std::env::temp_dir().join(format!("xtask-modules-{}", std::process::id()));
        let (sources, work) = (root.join("sources"), root.join("work"));
        fs::create_dir_all(&sources).unwrap();
        fs::write(sources.join("a.c"), "one").unwrap();
        assert!(changed(&sources, &work).unwrap());
        assert!(!changed(&sources, &work).unwrap());
        fs::write(sources.join("a.c"), "two").unwrap();
        fs::write(sources.join("b.h"), "").unwrap();
        assert!(changed(&sources, &work).unwrap());
        assert!(!changed(&sources, &work).unwrap());
        assert_eq!(fs::read(work.join("a.c")).unwrap(), b"two");
        fs::remove_dir_all(root).unwrap();
    }
}

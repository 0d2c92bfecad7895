// SPDX-License-Identifier: MIT OR Apache-2.0
//! Headers of a newer release of the distribution than this machine's: their programs need a newer
//! C library, which is put beside them, and a newer compiler, whose one new option is translated.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::vm::apt::Suite;

/// The suite whose C library runs the programs of our newest headers.
const SUITE: &str = "trixie";
/// The headers' own programs that run while a module is built.
const PROGRAMS: [&str; 2] = ["tools/objtool/objtool.real-x86", "scripts/mod/modpost.real-lsb-64"];

/// Stands for the compiler of newer headers.
///
/// An older compiler knows the option under another name; both align the functions.
const COMPILER: &str = r#"#!/bin/bash
for argument; do
    shift
    set -- "$@" "${argument/#-fmin-function-alignment=/-falign-functions=}"
done
exec gcc "$@"
"#;

/// Where the compiler's stand-in is, if there is one.
pub fn compiler(root: &Path) -> PathBuf {
    root.join("gcc")
}

/// Makes the headers usable here, if they are not.
pub fn fit(root: &Path, headers: &Path) -> Result<()> {
    if !headers.join(PROGRAMS[0]).exists() || runs(&headers.join(PROGRAMS[0]))? {
        return Ok(());
    }
    eprintln!("these headers need a newer C library: taking that of {SUITE} for their programs");
    let suite = Suite::open(SUITE, root)?;
    suite.unpack(&["libc6"], &root.join("libc"))?;
    suite.close()?;
    for program in PROGRAMS {
        wrap(&fs::canonicalize(headers.join(program))?)?;
    }
    let compiler = compiler(root);
    fs::write(&compiler, COMPILER)?;
    executable(&compiler)
}

/// Whether the dynamic linker takes a program.
fn runs(program: &Path) -> Result<bool> {
    let output = Command::new(program).arg("--help").output();
    let output = output.with_context(|| format!("cannot start {}", program.display()))?;
    Ok(!String::from_utf8_lossy(&output.stderr).contains("`GLIBC_"))
}

/// Puts a script in a program's place that runs it with the C library in `libc`, which is found
/// from the script's own place: the directory is going to be moved.
fn wrap(program: &Path) -> Result<()> {
    let real = program.with_extension("elf");
    fs::rename(program, &real)?;
    let name = real.file_name().unwrap_or_default().display().to_string();
    let script = format!(
        "#!/bin/bash\n\
         here=$(dirname \"$(readlink -f \"$0\")\")\n\
         libc=${{here%/usr/lib/linux-kbuild*}}/libc/usr/lib/x86_64-linux-gnu\n\
         exec \"$libc/ld-linux-x86-64.so.2\" --library-path \"$libc:/usr/lib/x86_64-linux-gnu\" \\\n    \
         \"$here/{name}\" \"$@\"\n"
    );
    fs::write(program, script)?;
    executable(program)
}

fn executable(path: &Path) -> Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", path.display()))
}

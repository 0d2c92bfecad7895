// SPDX-License-Identifier: MIT OR Apache-2.0
//! Settings in a file: `{"schema": 1, "sysctls": {"net.ipv4.vs.conntrack": 0, …}}`, and
//! `ipvsadm sysctl save`, which writes one.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use ipvs_proc::sysctl::{Snapshot, Sysctls};
use serde::Deserialize;
use serde_json::json;

use crate::legacy::streams::Io;
use crate::modern::failure::Failure;
use crate::modern::{Outcome, print};
use crate::output::json;

/// Write all settings to a file, as JSON
#[derive(Debug, Args)]
pub(super) struct Save {
    /// The file; standard output, if none is given
    file: Option<String>,
}

impl Save {
    pub(super) fn run(self, sysctls: &Sysctls, io: &mut Io<'_>) -> Outcome {
        let text = json::document("sysctls", json!(sysctls.snapshot()?));
        match self.file {
            None => print(io, &text),
            Some(file) => match write(Path::new(&file), text.as_bytes()) {
                Ok(()) => Ok(0),
                Err(error) => Err(Failure::file(&file, &error)),
            },
        }
    }
}

/// Writes a file that takes the place of an older one as a whole, and is on disk then. A device or a pipe is
/// written to.
fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    // Who named a link meant the file.
    let path = fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
    let permissions = match fs::metadata(&path) {
        Ok(older) if !older.is_file() => return fs::write(&path, text),
        Ok(older) => older.permissions(),
        Err(_) => Permissions::from_mode(0o666),
    };
    let directory = path.parent().filter(|parent| *parent != Path::new(""));
    let directory = directory.unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().permissions(permissions).tempfile_in(directory)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

/// Read first, by itself: another version's document may be anything.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

#[derive(Deserialize)]
struct Document {
    sysctls: Snapshot,
}

/// Reads a file that [`Save`] wrote, perhaps edited since; `-` is standard input.
pub(super) fn read(file: &str, io: &mut Io<'_>) -> Result<Snapshot, Failure> {
    let mut bytes = Vec::new();
    let read = match file {
        "-" => io.stdin.read_to_end(&mut bytes).map(|_| bytes),
        _ => fs::read(file),
    };
    let bytes = read.map_err(|error| Failure::file(file, &error))?;
    let malformed =
        |error| Failure::refused(format!("{file}: not what `ipvsadm sysctl save` writes: {error}"));
    let Version { schema } = serde_json::from_slice(&bytes).map_err(malformed)?;
    if schema != json::SCHEMA {
        let known = json::SCHEMA;
        return Err(Failure::refused(format!(
            "{file}: schema {schema}, but this version reads {known}: save it anew with this version"
        )));
    }
    let Document { sysctls } = serde_json::from_slice(&bytes).map_err(malformed)?;
    Ok(sysctls)
}

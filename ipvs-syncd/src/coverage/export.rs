// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lists of connections from other machines: `ipvsadm proc conns --json`, or copies of the files.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

use ipvs_proc::{BadLines, Connection, Connections, Layout};
use serde::Deserialize;

use super::CoverageError;

/// The version that is read.
const SCHEMA: u32 = 1;

#[derive(Deserialize)]
struct Export {
    schema: u32,
    connections: Vec<Connection<'static>>,
}

/// Hands each connection of the file to `each`. Returns how many lines could not be read.
pub(super) fn visit(
    path: &Path,
    mut each: impl FnMut(&Connection<'_>),
) -> Result<u64, CoverageError> {
    let io = |source| CoverageError::File { path: path.into(), source };
    let mut file = BufReader::new(File::open(path).map_err(io)?);
    if file.fill_buf().map_err(io)?.first() != Some(&b'{') {
        let text = file.fill_buf().map_err(io)?;
        let heading = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let sync = heading.windows(6).any(|word| word == b"Origin");
        let layout = if sync { Layout::Sync } else { Layout::Plain };
        return lines(Connections::new(file, layout), each);
    }
    let json = |source| CoverageError::Export { path: path.into(), source };
    let export: Export = serde_json::from_reader(file).map_err(json)?;
    if export.schema != SCHEMA {
        let (path, found, known) = (path.into(), export.schema, SCHEMA);
        return Err(CoverageError::Schema { path, found, known });
    }
    export.connections.iter().for_each(&mut each);
    Ok(0)
}

/// The same of the kernel's lines.
pub(super) fn lines(
    connections: Connections<impl Read>,
    mut each: impl FnMut(&Connection<'_>),
) -> Result<u64, CoverageError> {
    let mut connections = connections.bad_lines(BadLines::Skip);
    let _ = connections.visit(|connection| {
        each(connection);
        ControlFlow::<()>::Continue(())
    })?;
    Ok(connections.skipped().count)
}

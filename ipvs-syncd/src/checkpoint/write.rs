// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writing a checkpoint.

use std::borrow::Cow;
use std::io::{self, Write};

use super::form::{Heading, Line};
use crate::Connection;

/// Writes a checkpoint, connection by connection.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    connections: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the heading.
    ///
    /// # Errors
    /// What `out` returns.
    pub fn new(out: W, heading: Heading) -> io::Result<Self> {
        let mut writer = Self { out, connections: 0 };
        writer.line(&Line::Checkpoint(heading))?;
        Ok(writer)
    }

    /// Writes a connection or template.
    ///
    /// # Errors
    /// What `out` returns.
    pub fn push(&mut self, connection: &Connection<'_>) -> io::Result<()> {
        self.connections += 1;
        self.line(&Line::Connection(Cow::Borrowed(connection)))
    }

    /// Writes the end; what was written to goes back.
    ///
    /// # Errors
    /// What `out` returns.
    pub fn finish(mut self) -> io::Result<W> {
        self.line(&Line::End { connections: self.connections })?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }
}

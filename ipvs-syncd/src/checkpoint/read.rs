// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading a checkpoint.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::form::{Heading, Line, SCHEMA};
use super::{Checkpoint, CheckpointError};
use crate::{Connection, Encoder, Version};

impl Checkpoint {
    /// Reads and checks a file as a whole. It takes some 350 bytes of memory per connection.
    ///
    /// # Errors
    /// With line and column of the first thing that is wrong.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let file = File::open(path).map_err(CheckpointError::Open)?;
        Self::parse(BufReader::new(file))
    }

    /// The same of anything else.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub fn parse(input: impl BufRead) -> Result<Self, CheckpointError> {
        let mut lines = Lines { input, text: String::new(), number: 0 };
        let heading = match lines.next()? {
            Line::Checkpoint(heading) if heading.schema == SCHEMA => heading,
            Line::Checkpoint(Heading { schema, .. }) => {
                return Err(lines.wrong(format!(
                    "a checkpoint of version {schema}; this program reads version {SCHEMA}"
                )));
            }
            _ => return Err(lines.wrong("expected the heading of a checkpoint")),
        };
        let mut connections = Vec::new();
        loop {
            match lines.next()? {
                Line::Connection(connection) => {
                    let connection = connection.into_owned().into_owned();
                    sayable(&connection).map_err(|text| lines.wrong(text))?;
                    connections.push(connection);
                }
                Line::End { connections: said } if said == connections.len() as u64 => break,
                Line::End { connections: said } => {
                    return Err(lines.wrong(format!(
                        "{said} connections should be there, not {}; is the copy complete?",
                        connections.len()
                    )));
                }
                Line::Checkpoint(_) => return Err(lines.wrong("a second heading")),
            }
        }
        lines.end()?;
        Ok(Self { heading, connections })
    }
}

struct Lines<R> {
    input: R,
    text: String,
    /// Of the line that was read last, from 1.
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Line<'static>, CheckpointError> {
        self.number += 1;
        let line = self.number;
        self.text.clear();
        match self.input.read_line(&mut self.text) {
            Err(source) => return Err(CheckpointError::Read { line, source }),
            Ok(0) => return Err(CheckpointError::CutOff { line }),
            Ok(_) => {}
        }
        serde_json::from_str(&self.text).map_err(|error| {
            // The parser counts lines within the line.
            let (text, column) = (error.to_string(), error.column());
            let place = format!(" at line {} column {column}", error.line());
            let text = text.strip_suffix(&place).unwrap_or(&text).to_owned();
            CheckpointError::Form { line, column, text }
        })
    }

    fn end(&mut self) -> Result<(), CheckpointError> {
        self.number += 1;
        let line = self.number;
        match self.input.fill_buf() {
            Ok([]) => Ok(()),
            Ok(_) => Err(self.wrong("something after the end")),
            Err(source) => Err(CheckpointError::Read { line, source }),
        }
    }

    fn wrong(&self, text: impl Into<String>) -> CheckpointError {
        CheckpointError::Content { line: self.number, text: text.into() }
    }
}

/// Whether a message can say it.
fn sayable(connection: &Connection<'_>) -> Result<(), String> {
    let pushed = Encoder::new(Version::V1, 0).push(connection);
    pushed.map(drop).map_err(|error| error.to_string())
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The form of a checkpoint: JSON lines, first a heading, then a connection each, then the end.
//!
//! ```json
//! {"checkpoint":{"schema":1,"time":1760000000.5,"kernel":"6.12.95","services":{…}}}
//! {"connection":{"protocol":"tcp","client":"10.0.0.1:40000",…,"timeout_seconds":899,…}}
//! {"end":{"connections":1}}
//! ```

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use ipvs_syncd::{Connection, Encoder, Version};
use serde::{Deserialize, Serialize};

use crate::program::failure::Failure;

/// The version of the form. It grows when an older program would misread it.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<'l> {
    Checkpoint(Heading),
    Connection(Cow<'l, Connection<'l>>),
    End { connections: u64 },
}

/// What stands at the beginning.
#[derive(Serialize, Deserialize)]
pub(super) struct Heading {
    schema: u32,
    /// When it was taken, in seconds since the Unix epoch.
    time: f64,
    /// The kernel's release.
    pub(super) kernel: Option<String>,
    /// The services, for people.
    services: serde_json::Value,
}

impl Heading {
    /// That of a checkpoint taken at `time`.
    pub(super) fn new(
        time: SystemTime,
        kernel: Option<String>,
        services: serde_json::Value,
    ) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { schema: SCHEMA, time: since.as_secs_f64(), kernel, services }
    }

    /// How long ago it was taken; nothing if the clock was set back since.
    pub(super) fn age(&self, now: SystemTime) -> Duration {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Duration::try_from_secs_f64(now.as_secs_f64() - self.time).unwrap_or_default()
    }
}

/// Writes a checkpoint.
pub(super) struct Writer<W> {
    out: W,
    connections: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the heading.
    pub(super) fn new(out: W, heading: Heading) -> std::io::Result<Self> {
        let mut writer = Self { out, connections: 0 };
        writer.line(&Line::Checkpoint(heading))?;
        Ok(writer)
    }

    pub(super) fn push(&mut self, connection: &Connection<'_>) -> std::io::Result<()> {
        self.connections += 1;
        self.line(&Line::Connection(Cow::Borrowed(connection)))
    }

    /// Writes the end; what was written goes back.
    pub(super) fn finish(mut self) -> std::io::Result<W> {
        self.line(&Line::End { connections: self.connections })?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn line(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }
}

/// Reads and checks a checkpoint as a whole.
///
/// # Errors
/// With file, line and column of the first thing that is wrong.
pub(super) fn read(path: &Path) -> Result<(Heading, Vec<Connection<'static>>), Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    parse(BufReader::new(file)).map_err(|failure| failure.of(path))
}

fn parse(mut input: impl BufRead) -> Result<(Heading, Vec<Connection<'static>>), Failure> {
    let mut text = String::new();
    let mut number = 0u64;
    let mut next = |number: &mut u64| {
        *number += 1;
        text.clear();
        let read = input.read_line(&mut text);
        let read = read.map_err(|error| Failure::failed(format!("line {number}: {error}")))?;
        if read == 0 {
            return Err(Failure::failed(format!(
                "line {number}: the file ends without its last line; is the copy complete?"
            )));
        }
        let line = serde_json::from_str::<Line<'static>>(&text);
        line.map_err(|error| Failure::failed(json_error(*number, &error)))
    };
    let heading = match next(&mut number)? {
        Line::Checkpoint(heading) if heading.schema == SCHEMA => heading,
        Line::Checkpoint(Heading { schema, .. }) => {
            return Err(Failure::failed(format!(
                "line 1: a checkpoint of version {schema}; this program reads version {SCHEMA}"
            )));
        }
        _ => return Err(Failure::failed("line 1: expected the heading of a checkpoint")),
    };
    let mut connections = Vec::new();
    loop {
        match next(&mut number)? {
            Line::Connection(connection) => {
                let connection = connection.into_owned().into_owned();
                sayable(&connection)
                    .map_err(|text| Failure::failed(format!("line {number}: {text}")))?;
                connections.push(connection);
            }
            Line::End { connections: said } if said == connections.len() as u64 => break,
            Line::End { connections: said } => {
                return Err(Failure::failed(format!(
                    "line {number}: {said} connections should be there, not {}; is the copy \
                     complete?",
                    connections.len()
                )));
            }
            Line::Checkpoint(_) => {
                return Err(Failure::failed(format!("line {number}: a second heading")));
            }
        }
    }
    match input.fill_buf() {
        Ok([]) => Ok((heading, connections)),
        Ok(_) => Err(Failure::failed(format!("line {}: something after the end", number + 1))),
        Err(error) => Err(Failure::failed(format!("line {}: {error}", number + 1))),
    }
}

/// Whether a message can say it.
fn sayable(connection: &Connection<'_>) -> Result<(), String> {
    let pushed = Encoder::new(Version::V1, 0).push(connection);
    pushed.map(drop).map_err(|error| error.to_string())
}

/// `line 3, column 17: unknown field …`: the parser counts lines within the line.
fn json_error(line: u64, error: &serde_json::Error) -> String {
    let (text, column) = (error.to_string(), error.column());
    let place = format!(" at line {} column {column}", error.line());
    format!("line {line}, column {column}: {}", text.strip_suffix(&place).unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use ipvs_types::Protocol;
    use serde_json::json;

    use super::*;

    fn connections() -> Vec<Connection<'static>> {
        let end = |text: &str| text.parse().expect("an address");
        let connection = |port| {
            let client = format!("10.0.0.1:{port}");
            let [service, dest] = ["192.0.2.1:80", "10.1.0.2:80"].map(end);
            Connection::new(Protocol::TCP, end(&client), service, dest)
                .expect("one family")
                .state(1)
                .timeout(Duration::from_secs(900))
        };
        vec![connection(1), connection(2).engine(&b"sip"[..], &b"\xff\n"[..])]
    }

    fn written() -> String {
        let heading = Heading::new(SystemTime::now(), Some("6.12".to_owned()), json!([]));
        let mut writer = Writer::new(Vec::new(), heading).expect("memory");
        for connection in connections() {
            writer.push(&connection).expect("memory");
        }
        String::from_utf8(writer.finish().expect("memory")).expect("text")
    }

    fn error(text: &str) -> String {
        parse(text.as_bytes()).map(drop).expect_err("it is bad").text
    }

    #[test]
    fn what_is_written_is_read() {
        let (heading, read) = parse(written().as_bytes()).expect("readable");
        assert_eq!((heading.kernel.as_deref(), read), (Some("6.12"), connections()));
    }

    #[test]
    fn errors_name_the_place() {
        let good = written();
        assert_eq!(error(""), "line 1: the file ends without its last line; is the copy complete?");
        assert_eq!(
            error(&good.replace("{\"schema\":1", "{\"schema\":2")),
            "line 1: a checkpoint of version 2; this program reads version 1"
        );
        let without_end = &good[..good.find("{\"end\"").expect("an end")];
        assert!(error(without_end).starts_with("line 4: the file ends without its last line"));
        assert_eq!(
            error(&good.replace("{\"connections\":2}", "{\"connections\":3}")),
            "line 4: 3 connections should be there, not 2; is the copy complete?"
        );
        let bad = error(&good.replace("10.0.0.1:2\"", "10.0.0.1\""));
        assert!(bad.starts_with("line 3, column "), "{bad}");
        assert!(!bad.contains(" at line "), "{bad}");
        assert_eq!(error(&format!("{good}x")), "line 5: something after the end");
        let long = good.replace(":900,", ":4294967296,");
        assert!(error(&long).starts_with("line 2: a timeout of"), "{}", error(&long));
    }
}

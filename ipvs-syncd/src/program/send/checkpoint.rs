// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd send checkpoint`: the connections of the director, into a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use ipvs_syncd::Connection;
use ipvs_syncd::checkpoint::{Heading, Writer};
use ipvs_syncd::table::Conversion;
use tempfile::NamedTempFile;

use super::director::Place;
use super::selection::Selection;
use super::tally::Taken;
use crate::program::Outcome;
use crate::program::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  ipvs-syncd send checkpoint conns.json
  ipvsadm -S --full > rules     # the services are saved apart
  … reboot, kexec or another machine, then `ipvsadm -R < rules` …
  ipvs-syncd send replay conns.json --local

The file holds one JSON object per line: a heading with schema (1), time, kernel and services, then a
connection each, with the seconds that it had left at that time, and an end that counts them. It is for
root only (mode 0600), replaces an older one as a whole, and is on disk when the program ends.

Kernels before 7.1 leave connections out of a listing while others come and go: there it is read at least
three times, which takes some 150 bytes of memory per connection.

Exit status: 0 written; 1 failed; 2 not understood.";

/// Write the connections and templates into a file, to be replayed
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Checkpoint {
    /// The file
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    selection: Selection,
}

impl Checkpoint {
    /// Carries it out.
    pub(super) fn run(self, out: &mut dyn Write) -> Outcome {
        let director = self.place.director()?;
        let failed = |error: std::io::Error| Failure::file(&self.file, &error);
        let directory = match self.file.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        // Made with mode 0600, and removed unless it gets its name.
        let file = NamedTempFile::new_in(directory).map_err(failed)?;
        let (kernel, services) = self.place.description()?;
        let (time, start) = (SystemTime::now(), Instant::now());
        let heading = Heading::new(time, kernel, services);
        let mut writer = Writer::new(BufWriter::new(file), heading).map_err(failed)?;
        let conversion = Conversion::new(&director.directory);
        let selected = self.selection.filter()?;
        let tally = self.place.gather(&selected, &conversion, |connection| {
            let connection = backdated(connection, start.elapsed());
            writer.push(&connection).map(|()| Taken::New).map_err(failed)
        })?;
        let file = writer.finish().map_err(failed)?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&self.file).map_err(|error| failed(error.error))?;
        // The name is on disk only when the directory is.
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
        let written = match self.json {
            true => serde_json::to_writer(&mut *out, &tally).map_err(std::io::Error::from),
            false => write!(out, "{}: {tally}", self.file.display()),
        };
        written.and_then(|()| out.write_all(b"\n")).map_err(Failure::output)?;
        Ok(0)
    }
}

/// The connection with what it had left `elapsed` before it was listed: a replay subtracts all the time
/// since the heading. Rounded up, so that nothing gets less than it had.
fn backdated<'c>(connection: &Connection<'c>, elapsed: Duration) -> Connection<'c> {
    let seconds = elapsed.as_secs() + u64::from(elapsed.subsec_nanos() > 0);
    // More than that can't be sent.
    let most = Duration::from_secs(u32::MAX.into());
    let timeout = connection.timeout.saturating_add(Duration::from_secs(seconds)).min(most);
    connection.clone().timeout(timeout)
}

#[cfg(test)]
mod tests {
    use ipvs_types::Protocol;

    use super::*;

    #[test]
    fn nothing_gets_less_than_it_had() {
        let ends = ["10.0.0.1:9", "192.0.2.1:80", "10.1.0.2:80"];
        let [client, service, dest] = ends.map(|end| end.parse().expect("an address"));
        let connection = Connection::new(Protocol::TCP, client, service, dest).expect("one family");
        let seconds = |left, millis| {
            let connection = connection.clone().timeout(Duration::from_secs(left));
            backdated(&connection, Duration::from_millis(millis)).timeout.as_secs()
        };
        assert_eq!((seconds(100, 0), seconds(100, 1), seconds(100, 2000)), (100, 101, 102));
        let most = u64::from(u32::MAX);
        assert_eq!((seconds(most, 1), seconds(0, 1)), (most, 1));
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Comparing the tables of master and backup, on a thread of its own: it takes its time.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use std::{fmt, thread};

use ipvs_syncd::coverage::{Coverage, Source, Tables};
use tracing::{info, warn};

use super::config::Textual;

/// Where the tables of a director are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In the kernel, in the namespace of the service.
    Here,
    /// In a directory like `/proc`, or in an exported file.
    Path(PathBuf),
}

impl Textual for Place {
    const EXPECTED: &'static str = "`here`, or the absolute path of a directory or a file";
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "here" => Ok(Self::Here),
            path if Path::new(path).is_absolute() => Ok(Self::Path(path.into())),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here => f.write_str("here"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

impl Place {
    /// What is there may change between two comparisons.
    fn source(&self) -> Source {
        match self {
            Self::Here => Source::Here,
            Self::Path(path) if path.is_dir() => Source::Root(path.clone()),
            Self::Path(path) => Source::File(path.clone()),
        }
    }
}

/// What a comparison found.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    /// When it began, since the Unix epoch.
    pub(super) at: Duration,
    /// `None` if the tables can't be read.
    pub(super) coverage: Option<Coverage>,
}

/// The latest comparison; none before the first is done.
#[derive(Debug, Clone, Default)]
pub(super) struct Latest(Arc<Mutex<Option<Arc<Compared>>>>);

impl Latest {
    pub(super) fn get(&self) -> Option<Arc<Compared>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, compared: Compared) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(compared));
    }
}

/// Compares again and again, as long as the process lasts.
pub(super) fn start(master: Place, backup: Place, interval: Duration) -> io::Result<Latest> {
    let latest = Latest::default();
    let shown = latest.clone();
    let comparing = move || {
        let mut readable = true;
        loop {
            let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let tables = Tables::read(&master.source(), &backup.source());
            match &tables {
                Err(error) if readable => warn!("coverage: {error}"),
                Ok(_) if !readable => info!("coverage: the tables can be read again"),
                _ => {}
            }
            readable = tables.is_ok();
            shown.put(Compared { at, coverage: tables.ok().map(|tables| tables.compare(None)) });
            thread::sleep(interval);
        }
    };
    thread::Builder::new().name("coverage".to_owned()).spawn(comparing)?;
    Ok(latest)
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The file `/proc/net/ip_vs_app`.

use ipvs_types::Protocol;
use nom::combinator::{map, verify};
use serde::{Deserialize, Serialize};

use crate::document::{Document, Fault, Lines};
use crate::grammar::{end, field, finish, next, number, protocol, word};
use crate::{LineError, ProcFile};

/// The application helpers, one entry per helper and port.
///
/// ```
/// use ipvs_proc::{Apps, Document as _};
/// let text = "prot port    usecnt name\nTCP  21      0      ftp              \n";
/// let apps = Apps::parse(text)?.apps;
/// assert_eq!((apps[0].name.as_str(), apps[0].port, apps[0].users), ("ftp", 21, 0));
/// # Ok::<(), ipvs_proc::LineError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Apps {
    /// The helpers, in the kernel's order.
    pub apps: Vec<App>,
}

/// A helper, which looks into connections of one port: `ftp` for the passive mode of FTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// The transport protocol.
    pub protocol: Protocol,
    /// The virtual port. This file alone shows ports in decimal digits.
    pub port: u16,
    /// How many connections use it.
    pub users: i32,
    /// Its name.
    pub name: String,
}

impl Document for Apps {
    const FILE: ProcFile = ProcFile::Apps;

    fn read(lines: &mut Lines<'_>) -> Result<Self, LineError> {
        lines.heading("prot port usecnt name")?;
        let mut apps = Vec::new();
        lines.each(|line| {
            apps.push(app(line)?);
            Ok(())
        })?;
        Ok(Self { apps })
    }
}

fn app(line: &str) -> Result<App, Fault<'_>> {
    let (rest, protocol) = finish(field("a protocol", protocol)(line))?;
    let (rest, port) = finish(next("a port", number)(rest))?;
    let (rest, users) = finish(next("a number of users", number)(rest))?;
    let name = map(verify(word, |name: &str| !name.is_empty()), str::to_owned);
    let (rest, name) = finish(next("a name", name)(rest))?;
    end(rest, App { protocol, port, users, name })
}

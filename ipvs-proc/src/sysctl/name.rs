// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names of sysctls and the files they stand for.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::description::Description;
use super::error::Error;
use super::{ca, vs};

/// A directory whose sysctls can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    /// Where its names start.
    pub(super) prefix: &'static str,
    /// The module that makes the directory.
    pub(super) module: &'static str,
    /// What is known in it.
    pub(super) known: &'static [Description],
}

/// All such directories.
pub(super) const AREAS: [Area; 2] = [
    Area { prefix: "net.ipv4.vs.", module: "ip_vs", known: vs::SYSCTLS },
    Area { prefix: "net.ca.", module: "ip_vs_ca", known: ca::SYSCTLS },
];

/// The name of a sysctl as sysctl(8) writes it: `net.ipv4.vs.drop_entry`, `net.ca.trusted`.
///
/// Reading a name (`parse`) also takes the short forms `drop_entry` and `ca.trusted`. It need not be
/// one that this library knows: newer kernels have more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Name(String);

impl Name {
    /// A complete name that is known to be one.
    pub(super) fn full(name: String) -> Self {
        Self(name)
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is known about it.
    pub fn description(&self) -> Option<&'static Description> {
        self.area()?.known.iter().find(|known| known.name == self.0)
    }

    /// The directory that it is in, unless that is read only to this library.
    pub(super) fn area(&self) -> Option<&'static Area> {
        AREAS.iter().find(|area| self.0.starts_with(area.prefix))
    }

    /// The file, below `/proc/sys`. A dot in the name of an interface is a slash in the name.
    pub(super) fn path(&self) -> PathBuf {
        let swap = |letter| match letter {
            '.' => '/',
            '/' => '.',
            other => other,
        };
        self.0.chars().map(swap).collect::<String>().into()
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let [vs, ca] = AREAS;
        let (area, last) = match text {
            _ if text.starts_with(vs.prefix) => (vs, &text[vs.prefix.len()..]),
            _ if text.starts_with(ca.prefix) => (ca, &text[ca.prefix.len()..]),
            _ => match text.strip_prefix("ca.") {
                Some(last) => (ca, last),
                None => (vs, text),
            },
        };
        // Nothing that leads out of the directory.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match !last.is_empty() && last.chars().all(is_plain) {
            true => Ok(Self([area.prefix, last].concat())),
            false => Err(Error::Unknown { name: text.to_owned() }),
        }
    }
}

impl TryFrom<String> for Name {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

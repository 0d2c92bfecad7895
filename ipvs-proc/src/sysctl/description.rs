// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is known about a sysctl.

use std::fmt;

use super::error::Error;
use super::kind::Kind;
use super::name::Name;
use super::value::Value;

/// What is known about one sysctl, or with a `*` in the name, about one of each interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// The name as sysctl(8) writes it: `net.ipv4.vs.drop_entry`.
    pub name: &'static str,
    /// Its type and the accepted values.
    pub kind: Kind,
    /// What a number counts, if it counts something.
    pub unit: Option<&'static str>,
    /// What it holds in a new network namespace.
    pub default: Preset,
    /// What it does, in a few words.
    pub meaning: &'static str,
    /// Where it exists.
    pub exists: Exists,
}

/// What a sysctl holds in a new network namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Always this.
    Fixed(&'static str),
    /// One value in the machine's first namespace, another in all others.
    Namespaces {
        /// In the first.
        first: &'static str,
        /// In the others.
        others: &'static str,
    },
    /// It depends on the machine or on other settings; in words, on what.
    Varies(&'static str),
}

/// Where a sysctl exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exists {
    /// In every kernel from 6.1 on that has its part of IPVS.
    Always,
    /// From this kernel on: major and minor number.
    Since(u16, u16),
    /// When this holds: a remedy for those who miss it.
    When(&'static str),
}

impl Description {
    /// Reads a value that is to be set: what the kernel would refuse or take for something else is
    /// an error.
    ///
    /// ```
    /// use ipvs_proc::sysctl::{self, Value};
    /// let period = sysctl::describe("sync_refresh_period").unwrap();
    /// assert_eq!(period.parse("10").unwrap(), Value::Integer(10));
    /// assert_eq!(
    ///     period.parse("-1").unwrap_err().to_string(),
    ///     "net.ipv4.vs.sync_refresh_period: `-1` is not accepted: give a whole number from 0 to \
    ///      21474836 (seconds)"
    /// );
    /// ```
    ///
    /// # Errors
    /// [`Error::Value`] with the accepted values and the unit.
    pub fn parse(&'static self, text: &str) -> Result<Value, Error> {
        let value = self.kind.read(text);
        self.check(&value).map(|()| value)
    }

    /// Whether the value may be set.
    ///
    /// # Errors
    /// As [`Description::parse`].
    pub fn check(&'static self, value: &Value) -> Result<(), Error> {
        match self.kind.accepts(value) {
            true => Ok(()),
            false => Err(Error::Value {
                name: self.name(),
                value: value.to_string().escape_debug().to_string(),
                accepted: self.accepted(),
                remedy: self.remedy(value),
            }),
        }
    }

    /// Whether this is what a new namespace has; `None` when that depends on the machine.
    pub fn is_default(&self, value: &Value) -> Option<bool> {
        let is = |text| self.kind.same(&self.kind.read(text), value);
        match self.default {
            Preset::Fixed(text) => Some(is(text)),
            Preset::Namespaces { first, others } => Some(is(first) || is(others)),
            Preset::Varies(_) => None,
        }
    }

    /// Whether this can be what a new namespace has: it is, or that depends on the machine.
    pub fn may_be_default(&self, value: &Value) -> bool {
        self.is_default(value) != Some(false)
    }

    /// The name. For a name with a `*`, that is not the name of a file.
    pub(super) fn name(&self) -> Name {
        Name::full(self.name.to_owned())
    }

    /// The accepted values and the unit, in words.
    pub fn accepted(&self) -> String {
        match self.unit {
            Some(unit) => format!("{} ({unit})", self.kind),
            None => self.kind.to_string(),
        }
    }

    /// What those who meant something else by this value want.
    fn remedy(&self, value: &Value) -> &'static str {
        match (self.kind, value) {
            (Kind::Cpus, Value::Text(text)) if text.is_empty() => {
                "; to stop the counting set run_estimation=0"
            }
            (_, Value::Text(text)) if text.starts_with('0') => "; leading zeros would mean octal",
            (Kind::Flag, Value::Integer(_)) => "; the kernel would take it for 1",
            _ => "",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(text) | Self::Varies(text) => f.write_str(text),
            Self::Namespaces { first, others } => {
                write!(f, "{first}, in other namespaces {others}")
            }
        }
    }
}

impl fmt::Display for Exists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
            Self::Since(major, minor) => write!(f, "since Linux {major}.{minor}"),
            Self::When(condition) => f.write_str(condition),
        }
    }
}

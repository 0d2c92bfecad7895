// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a sysctl holds.

use std::fmt;

use serde::{Serialize, Serializer};

use super::cpus::Cpus;

/// The value of a sysctl. `Display` is the text that the kernel reads, without a line end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// A C `int`.
    Integer(i32),
    /// A C `unsigned long`.
    Unsigned(u64),
    /// Two C `int`s.
    Pair(i32, i32),
    /// A set of processors.
    Cpus(Cpus),
    /// What has no better type, or does not look like its type.
    Text(String),
}

/// Reads a decimal number as this library writes it. The kernel would take `010` for 8 and `0x10`
/// for 16, and stop reading at a second number.
pub(super) fn decimal<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits == "0" || (!digits.starts_with('0') && !digits.starts_with('+'));
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Unsigned(number) => number.fmt(f),
            Self::Pair(first, second) => write!(f, "{first} {second}"),
            Self::Cpus(cpus) => cpus.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Numbers as numbers, a pair as a sequence, everything else as text.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(number) => serializer.serialize_i32(*number),
            Self::Unsigned(number) => serializer.serialize_u64(*number),
            Self::Pair(first, second) => [first, second].serialize(serializer),
            Self::Cpus(cpus) => serializer.collect_str(cpus),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

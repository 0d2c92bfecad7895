// SPDX-License-Identifier: MIT OR Apache-2.0
//! The file `/proc/net/ip_vs_status`, on kernel 7.1 and later.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::document::{Document, Fault, Lines};
use crate::{LineError, ProcFile};

/// How full the kernel's tables are.
///
/// Lines about buckets are left out while there is nothing in the table, and while the table changes its
/// size too often. Values are also missing when bad lines were skipped. Reading the file walks through the
/// whole table.
///
/// ```
/// use ipvs_proc::{Document as _, Status};
/// let status = Status::parse("Conns:\t20\nConn buckets:\t512 (9 bits, lfactor -4)\n\
///     Conn buckets empty:\t484 (94%)\nConn buckets len-1:\t26 (92%)\nServices:\t0\n\
///     Stats thread ests:\t0\nNew:\tthing\n")?;
/// assert_eq!(status.connections, Some(20));
/// assert_eq!(status.connection_table.size.expect("shown").buckets, 512);
/// assert_eq!(status.connection_table.lengths[&1].buckets, 26);
/// assert_eq!(status.other["New"], "thing");
/// # Ok::<(), ipvs_proc::LineError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Status {
    /// Connections, of this network namespace.
    pub connections: Option<u64>,
    /// The table of connections.
    pub connection_table: Buckets,
    /// Services.
    pub services: Option<u64>,
    /// The table of services.
    pub service_table: Buckets,
    /// Slots for threads that estimate rates.
    pub thread_slots: Option<Slots>,
    /// The greatest number of estimators that a thread goes through at once.
    pub chain_max_len: Option<u64>,
    /// How many estimators a thread takes.
    pub thread_estimators: Option<u64>,
    /// What this program does not know, by its name.
    pub other: BTreeMap<String, String>,
}

/// The fill of a hash table. During a change of size both tables are counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Buckets {
    /// Its size.
    pub size: Option<Size>,
    /// Empty buckets; the part is that of all buckets.
    pub empty: Option<Part>,
    /// Buckets by the number of their entries, where there are any; **7 means 7 or more**. The part is
    /// that of the buckets that are not empty.
    pub lengths: BTreeMap<u32, Part>,
}

/// The size of a hash table: `512 (9 bits, lfactor -4)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Buckets.
    pub buckets: u64,
    /// Their number as a power of two.
    pub bits: u32,
    /// The load factor in force, as a power of two (sysctls `conn_lfactor` and `svc_lfactor`).
    pub load_factor: i32,
}

/// Some of the buckets: `26 (92%)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// How many.
    pub buckets: u64,
    /// How many in a hundred, rounded down.
    pub percent: u64,
}

/// Slots, used and possible: `1 (max 8)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// In use.
    pub used: u64,
    /// The greatest number.
    pub max: u64,
}

impl Document for Status {
    const FILE: ProcFile = ProcFile::Status;

    fn read(lines: &mut Lines<'_>) -> Result<Self, LineError> {
        let mut status = Self::default();
        lines.required("a line with `Conns:`", |line| status.take(line))?;
        lines.each(|line| status.take(line))?;
        for (value, expected) in [
            (status.services, "a line with `Services:`"),
            (status.thread_estimators, "a line with `Stats thread ests:`"),
        ] {
            if value.is_none() {
                lines.missing(expected)?;
            }
        }
        Ok(status)
    }
}

impl Status {
    fn take<'t>(&mut self, line: &'t str) -> Result<(), Fault<'t>> {
        let colon = Fault { rest: line, expected: "a name, a colon and a tabulator" };
        let (name, value) = line.split_once(":\t").ok_or(colon)?;
        match name {
            "Conns" => self.connections = Some(number(value)?),
            "Services" => self.services = Some(number(value)?),
            "Stats thread slots" => self.thread_slots = Some(slots(value)?),
            "Stats chain max len" => self.chain_max_len = Some(number(value)?),
            "Stats thread ests" => self.thread_estimators = Some(number(value)?),
            _ => match (name.strip_prefix("Conn buckets"), name.strip_prefix("Service buckets")) {
                (Some(what), _) if self.connection_table.take(what, value)? => {}
                (_, Some(what)) if self.service_table.take(what, value)? => {}
                _ => {
                    self.other.insert(name.to_owned(), value.to_owned());
                }
            },
        }
        Ok(())
    }
}

impl Buckets {
    /// Whether `what` is known.
    fn take<'t>(&mut self, what: &str, value: &'t str) -> Result<bool, Fault<'t>> {
        match (what, what.strip_prefix(" len-").and_then(|length| length.parse().ok())) {
            ("", _) => self.size = Some(size(value)?),
            (" empty", _) => self.empty = Some(part(value)?),
            (_, Some(length)) => {
                self.lengths.insert(length, part(value)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, Fault<'_>> {
    text.parse().map_err(|_| Fault { rest: text, expected: "a number" })
}

/// The text within `start` and `end`.
fn between<'t>(
    text: &'t str,
    start: &str,
    end: &str,
    expected: &'static str,
) -> Result<&'t str, Fault<'t>> {
    let inner = text.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    inner.ok_or(Fault { rest: text, expected })
}

fn split<'t>(
    text: &'t str,
    at: &str,
    expected: &'static str,
) -> Result<(&'t str, &'t str), Fault<'t>> {
    text.split_once(at).ok_or(Fault { rest: text, expected })
}

fn size(value: &str) -> Result<Size, Fault<'_>> {
    let expected = "N (N bits, lfactor N)";
    let (buckets, rest) = split(value, " (", expected)?;
    let (bits, rest) = split(rest, " bits, lfactor ", expected)?;
    let load_factor = number(between(rest, "", ")", expected)?)?;
    Ok(Size { buckets: number(buckets)?, bits: number(bits)?, load_factor })
}

fn part(value: &str) -> Result<Part, Fault<'_>> {
    let expected = "N (N%)";
    let (buckets, percent) = split(value, " (", expected)?;
    let percent = number(between(percent, "", "%)", expected)?)?;
    Ok(Part { buckets: number(buckets)?, percent })
}

fn slots(value: &str) -> Result<Slots, Fault<'_>> {
    let expected = "N (max N)";
    let (used, max) = split(value, " (", expected)?;
    let max = number(between(max, "max ", ")", expected)?)?;
    Ok(Slots { used: number(used)?, max })
}

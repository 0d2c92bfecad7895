// SPDX-License-Identifier: MIT OR Apache-2.0
//! The file `/proc/net/ip_vs_ca_stats` of the module `ip_vs_ca`, which tells a real server behind a
//! FULLNAT director who its clients are.

use nom::Parser as _;
use nom::bytes::complete::{tag, take_till1};
use nom::combinator::map_opt;
use nom::sequence::{delimited, preceded};
use serde::{Deserialize, Serialize};

use crate::document::{Document, Fault, Lines};
use crate::grammar::{end, field, finish, next, number};
use crate::{LineError, ProcFile};

/// The rows that every version has.
const ROWS: [&str; 4] =
    ["syn_recv_sock_ip_vs_ca", "syn_recv_sock_no_ip_vs_ca", "conn_new", "conn_del"];

/// What the module counts, by CPU.
///
/// ```
/// use ipvs_proc::{CaStats, Document as _};
/// let stats = CaStats::parse("\
/// IP_VS_CA(2.0.0)
/// \x20                             CPU0       CPU1
/// syn_recv_sock_ip_vs_ca   :         3          4
/// syn_recv_sock_no_ip_vs_ca:         0          1
/// conn_new                 :         3          4
/// conn_del                 :         1          0
/// ")?;
/// assert_eq!(stats.total("conn_new"), Some(7));
/// # Ok::<(), ipvs_proc::LineError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaStats {
    /// The version of the module.
    pub version: String,
    /// The numbers of the CPUs, decimal in this file.
    pub cpus: Vec<u32>,
    /// The counters, in the file's order: four that every version has, and whatever follows them.
    pub rows: Vec<CaRow>,
}

/// One counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaRow {
    /// Its name.
    pub name: String,
    /// Its value on each CPU of the heading.
    pub values: Vec<u64>,
}

impl CaStats {
    /// The sum of the counter `name` over all CPUs.
    pub fn total(&self, name: &str) -> Option<u64> {
        let row = self.rows.iter().find(|row| row.name == name)?;
        Some(row.values.iter().fold(0, |sum, value| sum.saturating_add(*value)))
    }
}

impl Document for CaStats {
    const FILE: ProcFile = ProcFile::CaStats;

    fn read(lines: &mut Lines<'_>) -> Result<Self, LineError> {
        let version = lines.required("IP_VS_CA(version)", version)?.unwrap_or_default();
        let cpus = lines.required("the numbers of the CPUs", cpus)?.unwrap_or_default();
        let mut rows: Vec<CaRow> = Vec::new();
        lines.each(|line| {
            rows.push(row(line, cpus.len())?);
            Ok(())
        })?;
        if ROWS.iter().any(|name| !rows.iter().any(|row| row.name == *name)) {
            lines.missing("a counter that every version has")?;
        }
        Ok(Self { version, cpus, rows })
    }
}

fn version(line: &str) -> Result<String, Fault<'_>> {
    let version = delimited(tag("IP_VS_CA("), take_till1(|c| c == ')'), tag(")"));
    let (rest, version) = finish(field("IP_VS_CA(version)", version)(line))?;
    end(rest, version.to_owned())
}

/// `CPU0       CPU1`
fn cpus(line: &str) -> Result<Vec<u32>, Fault<'_>> {
    let mut cpu = field("CPU and its number", preceded(tag("CPU"), number));
    let (mut rest, first) = finish(cpu(line))?;
    let mut cpus = vec![first];
    while !rest.trim_start_matches(' ').is_empty() {
        let next;
        (rest, next) = finish(cpu(rest))?;
        cpus.push(next);
    }
    Ok(cpus)
}

/// A row with as many numbers as there are CPUs.
fn row(line: &str, cpus: usize) -> Result<CaRow, Fault<'_>> {
    let name = map_opt(take_till1(|c| c == ':'), |name: &str| {
        let name = name.trim_end_matches(' ');
        (!name.is_empty() && !name.contains(' ')).then_some(name)
    });
    let (rest, name) = finish(field("the name of a counter", name)(line))?;
    let (mut rest, _) = finish(field("a colon", tag(":")).parse(rest))?;
    let mut values = Vec::with_capacity(cpus);
    for _ in 0..cpus {
        let value;
        // The first number may follow the colon closely.
        let number = number::<u64>;
        (rest, value) = match values.is_empty() {
            true => finish(field("a number", number)(rest))?,
            false => finish(next("a number", number)(rest))?,
        };
        values.push(value);
    }
    end(rest, CaRow { name: name.to_owned(), values })
}

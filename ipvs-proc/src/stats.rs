// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files `/proc/net/ip_vs_stats` and `/proc/net/ip_vs_stats_percpu`. Every number in them is
//! hexadecimal, that of a CPU too.

use ipvs_types::{Counters, Rates};
use nom::Parser as _;
use nom::combinator::map_res;
use serde::{Deserialize, Serialize};

use crate::document::{Document, Fault, Lines};
use crate::grammar::{counters, empty, field, finish, hex64, rates};
use crate::{LineError, ProcFile};

/// The first heading above counters, without the column of CPUs.
const OVER: &str = "Total Incoming Outgoing Incoming Outgoing";
/// The heading above rates.
const RATES: &str = "Conns/s Pkts/s Pkts/s Bytes/s Bytes/s";

/// What a director counts in total.
///
/// Both are sampled every two seconds; counters start at the last zeroing (`ipvsadm -Z`).
///
/// ```
/// use ipvs_proc::{Document as _, Totals};
/// let totals = Totals::parse("\
/// \x20  Total Incoming Outgoing         Incoming         Outgoing
/// \x20  Conns  Packets  Packets            Bytes            Bytes
/// \x20     13       46       2F             1383              E61
///
/// \x20Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
/// \x20      1        2        1               8E               64
/// ")?;
/// assert_eq!((totals.counters.connections, totals.rates.in_bytes), (19, 142));
/// # Ok::<(), ipvs_proc::LineError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Sums.
    pub counters: Counters,
    /// Rates per second; bytes, not bits.
    pub rates: Rates,
}

impl Document for Totals {
    const FILE: ProcFile = ProcFile::Stats;

    fn read(lines: &mut Lines<'_>) -> Result<Self, LineError> {
        lines.heading(OVER)?;
        lines.heading("Conns Packets Packets Bytes Bytes")?;
        let counters = lines.required("the counters", counters)?.unwrap_or_default();
        let rates = rates_below(lines)?;
        Ok(Self { counters, rates })
    }
}

/// What a director counts, by CPU.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PerCpu {
    /// One entry per possible CPU.
    pub cpus: Vec<Cpu>,
    /// The sums, sampled every two seconds, since the last zeroing: not quite those of `cpus`.
    pub totals: Counters,
    /// Rates per second in total.
    pub rates: Rates,
}

/// What one CPU counted: live, and never zeroed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// The number of the CPU.
    pub number: u32,
    /// Sums since the network namespace began.
    pub counters: Counters,
}

/// A row below the heading of the counters.
enum Row {
    Cpu(Cpu),
    Totals(Counters),
}

impl Document for PerCpu {
    const FILE: ProcFile = ProcFile::StatsPercpu;

    fn read(lines: &mut Lines<'_>) -> Result<Self, LineError> {
        lines.heading(OVER)?;
        lines.heading("CPU Conns Packets Packets Bytes Bytes")?;
        let (mut cpus, mut totals) = (Vec::new(), None);
        while totals.is_none() && !lines.at_end() {
            match lines.required("a CPU or the totals", row)? {
                Some(Row::Cpu(cpu)) => cpus.push(cpu),
                Some(Row::Totals(sums)) => totals = Some(sums),
                None => {}
            }
        }
        if totals.is_none() {
            lines.missing("the totals")?;
        }
        let rates = rates_below(lines)?;
        Ok(Self { cpus, totals: totals.unwrap_or_default(), rates })
    }
}

fn row(line: &str) -> Result<Row, Fault<'_>> {
    if let Some(sums) = line.trim_start_matches(' ').strip_prefix('~') {
        return counters(sums).map(Row::Totals);
    }
    let (rest, number) = finish(field("a CPU", map_res(hex64, u32::try_from)).parse(line))?;
    Ok(Row::Cpu(Cpu { number, counters: counters(rest)? }))
}

/// An empty line, the heading and the rates; nothing after them.
fn rates_below(lines: &mut Lines<'_>) -> Result<Rates, LineError> {
    lines.required("an empty line", empty)?;
    lines.heading(RATES)?;
    let rates = lines.required("the rates", rates)?;
    lines.each(|rest| Err(Fault { rest, expected: "the end of the text" }))?;
    Ok(rates.unwrap_or_default())
}

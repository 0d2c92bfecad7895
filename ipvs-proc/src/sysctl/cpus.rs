// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sets of processors in the kernel's list form.

use std::fmt;

use super::value::decimal;

/// A set of processors that is not empty: `0-3,8`, or `all`.
///
/// Two spellings of one set are equal: `0,1` is `0-1`. The kernel's other forms (`N`, groups like
/// `0-31:1/4`) are not understood.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cpus(Set);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Set {
    All,
    /// First and last of each run, ascending, with a gap between runs.
    Runs(Vec<(u32, u32)>),
}

impl Cpus {
    /// Reads the list form.
    ///
    /// ```
    /// use ipvs_proc::sysctl::Cpus;
    /// assert_eq!(Cpus::parse("3,0-1,2,8"), Cpus::parse("0-3,8"));
    /// assert_eq!(Cpus::parse(""), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        if text == "all" {
            return Some(Self(Set::All));
        }
        let mut runs = text.split(',').map(run).collect::<Option<Vec<_>>>()?;
        runs.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for (first, last) in runs {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        Some(Self(Set::Runs(merged)))
    }

    /// Whether it is `all`, which stands for no certain list: the kernel makes it one of those that the
    /// writer may run on.
    pub(super) fn is_all(&self) -> bool {
        self.0 == Set::All
    }

    /// Whether a kernel that was told `self` may show `shown`: `all` becomes a list.
    pub(super) fn settles_as(&self, shown: &Self) -> bool {
        self.is_all() || self == shown
    }
}

fn run(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (decimal(first)?, decimal(last)?);
    (first <= last).then_some((first, last))
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Set::Runs(runs) = &self.0 else { return f.write_str("all") };
        for (index, (first, last)) in runs.iter().enumerate() {
            f.write_str(if index > 0 { "," } else { "" })?;
            match first == last {
                true => write!(f, "{first}")?,
                false => write!(f, "{first}-{last}")?,
            }
        }
        Ok(())
    }
}

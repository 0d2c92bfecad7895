// SPDX-License-Identifier: MIT OR Apache-2.0
//! How often a kernel's connections have to be read.

use std::fs;

/// How often the kernel's connections have to be read so that none that stays is left out.
///
/// Before 7.1, the kernel finds its place between two reads by counting the connections of all network
/// namespaces: when one before that place ends, in whichever namespace, the next read leaves one out.
/// What several readings found together lacks a connection only if each of them missed it. So such a
/// kernel is read [at least](Self::LEAST) three times, and on until a reading adds nothing, but not more
/// than [six](Self::MOST) times.
///
/// ```
/// use ipvs_proc::Readings;
/// let mut readings = Readings::of_release("6.12.95+deb12-cloud-amd64");
/// assert!(!readings.is_single());
/// let mut added = [250, 140, 3, 0].into_iter();
/// let mut done = 0;
/// loop {
///     // Here `ip_vs_conn` is read, and what was not known is counted.
///     let added = added.next().unwrap_or_default();
///     done += 1;
///     if !readings.another(added > 0) {
///         break;
///     }
/// }
/// assert_eq!(done, 4);
/// assert!(Readings::of_release("7.2.12+deb13-cloud-amd64").is_single());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings {
    done: u32,
    least: u32,
}

impl Readings {
    /// How often kernels before 7.1 are read in any case.
    pub const LEAST: u32 = 3;
    /// How often they are read at most.
    pub const MOST: u32 = 6;

    /// Of a file that does not change: one reading.
    pub const fn of_copy() -> Self {
        Self { done: 0, least: 1 }
    }

    /// Of a kernel of this release (`uname -r`); several where the release says nothing.
    pub fn of_release(release: &str) -> Self {
        let mut numbers = release.trim().splitn(3, ['.', '-']).map(str::parse::<u32>);
        let mut number = || numbers.next().and_then(Result::ok);
        match (number(), number()) {
            (Some(8..), _) | (Some(7), Some(1..)) => Self::of_copy(),
            _ => Self { done: 0, least: Self::LEAST },
        }
    }

    /// Of the kernel that runs.
    pub fn of_running() -> Self {
        Self::of_release(&fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default())
    }

    /// Whether one is enough, so that nobody needs to know what was found before.
    pub const fn is_single(&self) -> bool {
        self.least == 1
    }

    /// After each reading: whether there must be another, where this one `added` something or not.
    pub const fn another(&mut self, added: bool) -> bool {
        self.done += 1;
        self.done < self.least || (added && !self.is_single() && self.done < Self::MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::Readings;

    fn count(release: &str, added: bool) -> u32 {
        let mut readings = Readings::of_release(release);
        let mut done = 1;
        while readings.another(added) {
            done += 1;
        }
        done
    }

    #[test]
    fn old_and_unknown_kernels_are_read_more_often() {
        for release in ["6.1.0-50-cloud-amd64\n", "6.12.95", "7.0.3", "next", ""] {
            assert_eq!((count(release, false), count(release, true)), (3, 6), "{release}");
        }
        for release in ["7.2.12+deb13-cloud-amd64\n", "7.1-rc3", "7.1.0", "10.0"] {
            assert_eq!((count(release, false), count(release, true)), (1, 1), "{release}");
        }
    }
}

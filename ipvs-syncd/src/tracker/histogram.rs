// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many of which size.

use serde::ser::{Serialize, SerializeSeq, Serializer};

/// The upper bounds of lengths of datagrams, in bytes: 1472 is a full packet of Ethernet, 8972 one of
/// 9000 bytes, and above 9188 a master may lose count of its entries.
pub const SIZE_BOUNDS: [u64; 8] = [64, 256, 512, 1024, 1472, 4096, 8972, 9188];
/// The upper bounds of the time until a connection is sent again, in seconds; most are timeouts.
pub const REFRESH_BOUNDS: [u64; 8] = [1, 3, 10, 30, 60, 120, 300, 900];

/// How many values lie between which bounds. In JSON a list of `{"at_most": bound, "count": n}`; the
/// last bound is null.
///
/// ```
/// use ipvs_syncd::tracker::{Histogram, SIZE_BOUNDS};
/// let mut sizes = Histogram::new(&SIZE_BOUNDS);
/// [44, 64, 65, 65507].iter().for_each(|size| sizes.add(*size));
/// let filled: Vec<_> = sizes.steps().filter(|(_, count)| *count > 0).collect();
/// assert_eq!(filled, [(Some(64), 2), (Some(256), 1), (None, 1)]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Histogram {
    bounds: &'static [u64; 8],
    counts: [u64; 9],
}

impl Histogram {
    /// One without values. The bounds rise.
    pub const fn new(bounds: &'static [u64; 8]) -> Self {
        Self { bounds, counts: [0; 9] }
    }

    /// Counts a value.
    pub fn add(&mut self, value: u64) {
        self.counts[self.bounds.partition_point(|bound| *bound < value)] += 1;
    }

    /// Each step: the greatest value that belongs to it, none for the last, and how many there are that
    /// don't belong to the steps before.
    pub fn steps(&self) -> impl Iterator<Item = (Option<u64>, u64)> + '_ {
        self.bounds.iter().map(|bound| Some(*bound)).chain([None]).zip(self.counts)
    }
}

impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Step {
            at_most: Option<u64>,
            count: u64,
        }
        let mut list = s.serialize_seq(Some(self.counts.len()))?;
        for (at_most, count) in self.steps() {
            list.serialize_element(&Step { at_most, count })?;
        }
        list.end()
    }
}

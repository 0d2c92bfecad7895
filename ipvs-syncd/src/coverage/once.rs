// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each entry once, however often it is listed.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use ipvs_proc::{Connection as Listed, Readings};

use super::{CoverageError, key_of};
use crate::ConnectionKey;

/// What a listing shows an entry by.
pub(super) type Shown = (ConnectionKey, SocketAddr);

/// Hands each entry to `each`, as often as `alike` says there may be such at the most. Returns how many
/// lines of a reading could not be read.
///
/// Kernels before 7.1 leave out lines while connections come and go, and repeat others: `read` is called
/// as often as `readings` says.
pub(super) fn each_once(
    mut readings: Readings,
    mut read: impl FnMut(&mut dyn FnMut(&Listed<'_>)) -> Result<u64, CoverageError>,
    alike: impl Fn(&Listed<'_>) -> usize,
    mut each: impl FnMut(&Listed<'_>),
) -> Result<u64, CoverageError> {
    let (mut known, mut skipped) = (HashSet::<(Shown, usize)>::new(), 0);
    loop {
        let mut added = false;
        // Those of this reading that look the same.
        let mut counts = HashMap::<Shown, usize>::new();
        let bad_lines = read(&mut |listed| {
            let (shown, most) = ((key_of(listed), listed.dest), alike(listed));
            let before = match most {
                1 => 0,
                _ => {
                    let count = counts.entry(shown.clone()).or_default();
                    *count += 1;
                    *count - 1
                }
            };
            if before < most && known.insert((shown, before)) {
                added = true;
                each(listed);
            }
        })?;
        skipped = bad_lines.max(skipped);
        if !readings.another(added) {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use ipvs_proc::{Connections, Layout};

    use super::*;

    const HEADING: &str =
        "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";

    /// What is found in these readings, of which each lists some lines by number, and how many were read.
    fn found(release: &str, readings: &[&[u16]], alike: usize) -> (Vec<u16>, usize) {
        let (mut found, mut done) = (Vec::new(), 0);
        let read = |see: &mut dyn FnMut(&Listed<'_>)| {
            let numbers = readings.get(done).or(readings.last()).expect("a reading");
            done += 1;
            let line = |port: &u16| {
                format!("TCP 0A000001 {port:04X} C0000201 0050 0A010002 0050 ESTABLISHED     800\n")
            };
            let text: String =
                [HEADING.to_owned()].into_iter().chain(numbers.iter().map(line)).collect();
            for listed in Connections::new(text.as_bytes(), Layout::Plain) {
                see(&listed?);
            }
            Ok(numbers.len() as u64)
        };
        let readings = Readings::of_release(release);
        let skipped =
            each_once(readings, read, |_| alike, |listed| found.push(listed.client.port()));
        assert!(skipped.is_ok());
        (found, done)
    }

    #[test]
    fn what_a_reading_leaves_out_or_repeats_does_not_matter() {
        let readings: [&[u16]; 4] = [&[1, 2, 2, 4], &[1, 3, 3, 4], &[5, 2, 3, 4], &[4, 1]];
        assert_eq!(found("6.12", &readings, 1), (vec![1, 2, 4, 3, 5], 4));
        assert_eq!(found("7.2", &readings, 1), (vec![1, 2, 4], 1));
        assert_eq!(found("6.12", &[&[1, 2]], 1), (vec![1, 2], 3));
    }

    #[test]
    fn entries_that_look_the_same_are_counted_in_a_reading() {
        assert_eq!(found("6.12", &[&[1, 1], &[1], &[1, 1]], 2).0, [1, 1]);
        assert_eq!(found("6.12", &[&[1], &[1, 1, 1], &[1]], 2).0, [1, 1]);
        assert_eq!(found("6.12", &[&[1], &[1], &[1]], 2).0, [1]);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's own order of services, which is another one in each namespace.

use super::station::Seen;
use crate::words::Line;

/// Whether a line may list in the kernel's order. No line without input that says so changes
/// anything: only listings take the option.
pub fn of_the_kernel(line: &Line) -> bool {
    let option = b"--nosort";
    line.arguments
        .iter()
        .chain([&line.input])
        .any(|text| text.windows(option.len()).any(|part| part == option))
}

/// Whether two tools said the same in another order.
pub fn permuted(one: &Seen, other: &Seen) -> bool {
    let sorted = |seen: &Seen| {
        let mut lines: Vec<_> =
            seen.stdout.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.sort();
        lines
    };
    (&one.stderr, one.status) == (&other.stderr, other.status) && sorted(one) == sorted(other)
}

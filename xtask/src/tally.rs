// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counting test results from the runners' own closing lines.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed, failed and were skipped.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
    /// Ignored or filtered out by their own runner.
    pub skipped: u64,
}

impl Tally {
    /// Parses `test result: ok. 5 passed; 0 failed; 1 ignored; …`, with or without colours.
    pub fn result_line(line: &str) -> Option<Self> {
        let rest = line.trim().strip_prefix("test result: ")?;
        let mut tally = Self::default();
        let mut seen = 0;
        for part in rest.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what), None) = (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let field = match what {
                "passed" => &mut tally.passed,
                "failed" => &mut tally.failed,
                "ignored" => &mut tally.skipped,
                _ => continue,
            };
            *field = number.parse().ok()?;
            seen += 1;
        }
        (seen == 3).then_some(tally)
    }

    /// The last result line of a runner's output.
    pub fn last_result_line(output: &str) -> Option<Self> {
        output.lines().rev().find_map(Self::result_line)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn result_lines_of_both_runners_are_read() {
        for (line, expected) in [
            (
                "test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; \
                 finished in 0.00s",
                Tally { passed: 7, failed: 0, skipped: 1 },
            ),
            (
                "test result: \u{1b}[31mFAILED\u{1b}[0m. 1 passed; 2 failed; 0 ignored; \
                 0 measured; 0 filtered out; finished in 0.19s",
                Tally { passed: 1, failed: 2, skipped: 0 },
            ),
        ] {
            assert_eq!(Tally::result_line(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn other_lines_are_no_results() {
        for line in ["", "running 3 tests", "test result: ok", "test a ... ok", "7 passed"] {
            assert_eq!(Tally::result_line(line), None, "{line}");
        }
    }

    #[test]
    fn the_summary_reads_as_agreed() {
        let mut sum = Tally { passed: 1, failed: 0, skipped: 2 };
        sum += Tally { passed: 3, failed: 1, skipped: 0 };
        assert_eq!(sum.to_string(), "4 passed, 1 failed, 2 skipped");
    }
}

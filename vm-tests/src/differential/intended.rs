// SPDX-License-Identifier: MIT OR Apache-2.0
//! What differs on purpose; each entry names its row in `docs/compatibility.md`.

/// A scenario that differs on purpose.
#[derive(Debug, Clone, Copy)]
pub struct Different {
    /// How the scenario starts.
    pub start: &'static str,
    /// The start of the row's first cell.
    pub row: &'static str,
}

impl Different {
    /// Whether this is about `scenario`.
    pub fn is(&self, scenario: &str) -> bool {
        scenario.starts_with(self.start)
    }
}

/// Public and own scenarios.
pub const SCENARIOS: &[Different] = &[
    Different { start: "ipvsadm -h", row: "text of `-h`" },
    Different {
        start: "ln -s $(which ipvsadm) ./lvs; ./lvs -q; ./lvs; ./lvs -h",
        row: "text of `-h`",
    },
    Different {
        start: "printf -- '-A -t 10.0.0.1:80 -s rr  ' |",
        row: "`-R`, last line without a line end",
    },
];

/// Scenarios with netlink refused, in addition.
pub const WITHOUT_NETLINK: &[Different] = &[];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_documented() {
        let page = include_str!("../../../docs/compatibility.md");
        for one in SCENARIOS.iter().chain(WITHOUT_NETLINK) {
            let start = format!("| {}", one.row);
            assert!(page.lines().any(|line| line.starts_with(&start)), "{start}");
        }
    }
}

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
    Different { start: "ipvsadm -A -t 10.0.0.1:80 -b ,", row: "`-b ,`" },
    Different { start: "ipvsadm -R < /tmp", row: "`-R`, standard input can't be read" },
    Different {
        start: "printf -- '-A -t 10.0.0.1:80\\n-A -t 10.0.0.2:80\\0\\n' | ipvsadm-restore",
        row: "`ipvsadm-restore`, input with bytes",
    },
    Different {
        start: "ipvsadm -A -u 192.168.99.1:5060 -s rr -p 600 --pe sip; ipvsadm -a -u \
            192.168.99.1:5060 -r 192.168.99.2; printf 'INVITE",
        row: "`-L -c`, lines of 255 bytes",
    },
];

/// Scenarios with netlink refused, in addition.
pub const WITHOUT_NETLINK: &[Different] = &[
    Different {
        start: "ipvsadm -A -t 10.0.0.2:80; ipvsadm -a -t 10.0.0.2:80 -r 10.0.0.3 -i --tun-type gue",
        row: "without netlink, options of tunnels",
    },
    Different {
        start: "ipvsadm --start-daemon master --mcast-interface dummy0 --sync-maxlen",
        row: "without netlink, options of tunnels",
    },
    Different {
        start: "ipvsadm --start-daemon backup --mcast-interface dummy0 --mcast-group",
        row: "without netlink, options of tunnels",
    },
    Different {
        start: "printf -- '-A -t 10.0.0.1:80\\n-Ln\\n-A -t 10.0.0.2:80\\n-Ln",
        row: "without netlink, a listing in `-R`",
    },
];

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

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sysctls of `/proc/sys/net/ca`: of the module `ip_vs_ca` on real servers, which learns the
//! addresses of clients behind full NAT.

use super::description::{Description, Exists, Preset};
use super::kind::Kind;

/// A second to a year.
const TIMEOUT: Kind = Kind::Integer { min: 1, max: 365 * 24 * 3600 };

/// The first three are those of the original module, with its units and defaults; ours takes a list of
/// kinds where the original has one, 200.
pub(super) const SYSCTLS: &[Description] = &[
    Description {
        kind: TIMEOUT,
        unit: Some("seconds"),
        ..always("net.ca.tcp_timeout", Preset::Fixed("100"), "least life of a learned TCP client")
    },
    Description {
        kind: TIMEOUT,
        unit: Some("seconds"),
        ..always("net.ca.udp_timeout", Preset::Fixed("310"), "life of a learned UDP client")
    },
    Description {
        kind: Kind::Numbers { max: 255 },
        unit: Some("TCP option kinds"),
        ..always(
            "net.ca.tcpopt_addr",
            Preset::Fixed("200,254"),
            "options with the client's address",
        )
    },
    Description {
        kind: Kind::Text,
        unit: Some("prefixes"),
        ..always(
            "net.ca.trusted",
            Preset::Fixed(""),
            "balancers to learn from; none: all for TCP, none for UDP",
        )
    },
    Description {
        unit: Some("clients"),
        ..always("net.ca.max_entries", Preset::Fixed("262144"), "how many clients are remembered")
    },
    Description {
        kind: Kind::Flag,
        ..always("net.ca.udp_mangle", Preset::Fixed("1"), "show UDP sockets the client's address")
    },
];

const fn always(name: &'static str, default: Preset, meaning: &'static str) -> Description {
    Description { name, kind: Kind::NATURAL, unit: None, default, meaning, exists: Exists::Always }
}

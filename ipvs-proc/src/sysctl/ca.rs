// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sysctls of `/proc/sys/net/ca`: of the module `ip_vs_ca` on real servers, which learns the
//! addresses of clients behind full NAT.

use super::description::{Description, Exists, Preset};
use super::kind::Kind;

/// The first three are those of the original module, with its units and defaults.
pub(super) const SYSCTLS: &[Description] = &[
    Description {
        kind: Kind::SECONDS,
        unit: Some("seconds"),
        ..always("net.ca.tcp_timeout", Preset::Fixed("100"), "least life of a learned TCP client")
    },
    Description {
        kind: Kind::SECONDS,
        unit: Some("seconds"),
        ..always("net.ca.udp_timeout", Preset::Fixed("310"), "life of a learned UDP client")
    },
    Description {
        kind: Kind::Integer { min: 0, max: 255 },
        unit: Some("TCP option kind"),
        ..always("net.ca.tcpopt_addr", Preset::Fixed("200"), "option with the client's address")
    },
    Description {
        kind: Kind::Text,
        unit: Some("prefixes"),
        ..always("net.ca.trusted", Preset::Fixed(""), "balancers to learn from; none given: all")
    },
    Description {
        unit: Some("clients"),
        ..always("net.ca.max_entries", Preset::Fixed("262144"), "how many clients are remembered")
    },
    Description {
        kind: Kind::Flag,
        ..always(
            "net.ca.udp_mangle",
            Preset::Varies("varies"),
            "show UDP sockets the client's address",
        )
    },
];

const fn always(name: &'static str, default: Preset, meaning: &'static str) -> Description {
    Description { name, kind: Kind::NATURAL, unit: None, default, meaning, exists: Exists::Always }
}

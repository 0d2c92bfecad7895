// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sysctls of `/proc/sys/net/ipv4/vs`, as of Linux 6.1 to 7.2.

use super::description::{Description, Exists, Preset};
use super::kind::Kind;

/// By name. Sources: the kernel's `net/netfilter/ipvs/ip_vs_ctl.c`, `ip_vs_lblc.c`, `ip_vs_lblcr.c`
/// and `Documentation/networking/ipvs-sysctl.rst`; defaults and limits were observed on 6.1.192,
/// 6.12.95 and 7.2.12.
pub(super) const SYSCTLS: &[Description] = &[
    Description {
        unit: Some("one of n packets"),
        ..natural("net.ipv4.vs.am_droprate", "10", "rate of drop_packet=3; 0 drops none")
    },
    Description {
        unit: Some("pages"),
        ..natural("net.ipv4.vs.amemthresh", "1024", "free memory below which defenses start")
    },
    flag("net.ipv4.vs.backup_only", "0", "don't forward while a backup sync daemon runs"),
    flag("net.ipv4.vs.cache_bypass", "0", "no server for a mark: send to the original address"),
    Description {
        kind: Kind::Integer { min: -8, max: 8 },
        unit: Some("power of two"),
        default: Preset::Namespaces { first: "-4", others: "-2" },
        exists: Exists::Since(7, 1),
        ..natural("net.ipv4.vs.conn_lfactor", "", "load of the connection table before it grows")
    },
    Description {
        kind: Kind::Integer { min: 0, max: 1 << 30 },
        unit: Some("connections"),
        exists: Exists::Since(7, 2),
        ..natural("net.ipv4.vs.conn_max", "1073741824", "above it, new connections are dropped")
    },
    Description {
        kind: Kind::Integer { min: 0, max: 3 },
        unit: Some("sum of 1 and 2"),
        ..natural(
            "net.ipv4.vs.conn_reuse_mode",
            "1",
            "schedule anew when a client's port returns: 1 after the end, 2 in FIN_WAIT too",
        )
    },
    flag("net.ipv4.vs.conntrack", "0", "keep netfilter's connection tracking entries"),
    Description {
        exists: Exists::When("only in kernels with CONFIG_IP_VS_DEBUG"),
        ..natural(
            "net.ipv4.vs.debug_level",
            "0",
            "amount of debug messages; one for all namespaces",
        )
    },
    defense("net.ipv4.vs.drop_entry", "drop half-open connections when memory is short"),
    defense("net.ipv4.vs.drop_packet", "drop packets when memory is short"),
    Description {
        kind: Kind::Cpus,
        unit: Some("processors"),
        default: Preset::Varies("all but isolated processors"),
        exists: Exists::Since(6, 2),
        ..natural("net.ipv4.vs.est_cpulist", "", "where rates are estimated")
    },
    Description {
        kind: Kind::Integer { min: -20, max: 19 },
        unit: Some("nice value"),
        exists: Exists::Since(6, 2),
        ..natural("net.ipv4.vs.est_nice", "0", "priority of the estimator threads")
    },
    flag("net.ipv4.vs.expire_nodest_conn", "0", "end connections whose server was removed"),
    flag("net.ipv4.vs.expire_quiescent_template", "0", "no persistence to servers of weight 0"),
    flag("net.ipv4.vs.ignore_tunneled", "0", "never schedule what came through a tunnel"),
    Description {
        unit: Some("seconds"),
        kind: Kind::SECONDS,
        exists: Exists::When("only while the scheduler is loaded: `modprobe ip_vs_lblc`"),
        ..natural("net.ipv4.vs.lblc_expiration", "86400", "idle life of an entry of lblc")
    },
    Description {
        unit: Some("seconds"),
        kind: Kind::SECONDS,
        exists: Exists::When("only while the scheduler is loaded: `modprobe ip_vs_lblcr`"),
        ..natural("net.ipv4.vs.lblcr_expiration", "86400", "idle life of an entry of lblcr")
    },
    flag("net.ipv4.vs.nat_icmp_send", "0", "answer stray replies of NAT servers with ICMP"),
    flag("net.ipv4.vs.pmtu_disc", "1", "path MTU discovery for tunnels and direct routing"),
    flag("net.ipv4.vs.run_estimation", "1", "estimate rates; 0 freezes all statistics"),
    flag("net.ipv4.vs.schedule_icmp", "0", "schedule ICMP errors that belong to no connection"),
    defense("net.ipv4.vs.secure_tcp", "stricter TCP states when memory is short"),
    flag("net.ipv4.vs.sloppy_sctp", "0", "take up SCTP associations at any packet"),
    flag("net.ipv4.vs.sloppy_tcp", "0", "take up TCP connections at any packet"),
    flag("net.ipv4.vs.snat_reroute", "1", "route NAT replies by their new source address"),
    Description {
        kind: Kind::Integer { min: -8, max: 8 },
        unit: Some("power of two"),
        default: Preset::Namespaces { first: "-3", others: "-2" },
        exists: Exists::Since(7, 1),
        ..natural("net.ipv4.vs.svc_lfactor", "", "load of the service table before it grows")
    },
    flag("net.ipv4.vs.sync_persist_mode", "0", "send templates instead of their connections"),
    Description {
        kind: Kind::PowerOfTwo { max: 64 },
        unit: Some("threads"),
        ..natural("net.ipv4.vs.sync_ports", "1", "ports of a sync daemon; read when it starts")
    },
    Description {
        kind: Kind::Unsigned,
        unit: Some("datagrams"),
        default: Preset::Varies("a 32nd of the memory's pages"),
        ..natural("net.ipv4.vs.sync_qlen_max", "", "queue of a sync thread; more is dropped")
    },
    Description {
        kind: Kind::SECONDS,
        unit: Some("seconds"),
        ..natural("net.ipv4.vs.sync_refresh_period", "0", "least change of a timer worth a sync")
    },
    Description {
        kind: Kind::Integer { min: 0, max: 3 },
        unit: Some("retries"),
        ..natural(
            "net.ipv4.vs.sync_retries",
            "0",
            "repeats of a sync, an eighth of the period apart",
        )
    },
    Description {
        unit: Some("bytes"),
        ..natural("net.ipv4.vs.sync_sock_size", "0", "buffer of sync sockets; 0: the system's")
    },
    Description {
        kind: Kind::Threshold,
        unit: Some("packets"),
        ..natural(
            "net.ipv4.vs.sync_threshold",
            "3 50",
            "first packet to sync, and of how many again",
        )
    },
    Description {
        kind: Kind::Integer { min: 0, max: 1 },
        unit: Some("version"),
        ..natural("net.ipv4.vs.sync_version", "1", "form of sync datagrams that are sent")
    },
];

const fn natural(name: &'static str, default: &'static str, meaning: &'static str) -> Description {
    let default = Preset::Fixed(default);
    Description { name, kind: Kind::NATURAL, unit: None, default, meaning, exists: Exists::Always }
}

const fn flag(name: &'static str, default: &'static str, meaning: &'static str) -> Description {
    Description { kind: Kind::Flag, ..natural(name, default, meaning) }
}

const fn defense(name: &'static str, meaning: &'static str) -> Description {
    Description { kind: Kind::Defense, ..natural(name, "0", meaning) }
}

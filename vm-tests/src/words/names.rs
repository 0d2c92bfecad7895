// SPDX-License-Identifier: MIT OR Apache-2.0
//! The names of all options of the C tool.

use super::spelling::Name;

pub(super) const ADD_SERVICE: Name = Name(Some('A'), "add-service");
pub(super) const EDIT_SERVICE: Name = Name(Some('E'), "edit-service");
pub(super) const DELETE_SERVICE: Name = Name(Some('D'), "delete-service");
pub(super) const CLEAR: Name = Name(Some('C'), "clear");
pub(super) const LIST: Name = Name(Some('L'), "list");
pub(super) const LIST_TOO: Name = Name(Some('l'), "list");
pub(super) const ADD_SERVER: Name = Name(Some('a'), "add-server");
pub(super) const EDIT_SERVER: Name = Name(Some('e'), "edit-server");
pub(super) const DELETE_SERVER: Name = Name(Some('d'), "delete-server");
pub(super) const SET: Name = Name(None, "set");
pub(super) const START_DAEMON: Name = Name(None, "start-daemon");
pub(super) const STOP_DAEMON: Name = Name(None, "stop-daemon");
pub(super) const RESTORE: Name = Name(Some('R'), "restore");
pub(super) const SAVE: Name = Name(Some('S'), "save");
pub(super) const ZERO: Name = Name(Some('Z'), "zero");
pub(super) const HELP: Name = Name(Some('h'), "help");
pub(super) const VERSION: Name = Name(Some('v'), "version");

pub(super) const TCP: Name = Name(Some('t'), "tcp-service");
pub(super) const UDP: Name = Name(Some('u'), "udp-service");
pub(super) const SCTP: Name = Name(None, "sctp-service");
pub(super) const FWMARK: Name = Name(Some('f'), "fwmark-service");
pub(super) const SCHEDULER: Name = Name(Some('s'), "scheduler");
pub(super) const PERSISTENT: Name = Name(Some('p'), "persistent");
pub(super) const NETMASK: Name = Name(Some('M'), "netmask");
pub(super) const REAL_SERVER: Name = Name(Some('r'), "real-server");
pub(super) const WEIGHT: Name = Name(Some('w'), "weight");
pub(super) const UPPER: Name = Name(Some('x'), "u-threshold");
pub(super) const LOWER: Name = Name(Some('y'), "l-threshold");
pub(super) const MCAST_INTERFACE: Name = Name(None, "mcast-interface");
pub(super) const SYNCID: Name = Name(None, "syncid");
pub(super) const ENGINE: Name = Name(None, "pe");
pub(super) const SCHED_FLAGS: Name = Name(Some('b'), "sched-flags");
pub(super) const MCAST_GROUP: Name = Name(None, "mcast-group");
pub(super) const MCAST_PORT: Name = Name(None, "mcast-port");
pub(super) const MCAST_TTL: Name = Name(None, "mcast-ttl");
pub(super) const SYNC_MAXLEN: Name = Name(None, "sync-maxlen");
pub(super) const TUN_TYPE: Name = Name(None, "tun-type");
pub(super) const TUN_PORT: Name = Name(None, "tun-port");

pub(super) const ROUTE: Name = Name(Some('g'), "gatewaying");
pub(super) const TUNNEL: Name = Name(Some('i'), "ipip");
pub(super) const MASQ: Name = Name(Some('m'), "masquerading");
pub(super) const CONNECTION: Name = Name(Some('c'), "connection");
pub(super) const NUMERIC: Name = Name(Some('n'), "numeric");
pub(super) const TIMEOUT: Name = Name(None, "timeout");
pub(super) const DAEMON: Name = Name(None, "daemon");
pub(super) const STATS: Name = Name(None, "stats");
pub(super) const RATE: Name = Name(None, "rate");
pub(super) const THRESHOLDS: Name = Name(None, "thresholds");
pub(super) const PERSISTENT_CONN: Name = Name(None, "persistent-conn");
pub(super) const NOSORT: Name = Name(None, "nosort");
pub(super) const SORT: Name = Name(None, "sort");
pub(super) const EXACT: Name = Name(Some('X'), "exact");
pub(super) const IPV6: Name = Name(Some('6'), "ipv6");
pub(super) const OPS: Name = Name(Some('o'), "ops");
pub(super) const TUN_INFO: Name = Name(None, "tun-info");
pub(super) const TUN_NOCSUM: Name = Name(None, "tun-nocsum");
pub(super) const TUN_CSUM: Name = Name(None, "tun-csum");
pub(super) const TUN_REMCSUM: Name = Name(None, "tun-remcsum");

/// The commands.
pub(super) const COMMANDS: &[Name] = &[
    ADD_SERVICE,
    EDIT_SERVICE,
    DELETE_SERVICE,
    CLEAR,
    LIST,
    LIST_TOO,
    ADD_SERVER,
    EDIT_SERVER,
    DELETE_SERVER,
    SET,
    START_DAEMON,
    STOP_DAEMON,
    RESTORE,
    SAVE,
    ZERO,
    HELP,
    VERSION,
];

/// The options without a value.
pub(super) const FLAGS: &[Name] = &[
    ROUTE,
    TUNNEL,
    MASQ,
    CONNECTION,
    NUMERIC,
    TIMEOUT,
    DAEMON,
    STATS,
    RATE,
    THRESHOLDS,
    PERSISTENT_CONN,
    NOSORT,
    SORT,
    EXACT,
    IPV6,
    OPS,
    TUN_INFO,
    TUN_NOCSUM,
    TUN_CSUM,
    TUN_REMCSUM,
    PERSISTENT,
];

/// The options with a value.
pub(super) const VALUED: &[Name] = &[
    TCP,
    UDP,
    SCTP,
    FWMARK,
    SCHEDULER,
    PERSISTENT,
    NETMASK,
    REAL_SERVER,
    WEIGHT,
    UPPER,
    LOWER,
    MCAST_INTERFACE,
    SYNCID,
    ENGINE,
    SCHED_FLAGS,
    MCAST_GROUP,
    MCAST_PORT,
    MCAST_TTL,
    SYNC_MAXLEN,
    TUN_TYPE,
    TUN_PORT,
    START_DAEMON,
    STOP_DAEMON,
];

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The numbers of the protocol, from `linux/netlink.h`, `linux/genetlink.h` and `linux/ip_vs.h`.
//!
//! Each nest has its attribute numbers and, for messages, their C names by number.

/// Netlink framing (`linux/netlink.h`).
pub mod netlink {
    pub const NOOP: u16 = 1;
    pub const ERROR: u16 = 2;
    pub const DONE: u16 = 3;
    /// Types below this one belong to netlink itself.
    pub const MIN_TYPE: u16 = 16;

    pub const F_REQUEST: u16 = 0x1;
    pub const F_ACK: u16 = 0x4;
    pub const F_DUMP: u16 = 0x300;
    /// In an answer: what is listed changed meanwhile.
    pub const F_DUMP_INTR: u16 = 0x10;
    /// In an answer: only the header of the request is echoed.
    pub const F_CAPPED: u16 = 0x100;
    /// In an answer: an extended ack follows.
    pub const F_ACK_TLVS: u16 = 0x200;

    pub const HEADER: usize = 16;
    pub const GENERIC_HEADER: usize = 4;
    pub const ATTRIBUTE_HEADER: usize = 4;

    /// The attribute is a nest.
    pub const F_NESTED: u16 = 0x8000;
    /// The number of an attribute without its flag bits.
    pub const TYPE_MASK: u16 = 0x3fff;

    /// The next multiple of four, netlink's alignment.
    pub const fn align(len: usize) -> usize {
        len.saturating_add(3) & !3
    }
}

/// Attributes of an extended ack (`NLMSGERR_ATTR_*`).
pub mod ext_ack {
    pub const MSG: u16 = 1;
    pub const OFFS: u16 = 2;
}

/// The controller that knows the numbers of generic netlink families.
pub mod controller {
    pub const FAMILY: u16 = 16;
    pub const GETFAMILY: u8 = 3;
    pub const VERSION: u8 = 2;

    pub const FAMILY_ID: u16 = 1;
    pub const FAMILY_NAME: u16 = 2;
    pub const NAMES: [&str; 3] =
        ["CTRL_ATTR_UNSPEC", "CTRL_ATTR_FAMILY_ID", "CTRL_ATTR_FAMILY_NAME"];
    /// A list of groups.
    pub const MCAST_GROUPS: u16 = 7;

    pub const GROUP_NAME: u16 = 1;
    pub const GROUP_ID: u16 = 2;
    pub const GROUP_NAMES: [&str; 3] =
        ["CTRL_ATTR_MCAST_GRP_UNSPEC", "CTRL_ATTR_MCAST_GRP_NAME", "CTRL_ATTR_MCAST_GRP_ID"];
}

/// Commands (`IPVS_CMD_*`).
pub mod command {
    pub const NEW_SERVICE: u8 = 1;
    pub const SET_SERVICE: u8 = 2;
    pub const DEL_SERVICE: u8 = 3;
    pub const GET_SERVICE: u8 = 4;
    pub const NEW_DEST: u8 = 5;
    pub const SET_DEST: u8 = 6;
    pub const DEL_DEST: u8 = 7;
    pub const GET_DEST: u8 = 8;
    pub const NEW_DAEMON: u8 = 9;
    pub const DEL_DAEMON: u8 = 10;
    pub const GET_DAEMON: u8 = 11;
    pub const SET_CONFIG: u8 = 12;
    pub const GET_CONFIG: u8 = 13;
    pub const SET_INFO: u8 = 14;
    pub const GET_INFO: u8 = 15;
    pub const ZERO: u8 = 16;
    pub const FLUSH: u8 = 17;
}

/// Attributes of a message (`IPVS_CMD_ATTR_*`).
pub mod message {
    /// The family's name and version.
    pub const FAMILY: &str = "IPVS";
    pub const VERSION: u8 = 1;

    pub const SERVICE: u16 = 1;
    pub const DEST: u16 = 2;
    pub const DAEMON: u16 = 3;
    pub const TIMEOUT_TCP: u16 = 4;
    pub const TIMEOUT_TCP_FIN: u16 = 5;
    pub const TIMEOUT_UDP: u16 = 6;
    pub const NAMES: [&str; 7] = [
        "IPVS_CMD_ATTR_UNSPEC",
        "IPVS_CMD_ATTR_SERVICE",
        "IPVS_CMD_ATTR_DEST",
        "IPVS_CMD_ATTR_DAEMON",
        "IPVS_CMD_ATTR_TIMEOUT_TCP",
        "IPVS_CMD_ATTR_TIMEOUT_TCP_FIN",
        "IPVS_CMD_ATTR_TIMEOUT_UDP",
    ];
}

/// Attributes of the answer to `GET_INFO`, which reuses the numbers of [`message`].
pub mod info {
    pub const VERSION: u16 = 1;
    pub const CONN_TAB_SIZE: u16 = 2;
    pub const NAMES: [&str; 3] =
        ["IPVS_INFO_ATTR_UNSPEC", "IPVS_INFO_ATTR_VERSION", "IPVS_INFO_ATTR_CONN_TAB_SIZE"];
}

/// Attributes of a service (`IPVS_SVC_ATTR_*`).
pub mod service {
    pub const AF: u16 = 1;
    pub const PROTOCOL: u16 = 2;
    pub const ADDR: u16 = 3;
    pub const PORT: u16 = 4;
    pub const FWMARK: u16 = 5;
    pub const SCHED_NAME: u16 = 6;
    pub const FLAGS: u16 = 7;
    pub const TIMEOUT: u16 = 8;
    pub const NETMASK: u16 = 9;
    pub const STATS: u16 = 10;
    pub const PE_NAME: u16 = 11;
    pub const STATS64: u16 = 12;
    pub const NAMES: [&str; 13] = [
        "IPVS_SVC_ATTR_UNSPEC",
        "IPVS_SVC_ATTR_AF",
        "IPVS_SVC_ATTR_PROTOCOL",
        "IPVS_SVC_ATTR_ADDR",
        "IPVS_SVC_ATTR_PORT",
        "IPVS_SVC_ATTR_FWMARK",
        "IPVS_SVC_ATTR_SCHED_NAME",
        "IPVS_SVC_ATTR_FLAGS",
        "IPVS_SVC_ATTR_TIMEOUT",
        "IPVS_SVC_ATTR_NETMASK",
        "IPVS_SVC_ATTR_STATS",
        "IPVS_SVC_ATTR_PE_NAME",
        "IPVS_SVC_ATTR_STATS64",
    ];
}

/// Attributes of a destination (`IPVS_DEST_ATTR_*`).
pub mod dest {
    pub const ADDR: u16 = 1;
    pub const PORT: u16 = 2;
    pub const FWD_METHOD: u16 = 3;
    pub const WEIGHT: u16 = 4;
    pub const U_THRESH: u16 = 5;
    pub const L_THRESH: u16 = 6;
    pub const ACTIVE_CONNS: u16 = 7;
    pub const INACT_CONNS: u16 = 8;
    pub const PERSIST_CONNS: u16 = 9;
    pub const STATS: u16 = 10;
    pub const ADDR_FAMILY: u16 = 11;
    pub const STATS64: u16 = 12;
    pub const TUN_TYPE: u16 = 13;
    pub const TUN_PORT: u16 = 14;
    pub const TUN_FLAGS: u16 = 15;
    pub const NAMES: [&str; 16] = [
        "IPVS_DEST_ATTR_UNSPEC",
        "IPVS_DEST_ATTR_ADDR",
        "IPVS_DEST_ATTR_PORT",
        "IPVS_DEST_ATTR_FWD_METHOD",
        "IPVS_DEST_ATTR_WEIGHT",
        "IPVS_DEST_ATTR_U_THRESH",
        "IPVS_DEST_ATTR_L_THRESH",
        "IPVS_DEST_ATTR_ACTIVE_CONNS",
        "IPVS_DEST_ATTR_INACT_CONNS",
        "IPVS_DEST_ATTR_PERSIST_CONNS",
        "IPVS_DEST_ATTR_STATS",
        "IPVS_DEST_ATTR_ADDR_FAMILY",
        "IPVS_DEST_ATTR_STATS64",
        "IPVS_DEST_ATTR_TUN_TYPE",
        "IPVS_DEST_ATTR_TUN_PORT",
        "IPVS_DEST_ATTR_TUN_FLAGS",
    ];
}

/// Attributes of a sync daemon (`IPVS_DAEMON_ATTR_*`).
pub mod daemon {
    pub const STATE: u16 = 1;
    pub const MCAST_IFN: u16 = 2;
    pub const SYNC_ID: u16 = 3;
    pub const SYNC_MAXLEN: u16 = 4;
    pub const MCAST_GROUP: u16 = 5;
    pub const MCAST_GROUP6: u16 = 6;
    pub const MCAST_PORT: u16 = 7;
    pub const MCAST_TTL: u16 = 8;
    pub const NAMES: [&str; 9] = [
        "IPVS_DAEMON_ATTR_UNSPEC",
        "IPVS_DAEMON_ATTR_STATE",
        "IPVS_DAEMON_ATTR_MCAST_IFN",
        "IPVS_DAEMON_ATTR_SYNC_ID",
        "IPVS_DAEMON_ATTR_SYNC_MAXLEN",
        "IPVS_DAEMON_ATTR_MCAST_GROUP",
        "IPVS_DAEMON_ATTR_MCAST_GROUP6",
        "IPVS_DAEMON_ATTR_MCAST_PORT",
        "IPVS_DAEMON_ATTR_MCAST_TTL",
    ];
}

/// Attributes of both statistics nests (`IPVS_STATS_ATTR_*`).
pub mod stats {
    pub const CONNS: u16 = 1;
    pub const INPKTS: u16 = 2;
    pub const OUTPKTS: u16 = 3;
    pub const INBYTES: u16 = 4;
    pub const OUTBYTES: u16 = 5;
    pub const CPS: u16 = 6;
    pub const INPPS: u16 = 7;
    pub const OUTPPS: u16 = 8;
    pub const INBPS: u16 = 9;
    pub const OUTBPS: u16 = 10;
    pub const NAMES: [&str; 12] = [
        "IPVS_STATS_ATTR_UNSPEC",
        "IPVS_STATS_ATTR_CONNS",
        "IPVS_STATS_ATTR_INPKTS",
        "IPVS_STATS_ATTR_OUTPKTS",
        "IPVS_STATS_ATTR_INBYTES",
        "IPVS_STATS_ATTR_OUTBYTES",
        "IPVS_STATS_ATTR_CPS",
        "IPVS_STATS_ATTR_INPPS",
        "IPVS_STATS_ATTR_OUTPPS",
        "IPVS_STATS_ATTR_INBPS",
        "IPVS_STATS_ATTR_OUTBPS",
        "IPVS_STATS_ATTR_PAD",
    ];
}

/// The state of a sync daemon (`IP_VS_STATE_*`).
pub mod daemon_state {
    pub const MASTER: u32 = 1;
    pub const BACKUP: u32 = 2;
}

/// Address families (`AF_*`).
pub mod family {
    pub const INET: u16 = 2;
    pub const INET6: u16 = 10;
}

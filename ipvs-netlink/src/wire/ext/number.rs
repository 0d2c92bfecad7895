// SPDX-License-Identifier: MIT OR Apache-2.0
//! The numbers of the families, from `linux/ip_vs_ext.h` and `uapi.h` of the module `ip_vs_connctl`.

/// The name of the family of patched kernels.
pub const FAMILY: &str = "ipvs_ext";
/// Its multicast group for events.
pub const GROUP: &str = "config";

/// Commands (`IPVS_EXT_CMD_*`).
pub mod command {
    pub const FEATURES: u8 = 1;
    pub const CONN_GET: u8 = 2;
    pub const CONN_DEL: u8 = 3;
    pub const CONN_COUNT: u8 = 4;
    pub const SNAPSHOT: u8 = 8;
    pub const EVENT: u8 = 9;
}

/// Attributes of a message (`IPVS_EXT_ATTR_*`).
pub mod message {
    pub const FEATURES: u16 = 2;
    pub const GENID: u16 = 3;
    pub const FULLNAT_METHOD: u16 = 4;
    pub const CONN_TAB_SIZE: u16 = 5;
    pub const CONN_COUNT: u16 = 6;
    pub const CONN: u16 = 7;
    pub const FILTER: u16 = 8;
    pub const FLAGS: u16 = 9;
    pub const COUNT: u16 = 10;
    pub const BUSY: u16 = 11;
    pub const EVENT: u16 = 12;
    pub const PORTID: u16 = 13;
    pub const SERVICE: u16 = 14;
    pub const DEST: u16 = 15;
    pub const DAEMON: u16 = 16;
    pub const TIMEOUT_TCP: u16 = 17;
    pub const TIMEOUT_TCP_FIN: u16 = 18;
    pub const TIMEOUT_UDP: u16 = 19;
    pub const NAMES: [&str; 20] = [
        "IPVS_EXT_ATTR_UNSPEC",
        "IPVS_EXT_ATTR_PAD",
        "IPVS_EXT_ATTR_FEATURES",
        "IPVS_EXT_ATTR_GENID",
        "IPVS_EXT_ATTR_FULLNAT_METHOD",
        "IPVS_EXT_ATTR_CONN_TAB_SIZE",
        "IPVS_EXT_ATTR_CONN_COUNT",
        "IPVS_EXT_ATTR_CONN",
        "IPVS_EXT_ATTR_FILTER",
        "IPVS_EXT_ATTR_FLAGS",
        "IPVS_EXT_ATTR_COUNT",
        "IPVS_EXT_ATTR_BUSY",
        "IPVS_EXT_ATTR_EVENT",
        "IPVS_EXT_ATTR_PORTID",
        "IPVS_EXT_ATTR_SERVICE",
        "IPVS_EXT_ATTR_DEST",
        "IPVS_EXT_ATTR_DAEMON",
        "IPVS_EXT_ATTR_TIMEOUT_TCP",
        "IPVS_EXT_ATTR_TIMEOUT_TCP_FIN",
        "IPVS_EXT_ATTR_TIMEOUT_UDP",
    ];

    /// In [`FLAGS`] of `CONN_DEL`: all there are.
    pub const ALL: u32 = 1;
    /// In [`FLAGS`] of `SNAPSHOT`: without what is counted.
    pub const NO_STATS: u32 = 2;
}

/// Attributes of a connection (`IPVS_EXT_CONN_*`).
pub mod connection {
    pub const AF: u16 = 1;
    pub const PROTO: u16 = 2;
    pub const CADDR: u16 = 3;
    pub const CPORT: u16 = 4;
    pub const VADDR: u16 = 5;
    pub const VPORT: u16 = 6;
    pub const DAF: u16 = 7;
    pub const DADDR: u16 = 8;
    pub const DPORT: u16 = 9;
    pub const FLAGS: u16 = 12;
    pub const STATE: u16 = 13;
    pub const EXPIRES: u16 = 14;
    pub const TIMEOUT: u16 = 15;
    pub const FWMARK: u16 = 16;
    pub const INPKTS: u16 = 17;
    pub const PE_NAME: u16 = 18;
    pub const PE_DATA: u16 = 19;
    pub const CONTROL: u16 = 20;
    pub const NAMES: [&str; 21] = [
        "IPVS_EXT_CONN_UNSPEC",
        "IPVS_EXT_CONN_AF",
        "IPVS_EXT_CONN_PROTO",
        "IPVS_EXT_CONN_CADDR",
        "IPVS_EXT_CONN_CPORT",
        "IPVS_EXT_CONN_VADDR",
        "IPVS_EXT_CONN_VPORT",
        "IPVS_EXT_CONN_DAF",
        "IPVS_EXT_CONN_DADDR",
        "IPVS_EXT_CONN_DPORT",
        "IPVS_EXT_CONN_LADDR",
        "IPVS_EXT_CONN_LPORT",
        "IPVS_EXT_CONN_FLAGS",
        "IPVS_EXT_CONN_STATE",
        "IPVS_EXT_CONN_EXPIRES",
        "IPVS_EXT_CONN_TIMEOUT",
        "IPVS_EXT_CONN_FWMARK",
        "IPVS_EXT_CONN_INPKTS",
        "IPVS_EXT_CONN_PE_NAME",
        "IPVS_EXT_CONN_PE_DATA",
        "IPVS_EXT_CONN_CONTROL",
    ];
}

/// Attributes of a filter (`IPVS_EXT_FILTER_*`).
pub mod filter {
    pub const AF: u16 = 1;
    pub const PROTO: u16 = 2;
    /// Each end has address, prefix length and port, in this order.
    pub const CLIENT: u16 = 3;
    pub const SERVICE: u16 = 6;
    pub const DEST: u16 = 9;
    pub const FWMARK: u16 = 12;
    pub const FLAGS: u16 = 13;
    pub const FLAGS_MASK: u16 = 14;
    pub const STATES: u16 = 15;
    pub const MIN_IDLE: u16 = 16;
}

/// The family of the add-on module (`IPVS_CONNCTL_*`).
pub mod add_on {
    pub const FAMILY: &str = "ipvs_connctl";
    pub const DELETE: u8 = 1;
    pub const PROTOCOL: u16 = 1;
    pub const CLIENT_ADDR: u16 = 2;
    pub const CLIENT_PORT: u16 = 3;
    pub const VIRTUAL_ADDR: u16 = 4;
    pub const VIRTUAL_PORT: u16 = 5;
}

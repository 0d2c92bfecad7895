// SPDX-License-Identifier: MIT OR Apache-2.0
//! Forwarding methods: how packets reach a destination.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::{ParseError, TunnelFlags};

/// The forwarding method of a destination, with the tunnel's options where it is a tunnel.
///
/// ```
/// use std::num::NonZeroU16;
/// use ipvs_types::{Forward, Method, RawForward, Tunnel, TunnelFlags};
/// // ipvsadm -a … -i --tun-type gue --tun-port 6080 --tun-csum
/// let port = NonZeroU16::new(6080).expect("not zero");
/// let gue = Forward::Tunnel(Tunnel::Gue { port, flags: TunnelFlags::CSUM });
/// assert_eq!(gue.method(), Method::TUNNEL);
/// assert_eq!(Forward::from(gue.raw()), gue);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Forward {
    /// Masquerading, that is NAT (`ipvsadm -m`).
    Masq,
    /// The director itself serves. The kernel finds this out per packet; a stored value is rare.
    Local,
    /// Encapsulation (`ipvsadm -i`).
    Tunnel(Tunnel),
    /// Direct routing, the default of `ipvsadm` (`-g`).
    Route,
    /// Bypass of a cache cluster; the kernel uses it internally.
    Bypass,
    /// A combination that the kernel stored although it has no meaning, for example a GUE port at a
    /// destination that is not tunnelled. Only [`Forward::from`] makes it, so that it never stands
    /// for a value that has a name.
    Other(OtherForward),
}

/// A nonsensical but stored combination; see [`Forward::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawForward", into = "RawForward")]
pub struct OtherForward(RawForward);

impl From<OtherForward> for RawForward {
    fn from(other: OtherForward) -> Self {
        other.0
    }
}

impl TryFrom<RawForward> for OtherForward {
    type Error = ParseError;

    fn try_from(raw: RawForward) -> Result<Self, ParseError> {
        match Forward::from(raw) {
            Forward::Other(other) => Ok(other),
            _ => Err(ParseError::new(
                "nameless forwarding method",
                format!("{raw:?}"),
                "numbers that no named method has",
            )),
        }
    }
}

/// How packets are encapsulated for a destination (`ipvsadm --tun-type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Tunnel {
    /// IP in IP, the default.
    Ipip,
    /// Generic UDP encapsulation.
    Gue {
        /// The UDP port; GUE has no default port.
        port: NonZeroU16,
        /// Checksum options.
        #[serde(default, skip_serializing_if = "TunnelFlags::is_empty")]
        flags: TunnelFlags,
    },
    /// Generic routing encapsulation.
    Gre {
        /// Checksum options.
        #[serde(default, skip_serializing_if = "TunnelFlags::is_empty")]
        flags: TunnelFlags,
    },
}

/// The number of a forwarding method (`IP_VS_CONN_F_FWD_MASK`, 3 bits; 5 to 7 are undefined but the
/// kernel stores them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Method(u8);

impl Method {
    /// Masquerading (`IP_VS_CONN_F_MASQ`).
    pub const MASQ: Self = Self(0);
    /// Local node (`IP_VS_CONN_F_LOCALNODE`).
    pub const LOCAL: Self = Self(1);
    /// Tunnel (`IP_VS_CONN_F_TUNNEL`).
    pub const TUNNEL: Self = Self(2);
    /// Direct routing (`IP_VS_CONN_F_DROUTE`).
    pub const ROUTE: Self = Self(3);
    /// Bypass (`IP_VS_CONN_F_BYPASS`).
    pub const BYPASS: Self = Self(4);
    /// Translation of both addresses (FULLNAT), where a patched kernel has it. A stock kernel stores it
    /// and drops all packets.
    pub const FULLNAT: Self = Self(5);

    /// The method in the low three bits of a connection flags word.
    pub const fn from_flags(word: u32) -> Self {
        Self((word & 7) as u8)
    }

    /// The number, 0 to 7.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// The four numbers that the kernel stores for a forwarding method, in no byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawForward {
    /// The method.
    pub method: Method,
    /// Tunnel type: 0 IPIP, 1 GUE, 2 GRE; the kernel does not check the range.
    pub tunnel_type: u8,
    /// Tunnel port (GUE).
    pub tunnel_port: u16,
    /// Tunnel flags.
    pub tunnel_flags: TunnelFlags,
}

impl RawForward {
    /// A method without tunnel options.
    pub const fn plain(method: Method) -> Self {
        Self { method, tunnel_type: 0, tunnel_port: 0, tunnel_flags: TunnelFlags::empty() }
    }
}

impl Forward {
    /// The number of the method.
    pub const fn method(&self) -> Method {
        match self {
            Self::Masq => Method::MASQ,
            Self::Local => Method::LOCAL,
            Self::Tunnel(_) => Method::TUNNEL,
            Self::Route => Method::ROUTE,
            Self::Bypass => Method::BYPASS,
            Self::Other(OtherForward(raw)) => raw.method,
        }
    }

    /// The numbers that the kernel stores.
    pub const fn raw(&self) -> RawForward {
        let plain = RawForward::plain(self.method());
        match *self {
            Self::Tunnel(Tunnel::Gue { port, flags }) => {
                RawForward { tunnel_type: 1, tunnel_port: port.get(), tunnel_flags: flags, ..plain }
            }
            Self::Tunnel(Tunnel::Gre { flags }) => {
                RawForward { tunnel_type: 2, tunnel_flags: flags, ..plain }
            }
            Self::Other(OtherForward(raw)) => raw,
            _ => plain,
        }
    }
}

impl From<RawForward> for Forward {
    fn from(raw: RawForward) -> Self {
        let known = match raw.method {
            Method::MASQ => Self::Masq,
            Method::LOCAL => Self::Local,
            Method::ROUTE => Self::Route,
            Method::BYPASS => Self::Bypass,
            Method::TUNNEL => match (raw.tunnel_type, NonZeroU16::new(raw.tunnel_port)) {
                (1, Some(port)) => Self::Tunnel(Tunnel::Gue { port, flags: raw.tunnel_flags }),
                (2, _) => Self::Tunnel(Tunnel::Gre { flags: raw.tunnel_flags }),
                _ => Self::Tunnel(Tunnel::Ipip),
            },
            _ => return Self::Other(OtherForward(raw)),
        };
        if known.raw() == raw { known } else { Self::Other(OtherForward(raw)) }
    }
}

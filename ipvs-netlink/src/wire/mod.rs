// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of IPVS' generic netlink family, and nothing but bytes: no socket, no policy.
//!
//! Two codecs know them. The client of this library uses a direct one, which is private, takes and
//! gives the types of [`ipvs_types`], and allocates nothing for a request. The public types of this
//! module are the other: a message as a list of attributes, for programs that speak netlink
//! themselves through the rust-netlink crates ([`netlink_packet_core`],
//! [`netlink_packet_generic`]), that record or analyse messages, or that need an attribute which
//! the client has no type for. Tests hold both equal.
//!
//! | type | C constants (`linux/ip_vs.h`) |
//! |---|---|
//! | [`IpvsMessage`] with a [`Command`] | `IPVS_CMD_*` |
//! | [`IpvsAttribute`] | `IPVS_CMD_ATTR_*` |
//! | [`ServiceAttribute`] | `IPVS_SVC_ATTR_*` |
//! | [`DestAttribute`] | `IPVS_DEST_ATTR_*` |
//! | [`DaemonAttribute`] | `IPVS_DAEMON_ATTR_*` |
//! | [`StatsAttribute`] | `IPVS_STATS_ATTR_*` |
//! | [`InfoAttribute`] | `IPVS_INFO_ATTR_*` |
//!
//! Byte order is decided per attribute and ends here: every number in these types has the CPU's.
//! An unknown attribute, or a known one in an unexpected form, is kept as `Other`.
//!
//! ```
//! use ipvs_netlink::wire::{Command, IpvsAttribute, IpvsMessage, ServiceAttribute};
//! use netlink_packet_core::ParseableParametrized;
//! use netlink_packet_generic::GenlHeader;
//!
//! // What the kernel answers for a service with firewall mark 7 (shortened).
//! let mut bytes = Vec::new();
//! bytes.extend(20_u16.to_ne_bytes()); // length of the nest
//! bytes.extend(1_u16.to_ne_bytes()); // IPVS_CMD_ATTR_SERVICE
//! bytes.extend(6_u16.to_ne_bytes()); // length
//! bytes.extend(1_u16.to_ne_bytes()); // IPVS_SVC_ATTR_AF
//! bytes.extend(2_u16.to_ne_bytes()); // AF_INET
//! bytes.extend([0, 0]); // alignment
//! bytes.extend(8_u16.to_ne_bytes()); // length
//! bytes.extend(5_u16.to_ne_bytes()); // IPVS_SVC_ATTR_FWMARK
//! bytes.extend(7_u32.to_ne_bytes());
//!
//! let message = IpvsMessage::parse_with_param(&bytes, GenlHeader { cmd: 1, version: 1 })?;
//! assert_eq!(message.command, Command::NewService);
//! let [IpvsAttribute::Service(service)] = &message.attributes[..] else { panic!("one service") };
//! assert_eq!(service.attributes, [ServiceAttribute::Family(2), ServiceAttribute::Fwmark(7)]);
//! # Ok::<(), netlink_packet_core::DecodeError>(())
//! ```
#![forbid(unsafe_code)]

pub(crate) mod decode;
pub(crate) mod encode;
mod error;
pub(crate) mod ext;
mod ext_ack;
pub(crate) mod frame;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod lossless;
#[cfg(any(test, feature = "fuzzing"))]
mod meaning;
pub(crate) mod number;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use error::WireError;
pub use lossless::{
    Command, DaemonAttribute, DestAttribute, InfoAttribute, IpvsAttribute, IpvsMessage, Nest,
    ServiceAttribute, StatsAttribute,
};

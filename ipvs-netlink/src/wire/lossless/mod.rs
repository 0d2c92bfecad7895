// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages as enums of attributes, with the traits of the rust-netlink crates.

mod attribute;
mod command;
mod daemon;
mod dest;
mod info;
mod message;
mod nest;
pub(super) mod payload;
mod service;
mod stats;

pub use attribute::IpvsAttribute;
pub use command::Command;
pub use daemon::DaemonAttribute;
pub use dest::DestAttribute;
pub use info::InfoAttribute;
pub use message::IpvsMessage;
pub use nest::Nest;
pub use service::ServiceAttribute;
pub use stats::StatsAttribute;

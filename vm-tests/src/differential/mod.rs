// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same command lines through the C tool and through ours: what they print, how they end and
//! what they leave in the kernel.
//!
//! Each tool has a root directory in memory ([`Root`]) in which it is `ipvsadm`, with the same small
//! system around it, and works in network namespaces of its own ([`Station`]). Nothing is compared
//! with stored text: the C tool runs beside ours, on the same kernel.

mod intended;
mod lockstep;
mod order;
mod races;
mod refusal;
mod root;
mod scenario;
mod station;
mod transcript;

pub use intended::{Different, SCENARIOS, WITHOUT_NETLINK};
pub use lockstep::{Compared, in_lockstep};
pub use races::{Races, restore_while_listing};
pub use refusal::refuse_generic_netlink;
pub use root::{Root, Tool};
pub use scenario::{Counts, Setup, compare, lines};
pub use station::{Seen, Station, Surroundings};

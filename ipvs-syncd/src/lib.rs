// SPDX-License-Identifier: MIT OR Apache-2.0
//! The messages by which one Linux director copies its IPVS connections to others.
//!
//! A *master* daemon in the kernel (`ipvsadm --start-daemon master`) sends the connections that its
//! packets touch, and any number of *backups* add them to their tables, so that one of them can take
//! over. It is UDP multicast, by default to 224.0.0.81 port 8848 with TTL 1; with `sync_ports` above 1,
//! each further thread has the next port. Nothing is numbered, acknowledged, repeated on loss or
//! authenticated, and an idle master is silent.
//!
//! This crate reads and writes the datagrams, and without the features that say so it does no input or
//! output:
//!
//! * [`Datagram`] reads one: its header, and an iterator over its entries that allocates nothing. How
//!   the bytes lie is told in [`wire`].
//! * [`Backup`] tells what a kernel would do with a datagram, entry by entry, and why.
//! * [`Encoder`] packs connections into datagrams as the kernel's master does.
//! * [`Message`] is a datagram in an owned form, for JSON.
//! * Module `coverage` (feature `coverage`) tells how much of a master's table its backup holds.
//! * Module `table` (feature `table`) makes connections of a director's own table, as its master would.
//! * Module `checkpoint` (feature `checkpoint`) keeps a director's connections in a file.
//! * Module `socket` (feature `socket`) sends datagrams as the kernel's master does.
//! * Module `surgery` (feature `surgery`) ends, moves, frees and restores single connections of a
//!   running kernel.
//! * [`tracker`] watches what is on the wire: who sends, how much, and what is wrong with it.
//! * With the feature `live`, `socket::Receiver` hears the wire, and `live` has a tracker hear with it.
//!
//! ```
//! use ipvs_syncd::{Backup, Connection, Datagram, Encoder, Rules, Verdict, Version};
//! use ipvs_types::{Protocol, TcpState};
//!
//! // What the master of sync id 7 would send:
//! let connection = Connection::new(
//!     Protocol::TCP,
//!     "10.0.0.1:1234".parse()?,
//!     "192.0.2.1:80".parse()?,
//!     "10.1.0.2:80".parse()?,
//! )?
//! .state(TcpState::Established.number());
//! let mut encoder = Encoder::new(Version::V1, 7);
//! encoder.push(&connection)?;
//! let bytes = encoder.finish().expect("one connection waits");
//!
//! // What a listener reads:
//! let datagram = Datagram::parse(&bytes)?;
//! assert_eq!(datagram.header().sync_id, 7);
//! for entry in datagram.entries() {
//!     assert_eq!(
//!         entry?.connection.to_string(),
//!         "TCP 10.0.0.1:1234 > 192.0.2.1:80 > 10.1.0.2:80 ESTABLISHED masq",
//!     );
//! }
//!
//! // What a backup does:
//! let verdicts: Vec<_> = Backup::new(Rules::Strict).receive(&bytes).collect();
//! assert_eq!(verdicts, [Verdict::Accepted(connection)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

// The program speaks of the library by the name that others have for it.
#[cfg(feature = "program")]
extern crate self as ipvs_syncd;

mod addresses;
mod backup;
#[cfg(feature = "capture")]
pub mod capture;
#[cfg(feature = "checkpoint")]
pub mod checkpoint;
mod connection;
#[cfg(feature = "coverage")]
pub mod coverage;
mod drop_reason;
mod encode_error;
mod encoder;
mod json;
mod key;
#[cfg(feature = "live")]
pub mod live;
mod message;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod program;
mod sequence;
#[cfg(feature = "socket")]
pub mod socket;
mod state;
#[cfg(feature = "surgery")]
pub mod surgery;
#[cfg(feature = "table")]
pub mod table;
mod text;
pub mod tracker;
pub mod wire;

pub use addresses::{Addresses, MixedFamilies};
pub use backup::{Backup, Received, Rules, Verdict};
pub use connection::Connection;
pub use drop_reason::{DropReason, DropScope, SkipReason};
pub use encode_error::EncodeError;
pub use encoder::{DEFAULT_MAX_LEN, Encoder};
pub use ipvs_types::ConnectionFlags;
pub use key::ConnectionKey;
pub use message::{Message, MessageEntry};
pub use sequence::{ByteOrder, Sequence, Sequences};
pub use state::State;
pub use wire::{Datagram, DatagramFault, Entries, Entry, Fault, FaultKind, Header, Version};

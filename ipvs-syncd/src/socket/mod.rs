// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sockets for messages: a [`Sender`] sends them as the kernel's master does, a `Receiver` (feature
//! `live`) hears what masters send to a group.
//!
//! Nobody acknowledges anything, and a backup drops what does not fit into its receive buffer without a
//! word. [`Pace`] tells how long to wait.
//!
//! ```no_run
//! use std::time::Instant;
//! use ipvs_syncd::socket::{Pace, Sender, Target};
//! use ipvs_syncd::{Connection, Encoder, Version};
//! use ipvs_types::Protocol;
//!
//! let [client, service, dest] =
//!     ["10.0.0.1:1234".parse()?, "192.0.2.1:80".parse()?, "10.1.0.2:80".parse()?];
//! let mut encoder = Encoder::new(Version::V1, 7);
//! encoder.push(&Connection::new(Protocol::TCP, client, service, dest)?.state(1))?;
//!
//! let sender = Sender::open(&Target::new("eth0".parse()?))?;
//! let (mut pace, start) = (Pace::default(), Instant::now());
//! if let Some(datagram) = encoder.finish() {
//!     std::thread::sleep(pace.wait(start.elapsed(), 1));
//!     sender.send(&datagram)?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "live")]
mod batch;
#[cfg(feature = "live")]
mod clock;
mod error;
#[cfg(feature = "live")]
mod filter;
#[cfg(feature = "live")]
mod listen;
#[cfg(feature = "live")]
mod open;
mod pace;
#[cfg(feature = "live")]
mod receive_error;
#[cfg(feature = "live")]
mod receiver;
mod sender;
mod target;

pub use error::{Doing, SendError};
#[cfg(feature = "live")]
pub use listen::{Hear, Listen, MAX_PORTS};
pub use pace::Pace;
#[cfg(feature = "live")]
pub use receive_error::ReceiveError;
#[cfg(feature = "live")]
pub use receiver::{Receiver, Reception};
pub use sender::Sender;
pub use target::Target;

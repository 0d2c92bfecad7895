// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seam between the surgeon and a kernel.

use std::time::Duration;

use ipvs_proc::Connection as Listed;

use crate::Encoder;

/// A director whose backup daemon hears what is sent to it, and whose connections can be listed: the
/// running kernel ([`Session`](super::Session)), or one in memory for tests.
pub trait Director {
    /// Why a message can't be sent or the table not be read.
    type Error;

    /// An encoder of messages that the backup takes: its sync id and greatest length.
    fn encoder(&self) -> Encoder;

    /// Sends one datagram to the backup. It may get lost.
    ///
    /// # Errors
    /// When it can't be sent.
    fn send(&mut self, datagram: &[u8]) -> Result<(), Self::Error>;

    /// Shows `see` every connection and template that there is.
    ///
    /// # Errors
    /// When the table can't be read as a whole.
    fn visit(&mut self, see: &mut dyn FnMut(&Listed<'_>)) -> Result<(), Self::Error>;

    /// Lets time pass.
    fn pause(&mut self, time: Duration);

    /// Whether the user wants an end. What was begun is then left as it is, and reported.
    fn interrupted(&self) -> bool {
        false
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Packing connections into datagrams.

use std::slice;

use crate::wire::{self, V0_HEADER, V1_HEADER, Version};
use crate::{ByteOrder, Connection, EncodeError};

/// The kernel's `sync_maxlen` on an interface with an MTU of 1500 and an IPv4 group, in bytes.
pub const DEFAULT_MAX_LEN: u16 = 1472;

/// Packs connections into datagrams, in their order, as the kernel's master does: a datagram is full
/// when the next entry would make it longer than the greatest length. An entry that is longer by itself
/// goes alone into a longer datagram.
///
/// Unlike the kernel it never puts more than 255 entries into one, because their number has 8 bits.
/// It writes what it is given: a real master leaves out one-packet connections and TCP connections that
/// are not established yet.
///
/// ```
/// use ipvs_syncd::{Connection, Encoder, Version};
/// use ipvs_types::Protocol;
/// let [service, dest] = ["192.0.2.1:80".parse()?, "10.1.0.2:80".parse()?];
/// let mut encoder = Encoder::new(Version::V1, 7).max_len(100);
/// let mut datagrams = Vec::new();
/// for port in 40000..40005 {
///     let client = ([10, 0, 0, 1], port).into();
///     let connection = Connection::new(Protocol::TCP, client, service, dest)?;
///     datagrams.extend(encoder.push(&connection)?);
/// }
/// datagrams.extend(encoder.finish());
/// let lengths: Vec<_> = datagrams.iter().map(Vec::len).collect();
/// assert_eq!(lengths, [80, 80, 44]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Encoder {
    version: Version,
    sync_id: u8,
    max_len: usize,
    order: ByteOrder,
    /// Room for a header, which is written last, and the entries so far; empty if there are none.
    datagram: Vec<u8>,
    count: u8,
    /// The entries in work.
    entries: Vec<u8>,
}

impl Encoder {
    /// An encoder for datagrams of up to [`DEFAULT_MAX_LEN`] bytes.
    pub const fn new(version: Version, sync_id: u8) -> Self {
        Self {
            version,
            sync_id,
            max_len: DEFAULT_MAX_LEN as usize,
            order: ByteOrder::NATIVE,
            datagram: Vec::new(),
            count: 0,
            entries: Vec::new(),
        }
    }

    /// The same with another greatest length of a datagram in bytes (`ipvsadm --sync-maxlen`). More than
    /// the backups' is in vain: they drop all that is longer.
    pub const fn max_len(mut self, bytes: u16) -> Self {
        self.max_len = bytes as usize;
        self
    }

    /// The same for receivers of another byte order than this machine's; matters for sequence numbers
    /// of version 0 only.
    pub const fn byte_order(mut self, order: ByteOrder) -> Self {
        self.order = order;
        self
    }

    /// Adds a connection; the answer is the datagram that had no room for it, if that is so.
    ///
    /// # Errors
    /// When a message can't say what the connection holds. It is left out then, and nothing else has
    /// changed.
    pub fn push(&mut self, connection: &Connection<'_>) -> Result<Option<Vec<u8>>, EncodeError> {
        self.push_together(slice::from_ref(connection))
    }

    /// Adds connections that must not be parted: a backup handles a datagram as a whole. The answer is
    /// the datagram that had no room for them, if that is so.
    ///
    /// # Errors
    /// When a message can't say what one of them holds, or they are more than 255. All are left out then,
    /// and nothing else has changed.
    pub fn push_together(
        &mut self,
        connections: &[Connection<'_>],
    ) -> Result<Option<Vec<u8>>, EncodeError> {
        let count =
            u8::try_from(connections.len()).map_err(|_| EncodeError::TooMany(connections.len()))?;
        self.entries.clear();
        for connection in connections {
            self.entries.resize(self.entries.len().next_multiple_of(4), 0);
            match self.version {
                Version::V0 => wire::write_v0(&mut self.entries, connection, self.order)?,
                Version::V1 => wire::write_v1(&mut self.entries, connection)?,
            }
        }
        if count == 0 {
            return Ok(None);
        }
        let full = self.padded() + self.entries.len() > self.max_len
            || self.count.checked_add(count).is_none();
        let done = if full { self.finish() } else { None };
        let start = match self.version {
            _ if !self.datagram.is_empty() => self.padded(),
            Version::V0 => V0_HEADER,
            Version::V1 => V1_HEADER,
        };
        self.datagram.resize(start, 0);
        self.datagram.extend(&self.entries);
        self.count += count;
        Ok(done)
    }

    /// The datagram in work, if it has any entry. A master sends it after two seconds at the latest.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        if self.datagram.is_empty() {
            return None;
        }
        let mut datagram = std::mem::take(&mut self.datagram);
        wire::write_header(&mut datagram, self.version, self.sync_id, self.count);
        self.count = 0;
        Some(datagram)
    }

    /// Where the next entry starts. (Headers and version 0 entries are multiples of four themselves.)
    const fn padded(&self) -> usize {
        self.datagram.len().next_multiple_of(4)
    }
}

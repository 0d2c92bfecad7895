// SPDX-License-Identifier: MIT OR Apache-2.0
//! A datagram and the iterator over its entries.

use std::iter::FusedIterator;

use super::{DatagramFault, Entry, Fault, Header, Version, v0, v1};
use crate::ByteOrder;

/// A datagram whose header is sound. It borrows the bytes, and reading its entries allocates nothing.
///
/// ```
/// use ipvs_syncd::{Datagram, Version};
/// // Version 0, sync id 7: one TCP connection with its direct-routing UDP neighbour missing.
/// let mut bytes = vec![2, 7, 0, 28];
/// bytes.extend([0, 6, 0x9c, 0x40, 0, 80, 0, 80]);
/// bytes.extend([10, 1, 0, 2, 10, 1, 0, 100, 10, 2, 0, 2]);
/// bytes.extend([0, 0, 0, 1]);
/// let datagram = Datagram::parse(&bytes)?;
/// assert_eq!(datagram.header().version, Version::V0);
/// let mut entries = datagram.entries();
/// let first = entries.next().expect("it is there")?;
/// assert_eq!(first.connection.client().to_string(), "10.1.0.2:40000");
/// let fault = entries.next().expect("a fault").expect_err("the header counts two");
/// assert_eq!(fault.to_string(), "entry at byte 28: 0 bytes left where an entry has at least 24");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'d> {
    header: Header,
    entries: &'d [u8],
    order: ByteOrder,
}

impl<'d> Datagram<'d> {
    /// The datagram in `bytes`, the whole payload of one UDP packet.
    ///
    /// # Errors
    /// When there is no header, or its size is not the number of bytes.
    pub fn parse(bytes: &'d [u8]) -> Result<Self, DatagramFault> {
        let (header, entries) = Header::parse(bytes)?;
        Ok(Self { header, entries, order: ByteOrder::NATIVE })
    }

    /// The same from a sender of another byte order. It matters for sequence numbers of version 0 only;
    /// without this they are taken to be in this machine's, as a kernel does.
    pub const fn sent_in(mut self, order: ByteOrder) -> Self {
        self.order = order;
        self
    }

    /// What the header says.
    pub const fn header(&self) -> Header {
        self.header
    }

    /// The entries in their order, as many as the header counts or until one can't be read.
    pub const fn entries(&self) -> Entries<'d> {
        Entries {
            version: self.header.version,
            order: self.order,
            left: self.header.count,
            size: self.header.size as usize,
            rest: self.entries,
        }
    }
}

/// The entries of a [`Datagram`]. The first that can't be read is the last.
#[derive(Debug, Clone)]
pub struct Entries<'d> {
    version: Version,
    order: ByteOrder,
    left: u8,
    size: usize,
    rest: &'d [u8],
}

impl<'d> Entries<'d> {
    /// The bytes behind the entries read so far: after the last of a sound message none.
    ///
    /// A kernel ignores them. Whole entries in them are the sign of a master that counted more than
    /// 255.
    pub const fn leftover(&self) -> &'d [u8] {
        self.rest
    }

    /// How many entries are still to come, if they can be read.
    pub const fn remaining(&self) -> u8 {
        self.left
    }
}

impl<'d> Iterator for Entries<'d> {
    type Item = Result<Entry<'d>, Fault>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let read = match self.version {
            Version::V0 => v0::read(self.rest, self.order),
            Version::V1 => v1::read(self.rest),
        };
        Some(match read {
            Ok((rest, entry)) => {
                self.rest = rest;
                Ok(entry)
            }
            Err(kind) => {
                self.left = 0;
                Err(Fault { offset: self.size - self.rest.len(), kind })
            }
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.left > 0), Some(usize::from(self.left)))
    }
}

impl FusedIterator for Entries<'_> {}

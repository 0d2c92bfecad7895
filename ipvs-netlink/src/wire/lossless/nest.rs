// SPDX-License-Identifier: MIT OR Apache-2.0
//! Attributes that hold attributes.

use netlink_packet_core::{Emitable, Nla, NlaBuffer, NlasIterator, Parseable};

use super::payload::emit_all;

/// The attributes in an attribute.
///
/// ```
/// use ipvs_netlink::wire::{Nest, ServiceAttribute};
/// let nest = Nest::from(vec![ServiceAttribute::Family(2)]);
/// assert!(nest.flagged);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nest<A> {
    /// The attributes in their order. Of doubles, the kernel uses the last.
    pub attributes: Vec<A>,
    /// Whether the nest is marked as one (`NLA_F_NESTED`). User space should; the kernel's own IPVS
    /// messages are not.
    pub flagged: bool,
}

impl<A> From<Vec<A>> for Nest<A> {
    /// A nest as user space should send it: flagged.
    fn from(attributes: Vec<A>) -> Self {
        Self { attributes, flagged: true }
    }
}

impl<A: Nla> Emitable for Nest<A> {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        emit_all(&self.attributes, buffer);
    }
}

impl<A> Nest<A>
where
    A: for<'a> Parseable<NlaBuffer<&'a [u8]>>,
{
    /// The attributes in `bytes`, if there is nothing else.
    pub(super) fn read(flagged: bool, bytes: &[u8]) -> Option<Self> {
        let attributes = NlasIterator::new(bytes).map(|nla| A::parse(&nla.ok()?).ok());
        Some(Self { attributes: attributes.collect::<Option<_>>()?, flagged })
    }
}

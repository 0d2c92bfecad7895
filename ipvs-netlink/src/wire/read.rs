// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading attributes: safe, without allocation, each error with its place.

use crate::wire::error::{Found, WireError};
use crate::wire::number::netlink::{ATTRIBUTE_HEADER, TYPE_MASK, align};

/// One attribute as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawAttribute<'a> {
    /// The number, without flag bits.
    pub number: u16,
    /// Where the payload starts.
    pub offset: usize,
    pub payload: &'a [u8],
}

/// The attributes of a message or nest in their order; nothing after an error.
#[derive(Debug, Clone)]
pub(crate) struct Attributes<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Attributes<'a> {
    /// The attributes in `bytes`, which start at `offset` of the whole.
    pub fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { rest: bytes, offset }
    }

    fn one(&self) -> Result<RawAttribute<'a>, Found> {
        let short = Found::Short { len: self.rest.len(), need: ATTRIBUTE_HEADER };
        let &[a, b, c, d] = self.rest.first_chunk::<ATTRIBUTE_HEADER>().ok_or(short)?;
        let claimed = usize::from(u16::from_ne_bytes([a, b]));
        let payload = self.rest.get(ATTRIBUTE_HEADER..claimed);
        let payload = payload.ok_or(Found::Length { claimed, left: self.rest.len() })?;
        let number = u16::from_ne_bytes([c, d]) & TYPE_MASK;
        Ok(RawAttribute { number, offset: self.offset + ATTRIBUTE_HEADER, payload })
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<RawAttribute<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match self.one() {
            Ok(attribute) => {
                let step = align(ATTRIBUTE_HEADER + attribute.payload.len());
                self.rest = self.rest.get(step..).unwrap_or_default();
                self.offset += step;
                Some(Ok(attribute))
            }
            Err(found) => {
                self.rest = &[];
                Some(Err(WireError { what: "attribute", offset: self.offset, found }))
            }
        }
    }
}

/// The known attributes of a message or nest by number; of doubles the last counts, as in the
/// kernel.
pub(crate) struct Table<'a, const N: usize> {
    slots: [Option<RawAttribute<'a>>; N],
    names: &'static [&'static str; N],
    offset: usize,
}

impl<'a, const N: usize> Table<'a, N> {
    /// Sorts the attributes in `bytes`, which start at `offset` of the whole. Numbers without a
    /// name go to `unknown`.
    pub fn read(
        bytes: &'a [u8],
        offset: usize,
        names: &'static [&'static str; N],
        mut unknown: impl FnMut(RawAttribute<'a>),
    ) -> Result<Self, WireError> {
        let mut slots = [None; N];
        for attribute in Attributes::new(bytes, offset) {
            let attribute = attribute?;
            match slots.get_mut(usize::from(attribute.number)) {
                Some(slot) if attribute.number != 0 => *slot = Some(attribute),
                _ => unknown(attribute),
            }
        }
        Ok(Self { slots, names, offset })
    }

    /// The attribute `number`, where present.
    pub fn get(&self, number: u16) -> Option<Value<'a>> {
        let index = usize::from(number);
        let RawAttribute { offset, payload, .. } = self.slots[index]?;
        Some(Value { name: self.names[index], offset, payload })
    }

    /// The attribute `number`.
    pub fn need(&self, number: u16) -> Result<Value<'a>, WireError> {
        self.get(number).ok_or(WireError {
            what: self.names[usize::from(number)],
            offset: self.offset,
            found: Found::Missing,
        })
    }
}

/// The payload of a known attribute. Longer than needed is fine, as for the kernel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    name: &'static str,
    pub offset: usize,
    pub payload: &'a [u8],
}

impl Value<'_> {
    /// An error about this attribute.
    pub fn error(&self, found: Found) -> WireError {
        WireError { what: self.name, offset: self.offset, found }
    }

    /// The first `N` bytes.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], WireError> {
        let short = Found::Short { len: self.payload.len(), need: N };
        self.payload.first_chunk().copied().ok_or_else(|| self.error(short))
    }

    /// A byte.
    pub fn u8(&self) -> Result<u8, WireError> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    /// A number in the CPU's byte order.
    pub fn u16(&self) -> Result<u16, WireError> {
        self.bytes().map(u16::from_ne_bytes)
    }

    /// A number in network byte order.
    pub fn be16(&self) -> Result<u16, WireError> {
        self.bytes().map(u16::from_be_bytes)
    }

    /// A number in the CPU's byte order.
    pub fn u32(&self) -> Result<u32, WireError> {
        self.bytes().map(u32::from_ne_bytes)
    }

    /// A number in the CPU's byte order.
    pub fn u64(&self) -> Result<u64, WireError> {
        self.bytes().map(u64::from_ne_bytes)
    }
}

/// The bytes before the first NUL, or all.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

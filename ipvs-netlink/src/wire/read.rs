// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reading attributes: safe, without allocation, each error with its place.

use crate::wire::error::{Found, WireError};
use crate::wire::number::netlink::{ATTRIBUTE_HEADER, TYPE_MASK, align};

/// One attribute as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawAttribute<'a> {
    /// The number, without flag bits.
    pub number: u16,
    pub payload: &'a [u8],
}

impl<'a> RawAttribute<'a> {
    /// The first attribute of `bytes` and what follows it; `None` if its length does not fit.
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&[a, b, c, d], body) = bytes.split_first_chunk::<ATTRIBUTE_HEADER>()?;
        let length = usize::from(u16::from_ne_bytes([a, b])).checked_sub(ATTRIBUTE_HEADER)?;
        let (payload, _) = body.split_at_checked(length)?;
        let number = u16::from_ne_bytes([c, d]) & TYPE_MASK;
        Some((Self { number, payload }, body.get(align(length)..).unwrap_or_default()))
    }
}

/// Why there is no attribute at the start of `bytes`.
#[cold]
fn misfit(bytes: &[u8]) -> Found {
    match bytes.first_chunk::<ATTRIBUTE_HEADER>() {
        None => Found::Short { len: bytes.len(), need: ATTRIBUTE_HEADER },
        Some(&[a, b, ..]) => {
            let claimed = usize::from(u16::from_ne_bytes([a, b]));
            Found::Length { claimed, left: bytes.len() }
        }
    }
}

/// The attributes of a message or nest in their order; nothing after an error.
#[derive(Debug, Clone)]
pub(crate) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// The attributes in `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = RawAttribute<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (attribute, rest) = RawAttribute::split(self.rest)?;
        self.rest = rest;
        Some(attribute)
    }
}

/// The known attributes of a message or nest by number; of doubles the last counts, as in the
/// kernel.
pub(crate) struct Table<'a, const N: usize> {
    slots: [Option<&'a [u8]>; N],
    names: &'static [&'static str; N],
    place: Place,
}

/// Where a slice lies in the whole, so that errors can say where they are. Only they need it.
#[derive(Debug, Clone, Copy)]
struct Place {
    address: usize,
    offset: usize,
}

impl Place {
    fn of(&self, part: &[u8]) -> usize {
        self.offset + part.as_ptr().addr().saturating_sub(self.address)
    }
}

impl<'a, const N: usize> Table<'a, N> {
    /// Sorts the attributes in `bytes`, which start at `offset` of the whole. Numbers without a
    /// name go to `unknown`.
    #[inline]
    pub fn read(
        bytes: &'a [u8],
        offset: usize,
        names: &'static [&'static str; N],
        mut unknown: impl FnMut(RawAttribute<'a>),
    ) -> Result<Self, WireError> {
        let place = Place { address: bytes.as_ptr().addr(), offset };
        let mut slots = [None; N];
        let mut attributes = Attributes::new(bytes);
        for attribute in &mut attributes {
            match slots.get_mut(usize::from(attribute.number)) {
                Some(slot) if attribute.number != 0 => *slot = Some(attribute.payload),
                _ => unknown(attribute),
            }
        }
        let rest = attributes.rest;
        if rest.is_empty() {
            return Ok(Self { slots, names, place });
        }
        Err(WireError { what: "attribute", offset: place.of(rest), found: misfit(rest) })
    }

    /// The attribute `number`, where present.
    #[inline]
    pub fn get(&self, number: u16) -> Option<Value<'a>> {
        let index = usize::from(number);
        Some(Value { name: self.names[index], payload: self.slots[index]?, place: self.place })
    }

    /// The attribute `number`.
    #[inline]
    pub fn need(&self, number: u16) -> Result<Value<'a>, WireError> {
        self.get(number).ok_or_else(|| self.missing(number))
    }

    #[cold]
    fn missing(&self, number: u16) -> WireError {
        let what = self.names[usize::from(number)];
        WireError { what, offset: self.place.offset, found: Found::Missing }
    }
}

/// The payload of a known attribute. Longer than needed is fine, as for the kernel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    name: &'static str,
    pub payload: &'a [u8],
    place: Place,
}

impl<'a> Value<'a> {
    /// The payload of an attribute called `name`, which lies in `whole`.
    pub fn of(name: &'static str, payload: &'a [u8], whole: &'a [u8]) -> Self {
        Self { name, payload, place: Place { address: whole.as_ptr().addr(), offset: 0 } }
    }
}

impl Value<'_> {
    /// Where the payload starts.
    pub fn offset(&self) -> usize {
        self.place.of(self.payload)
    }

    /// An error about this attribute.
    #[cold]
    pub fn error(&self, found: Found) -> WireError {
        WireError { what: self.name, offset: self.offset(), found }
    }

    /// The first `N` bytes.
    #[inline]
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], WireError> {
        self.payload
            .first_chunk()
            .copied()
            .ok_or_else(|| self.error(Found::Short { len: self.payload.len(), need: N }))
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

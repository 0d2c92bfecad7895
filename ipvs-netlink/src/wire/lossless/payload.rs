// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of attributes: one place for lengths, byte order and the proof of losslessness.

use netlink_packet_core::{DecodeError, DefaultNla, Emitable, Nla, NlaBuffer, Parseable};

use crate::wire::number::netlink::{F_NESTED, TYPE_MASK};

/// What an attribute carries, ready to be written.
pub enum Payload<'a> {
    /// A number or address of the given length.
    Fixed([u8; 16], usize),
    /// A name; a NUL follows.
    Name(&'a [u8]),
    /// Attributes, and whether the nest says that it is one.
    Nest(&'a dyn Emitable, bool),
    /// What has no better form.
    Other(&'a DefaultNla),
}

impl Payload<'_> {
    /// Bytes as they are, at most 16.
    pub fn bytes<const N: usize>(bytes: [u8; N]) -> Self {
        let mut fixed = [0; 16];
        fixed[..N].copy_from_slice(&bytes);
        Self::Fixed(fixed, N)
    }

    pub fn u8(value: u8) -> Self {
        Self::bytes([value])
    }

    pub fn u16(value: u16) -> Self {
        Self::bytes(value.to_ne_bytes())
    }

    pub fn be16(value: u16) -> Self {
        Self::bytes(value.to_be_bytes())
    }

    pub fn u32(value: u32) -> Self {
        Self::bytes(value.to_ne_bytes())
    }

    pub fn u64(value: u64) -> Self {
        Self::bytes(value.to_ne_bytes())
    }

    /// An uninterpreted attribute with its number.
    pub fn other(other: &DefaultNla) -> (u16, Payload<'_>) {
        (other.kind() & TYPE_MASK, Payload::Other(other))
    }

    /// The flag bits beside the attribute's number.
    pub fn flags(&self) -> u16 {
        match self {
            Self::Nest(_, true) => F_NESTED,
            Self::Other(other) => other.kind() & !TYPE_MASK,
            _ => 0,
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Fixed(_, len) => *len,
            Self::Name(name) => name.len() + 1,
            Self::Nest(nest, _) => nest.buffer_len(),
            Self::Other(other) => other.value_len(),
        }
    }

    /// Writes the payload; `buffer` is as long as [`len`](Self::len) says.
    pub fn emit(&self, buffer: &mut [u8]) {
        match self {
            Self::Fixed(bytes, len) => buffer.copy_from_slice(&bytes[..*len]),
            Self::Name(name) => {
                buffer[..name.len()].copy_from_slice(name);
                buffer[name.len()..].fill(0);
            }
            Self::Nest(nest, _) => nest.emit(buffer),
            Self::Other(other) => other.emit_value(buffer),
        }
    }
}

/// The number in a payload of exactly its size.
pub fn u16(payload: &[u8]) -> Option<u16> {
    payload.try_into().ok().map(u16::from_ne_bytes)
}

/// The number in network byte order in a payload of exactly its size.
pub fn be16(payload: &[u8]) -> Option<u16> {
    payload.try_into().ok().map(u16::from_be_bytes)
}

/// The number in a payload of exactly its size.
pub fn u32(payload: &[u8]) -> Option<u32> {
    payload.try_into().ok().map(u32::from_ne_bytes)
}

/// The number in a payload of exactly its size.
pub fn u64(payload: &[u8]) -> Option<u64> {
    payload.try_into().ok().map(u64::from_ne_bytes)
}

/// The bytes of a payload of exactly this size.
pub fn bytes<const N: usize>(payload: &[u8]) -> Option<[u8; N]> {
    payload.try_into().ok()
}

/// The name before a payload's one NUL.
pub fn name<'a, T, E>(payload: &'a [u8], make: impl FnOnce(&'a [u8]) -> Result<T, E>) -> Option<T> {
    let (0, name) = payload.split_last()? else { return None };
    make(name).ok()
}

/// An enum of attributes.
pub trait Attribute: Nla + Sized {
    /// The attribute `number` with this payload, if both are known; `flagged` says whether it is
    /// marked as a nest.
    fn known(number: u16, flagged: bool, payload: &[u8]) -> Option<Self>;

    /// The attribute without interpretation.
    fn other(other: DefaultNla) -> Self;
}

/// The attribute in `buffer`: interpreted if, written again, it would be the same to the bit.
pub fn parse<A: Attribute>(buffer: NlaBuffer<&[u8]>) -> Result<A, DecodeError> {
    buffer.check_buffer_length()?;
    let other = DefaultNla::parse(&buffer)?;
    let known = A::known(buffer.kind(), buffer.nested_flag(), buffer.value());
    Ok(known.filter(|known| same(known, &other)).unwrap_or_else(|| A::other(other)))
}

/// Writes attributes one after the other; `buffer` is as long as they are.
///
/// This is the slice's own `emit` but for the type, which is written again: netlink-packet-core 0.9
/// drops the byte order flag of an attribute that is also flagged as a nest.
pub fn emit_all(attributes: &[impl Nla], buffer: &mut [u8]) {
    let mut rest = buffer;
    for attribute in attributes {
        let (buffer, after) = rest.split_at_mut(attribute.buffer_len());
        attribute.emit(buffer);
        buffer[2..4].copy_from_slice(&attribute.kind().to_ne_bytes());
        rest = after;
    }
}

fn same(one: &impl Nla, other: &impl Nla) -> bool {
    let value = |nla: &dyn Nla| {
        let mut bytes = vec![0; nla.value_len()];
        nla.emit_value(&mut bytes);
        bytes
    };
    one.kind() == other.kind() && value(one) == value(other)
}

/// The traits of netlink-packet-core for an enum with a method `payload`, which gives an
/// attribute's number and payload.
macro_rules! attribute_traits {
    ($name:ident $(<$width:ident: $bound:path>)?) => {
        impl $(<$width: $bound>)? netlink_packet_core::Nla for $name $(<$width>)? {
            fn value_len(&self) -> usize {
                self.payload().1.len()
            }

            fn kind(&self) -> u16 {
                let (number, payload) = self.payload();
                number | payload.flags()
            }

            fn emit_value(&self, buffer: &mut [u8]) {
                self.payload().1.emit(buffer);
            }
        }

        impl<'a, T: AsRef<[u8]> + ?Sized $(, $width: $bound)?>
            netlink_packet_core::Parseable<netlink_packet_core::NlaBuffer<&'a T>>
            for $name $(<$width>)?
        {
            fn parse(
                buffer: &netlink_packet_core::NlaBuffer<&'a T>,
            ) -> Result<Self, netlink_packet_core::DecodeError> {
                let bytes = buffer.into_inner().as_ref();
                $crate::wire::lossless::payload::parse(netlink_packet_core::NlaBuffer::new(bytes))
            }
        }
    };
}
pub(super) use attribute_traits;

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Attributes by hand, independent of the writer and reader of the library.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An attribute.
pub fn attribute(number: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u16 + 4).to_ne_bytes().to_vec();
    bytes.extend(number.to_ne_bytes());
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A nest as the kernel writes it.
pub fn nest(number: u16, members: &[Vec<u8>]) -> Vec<u8> {
    attribute(number | 0x8000, &members.concat())
}

pub fn u16(number: u16, value: u16) -> Vec<u8> {
    attribute(number, &value.to_ne_bytes())
}

pub fn be16(number: u16, value: u16) -> Vec<u8> {
    attribute(number, &value.to_be_bytes())
}

pub fn u32(number: u16, value: u32) -> Vec<u8> {
    attribute(number, &value.to_ne_bytes())
}

pub fn text(number: u16, text: &[u8]) -> Vec<u8> {
    attribute(number, &[text, &[0]].concat())
}

pub fn address(number: u16, address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => attribute(number, &address.octets()),
        IpAddr::V6(address) => attribute(number, &address.octets()),
    }
}

/// The attributes of a message or nest with their numbers, which are there once and in order.
pub struct Members(Vec<(u16, Vec<u8>)>);

impl Members {
    /// All of `bytes`; a nest must say that it is one, and nothing else may.
    pub fn of(mut bytes: &[u8], nests: &[u16]) -> Self {
        let mut all = Vec::new();
        while !bytes.is_empty() {
            let length = usize::from(u16::from_ne_bytes([bytes[0], bytes[1]]));
            let kind = u16::from_ne_bytes([bytes[2], bytes[3]]);
            let number = kind & 0x3fff;
            assert_eq!(kind & 0x8000 != 0, nests.contains(&number), "nest flag of {number}");
            all.push((number, bytes[4..length].to_vec()));
            bytes = &bytes[length.next_multiple_of(4)..];
        }
        assert!(all.is_sorted_by(|a, b| a.0 < b.0), "once and in order");
        Self(all)
    }

    /// Takes one out.
    pub fn take(&mut self, number: u16) -> Option<Vec<u8>> {
        let place = self.0.iter().position(|(known, _)| *known == number)?;
        Some(self.0.remove(place).1)
    }

    pub fn u8(&mut self, number: u16) -> Option<u8> {
        self.take(number).map(|bytes| u8::from_ne_bytes(bytes.try_into().expect("1 byte")))
    }

    pub fn u16(&mut self, number: u16) -> Option<u16> {
        self.take(number).map(|bytes| u16::from_ne_bytes(bytes.try_into().expect("2 bytes")))
    }

    pub fn be16(&mut self, number: u16) -> Option<u16> {
        self.take(number).map(|bytes| u16::from_be_bytes(bytes.try_into().expect("2 bytes")))
    }

    pub fn u32(&mut self, number: u16) -> Option<u32> {
        self.take(number).map(|bytes| u32::from_ne_bytes(bytes.try_into().expect("4 bytes")))
    }

    pub fn address(&mut self, number: u16) -> Option<IpAddr> {
        let bytes = self.take(number)?;
        Some(match bytes.len() {
            4 => Ipv4Addr::from(<[u8; 4]>::try_from(bytes).expect("4 bytes")).into(),
            16 => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).expect("16 bytes")).into(),
            other => panic!("an address of {other} bytes"),
        })
    }

    /// Refuses what was not taken, as the kernel does.
    pub fn end(self) {
        assert!(self.0.is_empty(), "unknown: {:?}", self.0);
    }
}

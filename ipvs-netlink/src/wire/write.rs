// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writing messages: straight into the caller's buffer, lengths filled in afterwards.

use std::net::IpAddr;

use crate::wire::number::netlink::{ATTRIBUTE_HEADER, F_NESTED, align};

/// Appends one message to a buffer.
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Writer<'a> {
    /// A message with its two headers: netlink, generic netlink.
    pub fn message(
        out: &'a mut Vec<u8>,
        (family, flags, seq): (u16, u16, u32),
        (command, version): (u8, u8),
    ) -> Self {
        let start = out.len();
        // Bytes 0 to 3 are the length, 12 to 15 the receiver: the kernel.
        let mut headers = [0; 20];
        headers[4..6].copy_from_slice(&family.to_ne_bytes());
        headers[6..8].copy_from_slice(&flags.to_ne_bytes());
        headers[8..12].copy_from_slice(&seq.to_ne_bytes());
        headers[16..18].copy_from_slice(&[command, version]);
        out.extend_from_slice(&headers);
        Self { out, start }
    }

    /// Ends the message by writing its length.
    pub fn finish(self) {
        let len = self.out.len() - self.start;
        self.out[self.start..self.start + 4].copy_from_slice(&(len as u32).to_ne_bytes());
    }

    /// An attribute: the payload is at most the longest name here, far below the 64 KiB limit.
    fn attribute(&mut self, number: u16, payload: &[u8], tail: &[u8]) {
        let len = ATTRIBUTE_HEADER + payload.len() + tail.len();
        self.out.extend_from_slice(&(len as u16).to_ne_bytes());
        self.out.extend_from_slice(&number.to_ne_bytes());
        self.out.extend_from_slice(payload);
        self.out.extend_from_slice(tail);
        self.out.resize(self.out.len() + align(len) - len, 0);
    }

    /// A nest with what `fill` writes.
    pub fn nest(&mut self, number: u16, fill: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        let [low, high] = (number | F_NESTED).to_ne_bytes();
        self.out.extend_from_slice(&[0, 0, low, high]);
        fill(self);
        let len = self.out.len() - start;
        self.out[start..start + 2].copy_from_slice(&(len as u16).to_ne_bytes());
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, number: u16, payload: &[u8]) {
        self.attribute(number, payload, &[]);
    }

    /// A name with its NUL.
    pub fn name(&mut self, number: u16, name: &[u8]) {
        self.attribute(number, name, &[0]);
    }

    /// The commonest attribute, of at most four bytes, in one piece.
    fn short<const N: usize>(&mut self, number: u16, payload: [u8; N]) {
        const { assert!(N <= 4) };
        let mut attribute = [0; 8];
        attribute[..2].copy_from_slice(&((ATTRIBUTE_HEADER + N) as u16).to_ne_bytes());
        attribute[2..4].copy_from_slice(&number.to_ne_bytes());
        attribute[4..4 + N].copy_from_slice(&payload);
        self.out.extend_from_slice(&attribute);
    }

    /// A byte.
    pub fn u8(&mut self, number: u16, value: u8) {
        self.short(number, [value]);
    }

    /// A number in the CPU's byte order.
    pub fn u16(&mut self, number: u16, value: u16) {
        self.short(number, value.to_ne_bytes());
    }

    /// A number in network byte order.
    pub fn be16(&mut self, number: u16, value: u16) {
        self.short(number, value.to_be_bytes());
    }

    /// A number in the CPU's byte order.
    pub fn u32(&mut self, number: u16, value: u32) {
        self.short(number, value.to_ne_bytes());
    }

    /// An address in 16 bytes (`union nf_inet_addr`): IPv4 in the first four, the rest zero.
    pub fn address(&mut self, number: u16, address: IpAddr) {
        let mut attribute = [0; ATTRIBUTE_HEADER + 16];
        attribute[..2].copy_from_slice(&((ATTRIBUTE_HEADER + 16) as u16).to_ne_bytes());
        attribute[2..4].copy_from_slice(&number.to_ne_bytes());
        attribute[4..].copy_from_slice(&address_bytes(address));
        self.out.extend_from_slice(&attribute);
    }
}

/// `union nf_inet_addr`.
pub(crate) fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&v4.octets());
            bytes
        }
        IpAddr::V6(v6) => v6.octets(),
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers and addresses in lines of connections.
//!
//! A director may have millions of connections, seven numbers each: these readers are written by hand
//! because the standard library's take several times as long.

use std::net::Ipv6Addr;

/// `byte` in each byte of a word.
pub(super) const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Eight hexadecimal digits, all at once: each byte of a word is one digit.
#[inline]
pub(super) fn hex8(digits: [u8; 8]) -> Option<u32> {
    let text = u64::from_be_bytes(digits);
    // The low half of a digit is its value; letters, which alone have bit 6, are 9 more.
    let letters = text >> 6 & each(1);
    let values = (text & each(0x0f)) + letters * 9;
    // What is no digit is found by writing the values again, in upper case.
    let upper = text & !(letters << 5);
    let above_nine = (values + each(6)) >> 4 & each(1);
    if values & each(0xf0) != 0 || values + each(b'0') + above_nine * 7 != upper {
        return None;
    }
    let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    Some((quads | quads >> 16) as u32)
}

/// Four hexadecimal digits.
#[inline]
pub(super) fn hex4([a, b, c, d]: [u8; 4]) -> Option<u16> {
    hex8([b'0', b'0', b'0', b'0', a, b, c, d]).map(|number| number as u16)
}

/// A number of at least one digit and nothing else.
#[inline]
pub(super) fn number(word: &[u8], radix: u32) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0u64, |number, digit| {
        let value = char::from(*digit).to_digit(radix)?;
        number.checked_mul(radix.into())?.checked_add(value.into())
    })
}

/// The form in which the kernel writes IPv6 addresses here: eight groups of four digits.
#[inline]
pub(super) fn full_ipv6(word: &[u8; 39]) -> Option<Ipv6Addr> {
    let mut segments = [0; 8];
    for (i, segment) in segments.iter_mut().enumerate() {
        *segment = hex4(*word[5 * i..].first_chunk()?)?;
        if i < 7 && word[5 * i + 4] != b':' {
            return None;
        }
    }
    Some(Ipv6Addr::from(segments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number(b"0A000001", 16), Some(0x0a00_0001));
        assert_eq!(number(b"18446744073709551615", 10), Some(u64::MAX));
        for bad in ["", "+1", "-1", " 1", "1 ", "g", "a", "18446744073709551616", ":"] {
            assert_eq!(number(bad.as_bytes(), 10), None, "{bad}");
        }
    }

    #[test]
    fn digits_at_once() {
        assert_eq!(hex8(*b"0A000001"), Some(0x0a00_0001));
        assert_eq!(hex8(*b"fFeDcbA9"), Some(0xffed_cba9));
        assert_eq!(hex4(*b"1F90"), Some(8080));
        // Every byte at every place, against a reader of single digits.
        for place in 0..8 {
            for byte in 0..=u8::MAX {
                let mut digits = *b"09afAF5c";
                digits[place] = byte;
                assert_eq!(hex8(digits).map(u64::from), number(&digits, 16), "{digits:?}");
            }
        }
    }

    #[test]
    fn addresses() {
        let full = b"fd01:0000:0000:0000:0000:0000:0000:0100";
        assert_eq!(full_ipv6(full), "fd01::100".parse().ok());
        assert_eq!(full_ipv6(b"fd01:0000:0000:0000-0000:0000:0000:0100"), None);
        assert_eq!(full_ipv6(b"fd01:0000:0000:0000:0000:0000:0000:010g"), None);
    }
}

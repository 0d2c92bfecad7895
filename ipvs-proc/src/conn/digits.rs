// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers and addresses in lines of connections.
//!
//! A director may have millions of connections, seven numbers each: these readers are written by hand
//! because they are most of the work, and take a third of the time of the standard library's.

use std::net::Ipv6Addr;

/// What is no digit.
const NONE: u8 = 0xff;

/// The value of each byte as a hexadecimal digit.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut digit = 0;
    while digit < 16 {
        let letter = b"0123456789ABCDEF"[digit as usize];
        values[letter as usize] = digit;
        values[letter.to_ascii_lowercase() as usize] = digit;
        digit += 1;
    }
    values
};

/// As many hexadecimal digits as there are bytes, at most eight.
#[inline]
pub(super) fn fixed_hex<const N: usize>(digits: &[u8; N]) -> Option<u32> {
    const { assert!(N <= 8) };
    let (mut number, mut seen) = (0u32, 0u8);
    for digit in digits {
        let value = VALUES[usize::from(*digit)];
        seen |= value;
        number = number << 4 | u32::from(value & 15);
    }
    (seen < 16).then_some(number)
}

/// A number of at least one digit and nothing else.
#[inline]
pub(super) fn number(word: &[u8], radix: u8) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0u64, |number, digit| {
        let value = Some(VALUES[usize::from(*digit)]).filter(|value| *value < radix)?;
        number.checked_mul(radix.into())?.checked_add(value.into())
    })
}

/// The form in which the kernel writes IPv6 addresses here: eight groups of four digits.
#[inline]
pub(super) fn full_ipv6(word: &[u8; 39]) -> Option<Ipv6Addr> {
    let mut segments = [0; 8];
    for (i, segment) in segments.iter_mut().enumerate() {
        let digits = word[5 * i..].first_chunk::<4>()?;
        *segment = u16::try_from(fixed_hex(digits)?).ok()?;
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
        assert_eq!(fixed_hex(b"fFfFfFfF"), Some(u32::MAX));
        assert_eq!(fixed_hex(b"00g0"), None);
    }

    #[test]
    fn addresses() {
        let full = b"fd01:0000:0000:0000:0000:0000:0000:0100";
        assert_eq!(full_ipv6(full), "fd01::100".parse().ok());
        assert_eq!(full_ipv6(b"fd01:0000:0000:0000-0000:0000:0000:0100"), None);
        assert_eq!(full_ipv6(b"fd01:0000:0000:0000:0000:0000:0000:010g"), None);
    }
}

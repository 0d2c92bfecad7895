// SPDX-License-Identifier: MIT OR Apache-2.0
//! `printf`'s columns, into a buffer, without allocation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Writes decimal digits. Most numbers of a listing are small: parts of addresses, weights, ports.
pub fn number(out: &mut Vec<u8>, value: u64) {
    let digit = |value: u64| b'0' + (value % 10) as u8;
    match value {
        0..10 => out.push(digit(value)),
        10..100 => out.extend_from_slice(&[digit(value / 10), digit(value)]),
        100..1000 => {
            out.extend_from_slice(&[digit(value / 100), digit(value / 10), digit(value)]);
        }
        _ => large_number(out, value),
    }
}

fn large_number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes a number that C prints as a signed 32-bit one.
pub fn signed(out: &mut Vec<u8>, value: u32) {
    let value = value as i32;
    if value < 0 {
        out.push(b'-');
    }
    number(out, value.unsigned_abs().into());
}

/// Writes an IPv4 address.
pub fn ipv4(out: &mut Vec<u8>, address: Ipv4Addr) {
    for (i, octet) in address.octets().into_iter().enumerate() {
        if i > 0 {
            out.push(b'.');
        }
        number(out, octet.into());
    }
}

/// Writes an IPv6 address. The C library shows the end of "compatible" addresses as IPv4, too.
fn ipv6(out: &mut Vec<u8>, address: Ipv6Addr) {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
            out.extend_from_slice(b"::");
            ipv4(out, Ipv4Addr::from_bits(address.to_bits() as u32));
        }
        _ => out.extend_from_slice(address.to_string().as_bytes()),
    }
}

/// Writes an address, IPv6 without brackets.
pub fn address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => ipv4(out, address),
        IpAddr::V6(address) => ipv6(out, address),
    }
}

/// Fills up with blanks what was written since `start` to `width`; longer text stays as it is.
pub fn pad(out: &mut Vec<u8>, start: usize, width: usize) {
    let end = start + width;
    if out.len() < end {
        out.resize(end, b' ');
    }
}

/// Cuts what was written since `start` to `width`.
pub fn cut(out: &mut Vec<u8>, start: usize, width: usize) {
    out.truncate(start + width);
}

/// Writes a blank and a column of at least `width`, filled up on the right.
pub fn left(out: &mut Vec<u8>, width: usize, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b' ');
    let start = out.len();
    write(out);
    pad(out, start, width);
}

/// Writes a number in a column of at least `width`, filled up on the left.
pub fn right(out: &mut Vec<u8>, width: usize, value: u64) {
    let digits = value.checked_ilog10().unwrap_or(0) as usize + 1;
    out.resize(out.len() + width.saturating_sub(digits), b' ');
    number(out, value);
}

/// Writes a counter, nine columns wide: above eight digits in thousands, millions and so on, cut,
/// not rounded; with `exact` in full.
pub fn counter(out: &mut Vec<u8>, value: u64, exact: bool) {
    let (divisor, unit) = match value {
        _ if exact && value >= 100_000_000 => {
            out.push(b' ');
            return number(out, value);
        }
        0..100_000_000 => return right(out, 9, value),
        100_000_000..1_000_000_000 => (1_000, b'K'),
        1_000_000_000..100_000_000_000 => (1_000_000, b'M'),
        100_000_000_000..100_000_000_000_000 => (1_000_000_000, b'G'),
        _ => (1_000_000_000_000, b'T'),
    };
    right(out, 8, value / divisor);
    out.push(unit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_cut_not_rounded() {
        for (value, short, exact) in [
            (0, "        0", "        0"),
            (99_999_999, " 99999999", " 99999999"),
            (100_000_999, "  100000K", " 100000999"),
            (999_999_999, "  999999K", " 999999999"),
            (1_999_999_999, "    1999M", " 1999999999"),
            (99_999_999_999, "   99999M", " 99999999999"),
            (100_000_000_000, "     100G", " 100000000000"),
            (100_000_000_000_000, "     100T", " 100000000000000"),
            (u64::MAX, "18446744T", " 18446744073709551615"),
        ] {
            for (exact, expected) in [(false, short), (true, exact)] {
                let mut out = Vec::new();
                counter(&mut out, value, exact);
                assert_eq!(String::from_utf8_lossy(&out), expected);
            }
        }
    }

    #[test]
    fn addresses_as_the_c_library_shows_them() {
        for text in [
            "::",
            "::1",
            "::ffff",
            "::0.1.0.0",
            "::10.0.0.1",
            "::ffff:10.0.0.1",
            "::fffe:a00:1",
            "::1:a00:1",
            "1:0:0:2::",
            "1::2:0:0",
            "1:0:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:0",
            "0:1::",
        ] {
            let mut out = Vec::new();
            address(&mut out, text.parse().expect("an address"));
            assert_eq!(String::from_utf8_lossy(&out), text);
        }
    }

    #[test]
    fn numbers_of_any_length() {
        let long = (0..20).map(|zeros| 10_u64.pow(zeros));
        for value in (0..=1100).chain(long.flat_map(|power| [power - 1, power])).chain([u64::MAX]) {
            let mut out = b"x".to_vec();
            number(&mut out, value);
            assert_eq!(String::from_utf8_lossy(&out), format!("x{value}"));
        }
    }

    #[test]
    fn columns_overflow_but_never_lose() {
        let mut out = Vec::new();
        left(&mut out, 4, |out| number(out, 12));
        left(&mut out, 4, |out| signed(out, u32::MAX));
        left(&mut out, 1, |out| address(out, IpAddr::from([10, 0, 0, 1])));
        assert_eq!(String::from_utf8_lossy(&out), " 12   -1   10.0.0.1");
    }
}

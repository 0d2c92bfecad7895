// SPDX-License-Identifier: MIT OR Apache-2.0
//! IPv4 addresses as `inet_aton` reads them: one to four parts, decimal, octal or hexadecimal.

use std::net::Ipv4Addr;

/// The address that `text` starts with; after a blank, anything may follow.
pub fn aton(text: &[u8]) -> Option<Ipv4Addr> {
    dotted_quad(text).or_else(|| any_form(text))
}

/// Four plain decimal numbers and nothing else.
fn dotted_quad(text: &[u8]) -> Option<Ipv4Addr> {
    match quad(text)? {
        (address, []) => Some(address),
        _ => None,
    }
}

/// `a.b.c.d:port`, all plain decimal: what nearly every rule holds, in one pass.
pub fn quad_and_port(text: &[u8]) -> Option<(Ipv4Addr, u16)> {
    let (address, rest) = quad(text)?;
    let digits = rest.strip_prefix(b":")?;
    if digits.len() > 5 {
        return None;
    }
    let (mut port, mut rest) = digit(digits)?;
    while let Some((digit, after)) = digit(rest) {
        port = 10 * port + digit;
        rest = after;
    }
    if !rest.is_empty() {
        return None;
    }
    Some((address, u16::try_from(port).ok()?))
}

/// Four plain decimal numbers, and what follows them.
fn quad(text: &[u8]) -> Option<(Ipv4Addr, &[u8])> {
    let (mut bits, mut rest) = octet(text)?;
    for _ in 0..3 {
        let (octet, after) = octet(rest.strip_prefix(b".")?)?;
        bits = bits << 8 | octet;
        rest = after;
    }
    Some((Ipv4Addr::from_bits(bits), rest))
}

/// A plain decimal number up to 255, and what follows it. Leading zeros mean octal, so nothing is
/// added to a zero.
fn octet(text: &[u8]) -> Option<(u32, &[u8])> {
    let (first, rest) = digit(text)?;
    if first == 0 {
        return Some((0, rest));
    }
    let Some((second, rest)) = digit(rest) else { return Some((first, rest)) };
    let octet = 10 * first + second;
    let Some((third, rest)) = digit(rest) else { return Some((octet, rest)) };
    let octet = 10 * octet + third;
    (octet <= 255).then_some((octet, rest))
}

/// A decimal digit, and what follows it.
fn digit(text: &[u8]) -> Option<(u32, &[u8])> {
    match text {
        [byte @ b'0'..=b'9', rest @ ..] => Some((u32::from(byte - b'0'), rest)),
        _ => None,
    }
}

fn any_form(text: &[u8]) -> Option<Ipv4Addr> {
    let mut parts = [0u32; 4];
    let mut count = 0;
    let mut rest = text;
    loop {
        let (part, after) = part(rest)?;
        *parts.get_mut(count)? = part;
        count += 1;
        match after {
            [b'.', more @ ..] => rest = more,
            [] | [b' ' | b'\t'..=b'\r', ..] => break,
            _ => return None,
        }
    }
    let (last, leading) = parts[..count].split_last()?;
    let mut bits = 0u32;
    for (i, part) in leading.iter().enumerate() {
        bits |= u32::from(u8::try_from(*part).ok()?) << (24 - 8 * i);
    }
    let room = u32::MAX.checked_shr(8 * leading.len() as u32)?;
    (*last <= room).then(|| Ipv4Addr::from_bits(bits | last))
}

/// One number with C's prefixes for the base, and what follows it.
fn part(text: &[u8]) -> Option<(u32, &[u8])> {
    let (base, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] if rest.first()?.is_ascii_hexdigit() => (16, rest),
        [b'0', ..] => (8, text),
        [b'1'..=b'9', ..] => (10, text),
        _ => return None,
    };
    let mut value = 0u32;
    let mut length = 0;
    for &byte in digits {
        let Some(digit) = char::from(byte).to_digit(base) else { break };
        value = value.checked_mul(base)?.checked_add(digit)?;
        length += 1;
    }
    Some((value, &digits[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_path_takes_only_what_it_understands() {
        let address = Ipv4Addr::new(10, 0, 0, 255);
        assert_eq!(quad_and_port(b"10.0.0.255:80"), Some((address, 80)));
        assert_eq!(quad_and_port(b"10.0.0.255:00080"), Some((address, 80)));
        for text in [
            "10.0.0.255",
            "10.0.0.255:",
            "10.0.0.256:80",
            "10.0.0.010:80",
            "10.0.0.1:65536",
            "10.0.0.1:80 ",
            "10.0.0.1 :80",
            "10.0.0.1:+80",
            "10.0.0:80",
            "10.0.0.0.1:80",
            "[10.0.0.1]:80",
            "",
            "10.0.0.1:000080",
        ] {
            assert_eq!(quad_and_port(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn forms_of_an_address() {
        for (text, address) in [
            ("10.0.0.1", [10, 0, 0, 1]),
            ("10.1", [10, 0, 0, 1]),
            ("10.1.258", [10, 1, 1, 2]),
            ("0x0a000001", [10, 0, 0, 1]),
            ("010.0.0.010", [8, 0, 0, 8]),
            ("167772161", [10, 0, 0, 1]),
            ("24", [0, 0, 0, 24]),
            ("0", [0, 0, 0, 0]),
            ("255.255.255.255", [255; 4]),
            ("10.0.0.1 junk", [10, 0, 0, 1]),
        ] {
            assert_eq!(aton(text.as_bytes()), Some(address.into()), "{text}");
            assert_eq!(any_form(text.as_bytes()), Some(address.into()), "{text}");
        }
        for text in [
            "",
            ".",
            "10.",
            "256.1.1.1",
            "1.2.3.256",
            "1.2.3.4.5",
            "/24",
            "10.0.0.1x",
            "08.1.1.1",
            "4294967296",
            "0x",
            "1.16777216",
            "abc",
            " 10.0.0.1",
        ] {
            assert_eq!(aton(text.as_bytes()), None, "{text}");
        }
    }
}

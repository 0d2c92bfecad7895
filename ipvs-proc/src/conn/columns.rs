// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lines of the usual widths, read by columns: a director may have millions.
//!
//! Nothing is searched for, and sixteen bytes are looked at together: the compiler makes vector
//! instructions of it. It is a shortcut for the same result: what does not fit is `None`, and is read word
//! by word. (Inlining is forced where a result that is passed through memory would cost more than the
//! work: it is written in small parts, and read at once.)

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use ipvs_types::Protocol;

use super::digits::each;

/// The width of a state, which blanks fill.
pub(super) const STATE: usize = 11;

/// The same of an origin.
pub(super) const ORIGIN: usize = 6;

/// The protocol, how long its name is, and where the line goes on, after a blank.
#[inline(always)]
pub(super) fn protocol(line: &[u8]) -> Option<(Protocol, usize, usize)> {
    match line.first_chunk()? {
        b"TCP " => Some((Protocol::TCP, 3, 4)),
        b"UDP " => Some((Protocol::UDP, 3, 4)),
        b"IP  " => Some((Protocol(0), 2, 4)),
        b"SCTP" if *line.get(4)? == b' ' => Some((Protocol::SCTP, 4, 5)),
        _ => None,
    }
}

/// Client, virtual address and destination, all of one family; and where the line goes on, after a blank.
#[inline(always)]
pub(super) fn ends(line: &[u8], at: usize) -> Option<([SocketAddr; 3], usize)> {
    ipv4_ends(line, at).or_else(|| ipv6_ends(line, at))
}

/// The same, all of IPv4.
#[inline(always)]
pub(super) fn ipv4_ends(line: &[u8], at: usize) -> Option<([SocketAddr; 3], usize)> {
    let text: &[u8; 44] = line.get(at..)?.first_chunk()?;
    let client = ipv4(text.first_chunk()?)?;
    let service = ipv4(text[14..].first_chunk()?)?;
    let dest = ipv4(text[28..].first_chunk()?)?;
    Some(([client.into(), service.into(), dest.into()], at + 42))
}

/// The same, all of IPv6.
#[inline(always)]
pub(super) fn ipv6_ends(line: &[u8], at: usize) -> Option<([SocketAddr; 3], usize)> {
    let text: &[u8; 138] = line.get(at..)?.first_chunk()?;
    let client = ipv6(text.first_chunk()?)?;
    let service = ipv6(text[45..].first_chunk()?)?;
    let dest = ipv6(text[90..].first_chunk()?)?;
    Some(([client.into(), service.into(), dest.into()], at + 135))
}

/// Its last two bytes are not looked at.
#[inline(always)]
fn ipv4(text: &[u8; 16]) -> Option<SocketAddrV4> {
    const FORM: Form<16> = Form::new(b"00000000 0000 ??");
    let values = FORM.values(text)?;
    let address = u64::from_be_bytes(*values.first_chunk()?);
    let pairs = (address | address >> 4) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    let address = Ipv4Addr::from_bits((quads | quads >> 16) as u32);
    Some(SocketAddrV4::new(address, group(&values, 9)?))
}

/// Its last three bytes are not looked at.
#[inline(always)]
fn ipv6(text: &[u8; 48]) -> Option<SocketAddrV6> {
    const FORM: Form<48> = Form::new(b"0000:0000:0000:0000:0000:0000:0000:0000 0000 ???");
    let values = FORM.values(text)?;
    let mut segments = [0; 8];
    for (i, segment) in segments.iter_mut().enumerate() {
        *segment = group(&values, 5 * i)?;
    }
    Some(SocketAddrV6::new(Ipv6Addr::from(segments), group(&values, 40)?, 0, 0))
}

/// The number of which four digits are at `at`.
#[inline(always)]
fn group(values: &[u8], at: usize) -> Option<u16> {
    let digits = u32::from_be_bytes(*values.get(at..)?.first_chunk()?);
    let pairs = (digits | digits >> 4) & 0x00ff_00ff;
    Some((pairs | pairs >> 8) as u16)
}

/// Where digits are, and what else is.
struct Form<const N: usize> {
    /// The bits that no value of a digit has, where one is.
    digits: [u8; N],
    /// All bits, where a certain byte is.
    others: [u8; N],
    text: [u8; N],
}

impl<const N: usize> Form<N> {
    /// Digits where `text` has `0`, anything where it has `?`, otherwise the same byte.
    const fn new(text: &[u8; N]) -> Self {
        let (mut digits, mut others) = ([0; N], [0; N]);
        let mut i = 0;
        while i < N {
            match text[i] {
                b'0' => digits[i] = 0xf0,
                b'?' => {}
                _ => others[i] = 0xff,
            }
            i += 1;
        }
        Self { digits, others, text: *text }
    }

    /// The values of the digits in `text`, if it is of this form.
    #[inline(always)]
    fn values(&self, text: &[u8; N]) -> Option<[u8; N]> {
        let values = text.map(value);
        let fault =
            |i: usize| values[i] & self.digits[i] | (text[i] ^ self.text[i]) & self.others[i];
        let faults = (0..N).fold(0, |faults, i| faults | fault(i));
        (faults == 0).then_some(values)
    }
}

/// The value of a hexadecimal digit; of others more than 15.
#[inline(always)]
fn value(byte: u8) -> u8 {
    let (digit, letter) = (byte.wrapping_sub(b'0'), (byte | 0x20).wrapping_sub(b'a'));
    let value = if letter < 6 { letter + 10 } else { 0xff };
    if digit < 10 { digit } else { value }
}

/// The word in a column that blanks fill.
#[inline]
pub(super) fn word(column: &[u8]) -> Option<&[u8]> {
    let length = column.iter().position(|byte| *byte <= b' ').unwrap_or(column.len());
    let (word, blanks) = column.split_at(length);
    (length > 0 && blanks.iter().all(|byte| *byte == b' ')).then_some(word)
}

/// The decimal number of at most seven digits at the right of a column that begins with a blank.
#[inline(always)]
pub(super) fn seconds(column: [u8; 8]) -> Option<u32> {
    // Digits become their values, and blanks 0x10.
    let bytes = u64::from_be_bytes(column) ^ each(b'0');
    let blanks = bytes >> 4 & each(1);
    let digits = bytes & each(0x0f);
    // A value above 9, or above 0 for a blank, carries into bit 4.
    let other = bytes & each(0xe0) | (digits + each(6) + blanks * 9) & each(0x10);
    // No blank after a digit, and none at the end; one at the beginning.
    let misplaced = blanks & (!blanks >> 8 | 1) & each(1);
    if other != 0 || misplaced != 0 || blanks >> 56 == 0 {
        return None;
    }
    let pairs = (digits >> 8 & 0x00ff_00ff_00ff_00ff) * 10 + (digits & 0x00ff_00ff_00ff_00ff);
    let quads = (pairs >> 16 & 0x0000_ffff_0000_ffff) * 100 + (pairs & 0x0000_ffff_0000_ffff);
    Some(((quads >> 32) * 10_000 + (quads & 0xffff_ffff)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conn::digits::number;
    use crate::conn::raw::{Form, RawConnection};
    use crate::{Connection, Layout};

    const LINES: [(Layout, &str); 8] = [
        (Layout::Plain, "TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT       106\n"),
        (Layout::Plain, "UDP 0A010002 0000 0A010064 13C4 0A020002 13C4 ASSURED     1234567\n"),
        (Layout::Plain, "IP  0A010002 0000 00000042 0000 0A020002 0000 NONE              0\n"),
        (Layout::Plain, "SCTP 0A010002 9C41 0A010064 0051 0A020002 0050 ESTABLISHED      30\n"),
        (
            Layout::Sync,
            "TCP 0A010004 9C4A 0A010064 0050 0A020002 0050 SYN_RECV    LOCAL       44\n",
        ),
        (
            Layout::Sync,
            "TCP 0A010002 0000 0A010064 0050 0A020002 0050 LISTEN      SYNC       106\n",
        ),
        (
            Layout::Plain,
            "TCP fd01:0000:0000:0000:0000:0000:0000:0002 9C44 fd01:0000:0000:0000:0000:0000:0000:0100 \
             0051 fd02:0000:0000:0000:0000:0000:0000:0002 1F90 TIME_WAIT       100\n",
        ),
        (
            Layout::Sync,
            "IP  fd01:0000:0000:0000:0000:0000:0000:0002 0000 0000:0042:0000:0000:0000:0000:0000:0000 \
             0000 fd02:0000:0000:0000:0000:0000:0000:0002 1F90 NONE        LOCAL       44\n",
        ),
    ];

    /// What is read by columns is read by words too, and is the same. How many readers read it.
    fn read(text: &[u8], layout: Layout) -> usize {
        let mut count = 0;
        if let Some((connection, length)) = Connection::usual(text, layout) {
            let (end, line) = text[..length].split_last().expect("an end");
            assert!(*end == b'\n' && !line.contains(&b'\n'), "{}", text.escape_ascii());
            let raw = RawConnection::by_words(line, layout, Form::Exact);
            let other = raw.and_then(|raw| Connection::understand(raw, line, layout));
            assert_eq!(other, Ok(connection), "{}", text.escape_ascii());
            count += 1;
        }
        let line = text.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        if let Some(raw) = RawConnection::by_columns(line, layout) {
            for form in [Form::Loose, Form::Exact] {
                // To the exact form, the end is no part of the line.
                let line = if form == Form::Exact {
                    line.strip_suffix(b"\n").unwrap_or(line)
                } else {
                    line
                };
                let other = RawConnection::by_words(line, layout, form);
                assert_eq!(other, Ok(raw), "{}", text.escape_ascii());
            }
            count += 1;
        }
        count
    }

    #[test]
    fn words_are_read_the_same() {
        for (layout, line) in LINES {
            assert_eq!(read(line.as_bytes(), layout), 2, "{line}");
        }
    }

    /// Every byte at every place: instead of another, before it, or left out.
    #[test]
    fn damage_is_read_the_same() {
        for (layout, line) in LINES {
            for at in 0..line.len() {
                let mut text = line.as_bytes().to_vec();
                text.remove(at);
                read(&text, layout);
                for byte in 0..=u8::MAX {
                    let mut text = line.as_bytes().to_vec();
                    text[at] = byte;
                    read(&text, layout);
                    text[at] = line.as_bytes()[at];
                    text.insert(at, byte);
                    read(&text, layout);
                }
            }
        }
    }

    /// All columns of five kinds of bytes.
    #[test]
    fn numbers_at_the_right() {
        for n in 0..5usize.pow(8) {
            let column: [u8; 8] = std::array::from_fn(|i| b" 09/:"[n / 5usize.pow(i as u32) % 5]);
            let word = column.trim_ascii_start();
            let expected = number(word, 10).filter(|_| word.len() < column.len());
            assert_eq!(seconds(column).map(u64::from), expected, "{}", column.escape_ascii());
        }
    }
}

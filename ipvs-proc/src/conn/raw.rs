// SPDX-License-Identifier: MIT OR Apache-2.0
//! The lower layer: the fields of a line of connections, numbers read and words left as they are.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use super::Layout;
use super::digits::{full_ipv6, hex4, hex8, number};

/// A line of connections in words, as little understood as a listing needs.
///
/// [`RawConnection::loose`] takes what the C program `ipvsadm` would take; [`Connection::parse`] takes
/// what the kernel writes, and understands it.
///
/// [`Connection::parse`]: crate::Connection::parse
///
/// ```
/// use ipvs_proc::{Layout, RawConnection};
/// let line = b"TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT       106";
/// let raw = RawConnection::loose(line, Layout::Plain).expect("a connection");
/// assert_eq!((raw.state, raw.seconds), (&b"TIME_WAIT"[..], 106));
/// assert_eq!(raw.client.to_string(), "10.1.0.2:40001");
/// assert!(RawConnection::loose(b"z", Layout::Plain).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawConnection<'l> {
    /// The kernel's name of the protocol.
    pub protocol: &'l [u8],
    /// The client.
    pub client: SocketAddr,
    /// The virtual address. That of a template of a fwmark service is the mark.
    pub service: SocketAddr,
    /// The destination.
    pub dest: SocketAddr,
    /// The state.
    pub state: &'l [u8],
    /// Who made it; only with [`Layout::Sync`].
    pub origin: Option<&'l [u8]>,
    /// Seconds until it expires.
    pub seconds: u64,
    /// What follows on the line, without its end: nothing, or a blank and persistence data.
    pub rest: &'l [u8],
}

/// How exactly a line is to be of the kernel's form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Words between blanks, numbers of the kernel's width.
    Exact,
    /// Words between any white space, numbers of any width.
    Loose,
}

/// Why a line is bad: where, and what should have been there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) column: usize,
    pub(super) expected: &'static str,
}

/// What a line begins with: protocol, client, virtual address, destination.
type Head<'l> = (&'l [u8], [SocketAddr; 3]);

impl<'l> RawConnection<'l> {
    /// The fields of `line`, with or without its end. `None` if one of them is missing or no number;
    /// protocol, state and origin may be any words, and what follows is not looked at.
    #[inline]
    pub fn loose(line: &'l [u8], layout: Layout) -> Option<Self> {
        Self::read(line, layout, Form::Loose).ok()
    }

    #[inline]
    pub(super) fn read(line: &'l [u8], layout: Layout, form: Form) -> Result<Self, Fault> {
        let mut words = Words { line, at: 0, form };
        let (protocol, [client, service, dest]) = match fixed_head(line) {
            Some(head) => {
                words.at = FIXED_HEAD;
                head
            }
            None => head(&mut words)?,
        };
        let (state, origin, seconds) = match (layout, fixed_tail(&line[words.at..])) {
            (Layout::Plain, Some((state, seconds))) => {
                words.at += FIXED_TAIL;
                (state, None, seconds)
            }
            (Layout::Plain, None) => {
                (words.next("a state")?, None, words.read("seconds", seconds)?)
            }
            (Layout::Sync, _) => {
                let (state, origin) = (words.next("a state")?, words.next("an origin")?);
                (state, Some(origin), words.read("seconds", seconds)?)
            }
        };
        let rest = words.rest();
        Ok(Self { protocol, client, service, dest, state, origin, seconds, rest })
    }
}

/// Where the head of most lines ends: IPv4, and a protocol of at most three letters.
const FIXED_HEAD: usize = 45;

/// Reads those at once, without looking for words. It is a shortcut for the same result.
#[inline]
fn fixed_head(line: &[u8]) -> Option<Head<'_>> {
    let head: &[u8; FIXED_HEAD + 1] = line.first_chunk()?;
    let protocol = match &head[..4] {
        b"TCP " | b"UDP " => &head[..3],
        b"IP  " => &head[..2],
        _ => return None,
    };
    let blanks = [head[12], head[17], head[26], head[31], head[40], head[45]];
    let end = |at: usize| {
        let address = hex8(*head[at..].first_chunk()?)?;
        let port = hex4(*head[at + 9..].first_chunk()?)?;
        Some(SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::from_bits(address), port)))
    };
    (blanks == [b' '; 6]).then_some((protocol, [end(4)?, end(18)?, end(32)?]))
}

/// Where state and seconds of most lines end: a blank, 11 bytes, a blank, 7 bytes.
const FIXED_TAIL: usize = 20;

/// Reads those without looking for words, with the same result.
#[inline]
fn fixed_tail(tail: &[u8]) -> Option<(&[u8], u64)> {
    let fixed: &[u8; FIXED_TAIL] = tail.first_chunk()?;
    let blank = |byte: &u8| *byte == b' ';
    let state = &fixed[1..12];
    let length = state.iter().position(|byte| *byte <= b' ').unwrap_or(state.len());
    let number = &fixed[13..];
    let start = number.iter().position(|byte| *byte != b' ')?;
    let seconds = number[start..].iter().try_fold(0, |number: u64, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
    })?;
    // A wider number goes on; so might a wider state.
    let ends = matches!(tail.get(FIXED_TAIL), None | Some(b' ' | b'\n'));
    let blanks = blank(&fixed[0]) && state[length..].iter().all(blank) && blank(&fixed[12]);
    (length > 0 && blanks && ends).then(|| (&state[..length], seconds))
}

fn head<'l>(words: &mut Words<'l>) -> Result<Head<'l>, Fault> {
    let protocol = words.read("a protocol", protocol)?;
    let mut ends = [SocketAddr::from(([0; 4], 0)); 3];
    for end in &mut ends {
        let address = words.read("an address", address)?;
        *end = SocketAddr::new(address, words.read("a port of four digits", port)?);
    }
    Ok((protocol, ends))
}

fn protocol(word: &[u8], form: Form) -> Option<&[u8]> {
    (form == Form::Loose || crate::protocol::parse(word).is_some()).then_some(word)
}

/// Eight hexadecimal digits, or IPv6 text.
fn address(word: &[u8], form: Form) -> Option<IpAddr> {
    if let Some(address) = <&[u8; 39]>::try_from(word).ok().and_then(full_ipv6) {
        return Some(address.into());
    }
    match (number(word, 16), form) {
        (Some(_), Form::Exact) if word.len() != 8 => None,
        (Some(bits), _) => Some(Ipv4Addr::from_bits(bits.try_into().ok()?).into()),
        (None, _) => std::str::from_utf8(word).ok()?.parse().ok().map(IpAddr::V6),
    }
}

fn port(word: &[u8], form: Form) -> Option<u16> {
    match form {
        Form::Exact if word.len() != 4 => None,
        _ => number(word, 16)?.try_into().ok(),
    }
}

/// The kernel has 32 bits.
#[inline]
fn seconds(word: &[u8], form: Form) -> Option<u64> {
    number(word, 10).filter(|seconds| form == Form::Loose || *seconds <= u32::MAX.into())
}

/// The words of a line.
struct Words<'l> {
    line: &'l [u8],
    at: usize,
    form: Form,
}

impl<'l> Words<'l> {
    #[inline]
    fn is_blank(&self, byte: u8) -> bool {
        match self.form {
            Form::Exact => byte == b' ',
            Form::Loose => byte.is_ascii_whitespace(),
        }
    }

    #[inline]
    fn next(&mut self, expected: &'static str) -> Result<&'l [u8], Fault> {
        let rest = &self.line[self.at..];
        let start = rest.iter().position(|byte| !self.is_blank(*byte)).unwrap_or(rest.len());
        let rest = &rest[start..];
        let length = rest.iter().position(|byte| self.is_blank(*byte)).unwrap_or(rest.len());
        self.at += start;
        if length == 0 {
            return Err(Fault { column: self.at, expected });
        }
        self.at += length;
        Ok(&rest[..length])
    }

    #[inline]
    fn read<T>(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&'l [u8], Form) -> Option<T>,
    ) -> Result<T, Fault> {
        let word = self.next(expected)?;
        let column = self.at - word.len();
        read(word, self.form).ok_or(Fault { column, expected })
    }

    /// What follows the words, without the end of the line.
    fn rest(self) -> &'l [u8] {
        let rest = &self.line[self.at..];
        rest.strip_suffix(b"\n").unwrap_or(rest)
    }
}

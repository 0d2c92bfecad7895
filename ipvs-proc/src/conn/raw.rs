// SPDX-License-Identifier: MIT OR Apache-2.0
//! The lower layer: the fields of a line of connections, numbers read and words left as they are.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::digits::{full_ipv6, number};
use super::{Layout, columns};

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
        match Self::by_columns(line, layout) {
            Some(raw) => Ok(raw),
            None => Self::by_words(line, layout, form),
        }
    }

    /// The fields of a line of the usual widths: a shortcut for the same result.
    #[inline]
    pub(super) fn by_columns(line: &'l [u8], layout: Layout) -> Option<Self> {
        let (_, length, at) = columns::protocol(line)?;
        let ([client, service, dest], at) = columns::ends(line, at)?;
        let (state, rest) = line.get(at..)?.split_at_checked(columns::STATE)?;
        let (origin, rest) = match (layout, rest) {
            (Layout::Plain, rest) => (None, rest),
            (Layout::Sync, [b' ', rest @ ..]) => {
                let (origin, rest) = rest.split_at_checked(columns::ORIGIN)?;
                (Some(columns::word(origin)?), rest)
            }
            _ => return None,
        };
        let (seconds, rest) = rest.split_first_chunk()?;
        let rest = match rest {
            [] | [b'\n'] => &[],
            // A wider number goes on.
            [b' ', ..] => rest.strip_suffix(b"\n").unwrap_or(rest),
            _ => return None,
        };
        Some(Self {
            protocol: &line[..length],
            client,
            service,
            dest,
            state: columns::word(state)?,
            origin,
            seconds: columns::seconds(*seconds)?.into(),
            rest,
        })
    }

    pub(super) fn by_words(line: &'l [u8], layout: Layout, form: Form) -> Result<Self, Fault> {
        let mut words = Words { line, at: 0, form };
        let (protocol, [client, service, dest]) = head(&mut words)?;
        let state = words.next("a state")?;
        let origin = match layout {
            Layout::Plain => None,
            Layout::Sync => Some(words.next("an origin")?),
        };
        let seconds = words.read("seconds", seconds)?;
        let rest = words.rest();
        Ok(Self { protocol, client, service, dest, state, origin, seconds, rest })
    }
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

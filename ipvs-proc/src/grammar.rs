// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fields of the small files. They are found by blanks, never by columns: a wide value pushes the rest
//! of its line to the right.

use std::net::{IpAddr, Ipv6Addr};

use ipvs_types::{Counters, DestKey, Protocol, Rates};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_while_m_n, take_while1};
use nom::character::complete::{char, space0, space1};
use nom::combinator::{map, map_opt, map_res, verify};
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{Err, IResult, Parser};

use crate::document::Fault;

pub(crate) type Read<'t, T> = IResult<&'t str, T, Fault<'t>>;

/// `parser` after any blanks; what it refuses is reported as a whole, as `expected`.
pub(crate) fn field<'t, T>(
    expected: &'static str,
    mut parser: impl Parser<&'t str, Output = T, Error = Fault<'t>>,
) -> impl FnMut(&'t str) -> Read<'t, T> {
    move |input| {
        let (rest, _) = space0(input)?;
        parser.parse(rest).map_err(|_| Err::Error(Fault { rest, expected }))
    }
}

/// The same between words: at least one blank comes first.
pub(crate) fn next<'t, T>(
    expected: &'static str,
    parser: impl Parser<&'t str, Output = T, Error = Fault<'t>>,
) -> impl FnMut(&'t str) -> Read<'t, T> {
    let mut field = field(expected, parser);
    move |input| {
        space1(input).map_err(|_: Err<Fault<'_>>| Err::Error(Fault { rest: input, expected }))?;
        field(input)
    }
}

/// The end of a line; blanks before it count for nothing.
pub(crate) fn end<T>(line: &str, value: T) -> Result<T, Fault<'_>> {
    let rest = line.trim_start_matches(' ');
    match rest {
        "" => Ok(value),
        _ => Err(Fault { rest, expected: "the end of the line" }),
    }
}

/// What a parser read, or why it read nothing. All parsers here know their whole input.
pub(crate) fn finish<T>(read: Read<'_, T>) -> Result<(&str, T), Fault<'_>> {
    nom::Finish::finish(read)
}

/// Anything up to a blank.
pub(crate) fn word(input: &str) -> Read<'_, &str> {
    take_till1(|c: char| c == ' ').parse(input)
}

/// A whole word that the standard library reads: a decimal number.
pub(crate) fn number<T: std::str::FromStr>(input: &str) -> Read<'_, T> {
    map_res(word, str::parse).parse(input)
}

/// A whole word of hexadecimal digits.
pub(crate) fn hex64(input: &str) -> Read<'_, u64> {
    // The standard library would take a sign.
    let digits = |word: &&str| word.bytes().all(|byte| byte.is_ascii_hexdigit());
    map_res(verify(word, digits), |word| u64::from_str_radix(word, 16)).parse(input)
}

/// Eight hexadecimal digits.
pub(crate) fn hex32(input: &str) -> Read<'_, u32> {
    let digits = take_while_m_n(8, 8, |c: char| c.is_ascii_hexdigit());
    map_res(digits, |digits| u32::from_str_radix(digits, 16)).parse(input)
}

fn hex16(input: &str) -> Read<'_, u16> {
    let digits = take_while_m_n(4, 4, |c: char| c.is_ascii_hexdigit());
    map_res(digits, |digits| u16::from_str_radix(digits, 16)).parse(input)
}

/// The kernel's name of a protocol.
pub(crate) fn protocol(input: &str) -> Read<'_, Protocol> {
    map_opt(word, |word| crate::protocol::parse(word.as_bytes())).parse(input)
}

/// `0A000001:0050` or `[fd01:…:0100]:0050`.
pub(crate) fn endpoint(input: &str) -> Read<'_, DestKey> {
    let address = alt((map(hex32, |bits| IpAddr::V4(bits.into())), ipv6));
    map(separated_pair(address, char(':'), hex16), |(address, port)| DestKey::new(address, port))
        .parse(input)
}

fn ipv6(input: &str) -> Read<'_, IpAddr> {
    let text = take_while1(|c: char| c.is_ascii_hexdigit() || c == ':');
    map_opt(delimited(char('['), text, char(']')), |text: &str| {
        text.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    })
    .parse(input)
}

/// Five hexadecimal numbers: connections, packets in and out, bytes in and out.
fn five(input: &str) -> Read<'_, [u64; 5]> {
    let mut numbers = [0; 5];
    // A wide number leaves no blank before the first column.
    let mut rest;
    (rest, numbers[0]) = field("a hexadecimal number", hex64)(input)?;
    for number in &mut numbers[1..] {
        (rest, *number) = next("a hexadecimal number", hex64)(rest)?;
    }
    Ok((rest, numbers))
}

/// The counters to the end of a line.
pub(crate) fn counters(line: &str) -> Result<Counters, Fault<'_>> {
    let (rest, [connections, in_packets, out_packets, in_bytes, out_bytes]) = finish(five(line))?;
    end(rest, Counters { connections, in_packets, out_packets, in_bytes, out_bytes })
}

/// The rates to the end of a line.
pub(crate) fn rates(line: &str) -> Result<Rates, Fault<'_>> {
    let (rest, [connections, in_packets, out_packets, in_bytes, out_bytes]) = finish(five(line))?;
    end(rest, Rates { connections, in_packets, out_packets, in_bytes, out_bytes })
}

/// `label`, then something after blanks.
pub(crate) fn labelled<'t, T>(
    label: &'static str,
    parser: impl Parser<&'t str, Output = T, Error = Fault<'t>>,
) -> impl Parser<&'t str, Output = T, Error = Fault<'t>> {
    preceded((tag(label), space1), parser)
}

/// Nothing but blanks.
pub(crate) fn empty(line: &str) -> Result<(), Fault<'_>> {
    match line.trim_start_matches(' ') {
        "" => Ok(()),
        rest => Err(Fault { rest, expected: "an empty line" }),
    }
}

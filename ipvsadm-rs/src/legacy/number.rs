// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers as C reads them.

use std::ops::RangeInclusive;

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Splits a decimal number off `text` as `strtol` does: blanks, a sign, digits, the rest.
fn split_decimal(text: &[u8]) -> Option<(i64, &[u8])> {
    let text = text.trim_ascii_start_c();
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let (digits, rest) = digits.split_at(length);
    let magnitude = digits
        .iter()
        .try_fold(0i64, |sum, digit| sum.checked_mul(10)?.checked_add(i64::from(digit - b'0')))?;
    Some((if negative { -magnitude } else { magnitude }, rest))
}

trait TrimC {
    fn trim_ascii_start_c(&self) -> &Self;
}

impl TrimC for [u8] {
    /// Drops leading blanks as C's `isspace` defines them (with vertical tab).
    fn trim_ascii_start_c(&self) -> &Self {
        let blanks = self.iter().take_while(|byte| is_space(**byte)).count();
        &self[blanks..]
    }
}

/// A decimal number in `range` that is the whole of `text`. Leading blanks, a sign and leading zeros
/// are allowed; anything after the digits is not.
pub fn in_range(text: &[u8], range: RangeInclusive<i64>) -> Option<i64> {
    match split_decimal(text)? {
        (number, b"") if range.contains(&number) => Some(number),
        _ => None,
    }
}

/// The number at the start of `text` as `atoi` reads it: what follows is ignored, no number is 0, and
/// only the low 32 bits count.
pub fn atoi(text: &[u8]) -> i32 {
    split_decimal(text).map_or(0, |(number, _)| number as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_must_be_a_number() {
        let read = |text: &str| in_range(text.as_bytes(), -10..=100);
        for (text, number) in
            [("010", 10), ("+5", 5), (" 5", 5), ("\x0b\t5", 5), ("-0", 0), ("-3", -3)]
        {
            assert_eq!(read(text), Some(number), "{text:?}");
        }
        for text in ["5 ", "0x10", "1e3", "1m", "", " ", "+", "--1", "101", "99999999999999999999"]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn atoi_is_generous() {
        for (text, number) in [("64abc", 64), ("4294967360", 64), ("abc", 0), ("-5", -5), ("", 0)] {
            assert_eq!(atoi(text.as_bytes()), number, "{text:?}");
        }
    }
}

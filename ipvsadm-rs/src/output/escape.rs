// SPDX-License-Identifier: MIT OR Apache-2.0
//! Text from the network on a terminal: control characters could move its cursor, change its title or
//! worse, and never get there as they are.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The bytes as text for people: UTF-8 as it is, control characters and whatever is no UTF-8 as `\x1b`,
/// a backslash as two.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '\\' => out.push_str(r"\\"),
                _ if char.is_control() => {
                    escape(&mut out, char.encode_utf8(&mut [0; 4]).as_bytes())
                }
                _ => out.push(char),
            }
        }
        escape(&mut out, chunk.invalid());
    }
    out
}

fn escape(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(out, "\\x{byte:02x}");
    }
}

/// JSON on one line with the control characters escaped that JSON itself leaves as they are: U+007F to
/// U+009F, one of which starts commands to a terminal. They stand in strings only.
pub(crate) fn json(text: &[u8]) -> Cow<'_, [u8]> {
    // Those above U+007F have this first byte in UTF-8.
    if !text.iter().any(|byte| matches!(byte, 0x7f | 0xc2)) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len() + 16);
    let mut rest = text;
    loop {
        rest = match *rest {
            [] => return Cow::Owned(out),
            [0x7f, ref rest @ ..] => {
                out.extend_from_slice(br"\u007f");
                rest
            }
            [0xc2, byte @ 0x80..=0x9f, ref rest @ ..] => {
                out.extend_from_slice(format!("\\u00{byte:02x}").as_bytes());
                rest
            }
            [byte, ref rest @ ..] => {
                out.push(byte);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_stays_and_controls_do_not() {
        for (bytes, shown) in [
            (&b"abc123@10.1.0.2"[..], "abc123@10.1.0.2"),
            ("grün x".as_bytes(), "grün x"),
            (b"\x1b[2J\t\\x1b\x7f", r"\x1b[2J\x09\\x1b\x7f"),
            (b"\xff\xfea", r"\xff\xfea"),
            ("\u{9b}31m".as_bytes(), r"\xc2\x9b31m"),
        ] {
            assert_eq!(printable(bytes), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_printed_controls_a_terminal(bytes: Vec<u8>, text: String) {
            prop_assert!(!printable(&bytes).chars().any(char::is_control));
            for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
                let plain = serde_json::to_vec(&text).expect("a text");
                let escaped = json(&plain);
                let line = std::str::from_utf8(&escaped).expect("UTF-8");
                prop_assert!(!line.chars().any(char::is_control), "{line:?}");
                prop_assert_eq!(serde_json::from_str::<String>(line).expect("JSON"), text);
            }
        }
    }
}

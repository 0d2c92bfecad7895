// SPDX-License-Identifier: MIT OR Apache-2.0
//! IPv6 addresses in their common form, in one pass.

use std::net::Ipv6Addr;

/// Hexadecimal groups with at most one `::`. `None` says nothing: the text may still be an address
/// in another form, or none.
pub fn plain(text: &[u8]) -> Option<Ipv6Addr> {
    let mut groups = [0u16; 8];
    let (mut count, mut gap) = (0, None);
    let mut rest = text;
    if let Some(after) = rest.strip_prefix(b"::") {
        (gap, rest) = (Some(0), after);
    }
    while !rest.is_empty() {
        let (group, after) = group(rest)?;
        *groups.get_mut(count)? = group;
        count += 1;
        rest = match after {
            [] => break,
            [b':', b':', after @ ..] if gap.is_none() => {
                gap = Some(count);
                after
            }
            [b':', after @ ..] if !after.is_empty() => after,
            _ => return None,
        };
    }
    match gap {
        None if count == 8 => {}
        // What follows the gap moves to the end; the gap is at least one group.
        Some(gap) if count < 8 => {
            groups.copy_within(gap..count, 8 - (count - gap));
            groups[gap..8 - (count - gap)].fill(0);
        }
        _ => return None,
    }
    Some(groups.into())
}

/// One to four hexadecimal digits, and what follows them.
fn group(text: &[u8]) -> Option<(u16, &[u8])> {
    let (mut value, mut used) = (0, 0);
    while let Some(digit) = text.get(used).and_then(|byte| char::from(*byte).to_digit(16)) {
        if used == 4 {
            return None;
        }
        value = value << 4 | digit as u16;
        used += 1;
    }
    if used == 0 { None } else { Some((value, &text[used..])) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn standard(text: &str) -> Option<Ipv6Addr> {
        text.parse().ok()
    }

    #[test]
    fn common_forms() {
        for text in [
            "::",
            "::1",
            "1::",
            "fd00:1::a:b",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
        ] {
            assert_eq!(plain(text.as_bytes()), standard(text), "{text}");
            assert!(standard(text).is_some(), "{text}");
        }
        for text in [
            "",
            ":",
            ":::",
            "1",
            "1:",
            ":1",
            "1::2::3",
            "1:2:3:4:5:6:7:8:9",
            "12345::",
            "1:2:3:4:5:6:7:8::",
        ] {
            assert_eq!(plain(text.as_bytes()), None, "{text}");
            assert_eq!(standard(text), None, "{text}");
        }
        assert_eq!(plain(b"::ffff:10.0.0.1"), None, "left to the standard library");
    }

    proptest! {
        #[test]
        fn every_address_is_read(address: Ipv6Addr, zeros in 0usize..8) {
            let mut segments = address.segments();
            segments[..zeros].fill(0);
            let address = Ipv6Addr::from(segments);
            let text = address.to_string();
            prop_assert!(plain(text.as_bytes()) == Some(address) || text.contains('.'));
        }

        #[test]
        fn what_is_read_is_what_the_standard_library_reads(text in "[0-9a-fA-F:.]{0,24}") {
            if let Some(address) = plain(text.as_bytes()) {
                prop_assert_eq!(Some(address), standard(&text));
            }
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes that are cut off, changed or made up never panic, and errors say what and where.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{answers, bytes, strategy};
use crate::wire::ext::decode;
use crate::wire::fuzzing;

#[test]
fn what_is_missing_is_named() {
    let text = |error: crate::wire::WireError| error.to_string();
    let error = decode::connection(&[]).map_err(text);
    assert_eq!(error, Err("IPVS_EXT_ATTR_CONN at byte 0: missing".to_owned()));
    let nothing = bytes::nest(7, &[]);
    let error = decode::connection(&nothing).map_err(text);
    assert_eq!(error, Err("IPVS_EXT_CONN_FLAGS at byte 4: missing".to_owned()));
    let short = bytes::attribute(2, &[1, 2, 3]);
    let error = decode::announced(&short).map_err(text);
    let expected = "IPVS_EXT_ATTR_FEATURES at byte 4: 3 bytes where at least 8 are needed";
    assert_eq!(error, Err(expected.to_owned()));
    let event = [bytes::u32(12, 5), bytes::u32(3, 9)].concat();
    let error = decode::event(&event).map_err(text);
    assert_eq!(error, Err("IPVS_EXT_ATTR_DEST at byte 0: missing".to_owned()));
    let family = bytes::nest(7, &[bytes::u32(12, 0), bytes::u16(1, 1)]);
    let error = decode::connection(&family).map_err(text);
    let expected = "IPVS_EXT_CONN_AF at byte 16: 1, expected 2 (IPv4) or 10 (IPv6)";
    assert_eq!(error, Err(expected.to_owned()));
}

fn answer() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        strategy::connection().prop_map(|one| answers::connection(&one)),
        strategy::announced().prop_map(|one| answers::announced(&one)),
        strategy::event().prop_map(|one| answers::event(&one)),
        strategy::snapshot().prop_map(|one| answers::snapshot(&one, true, 2).concat()),
    ]
}

proptest! {
    #[test]
    fn made_up_bytes_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        fuzzing::extended(&bytes);
    }

    #[test]
    fn changed_answers_never_panic(
        mut bytes in answer(), changes in vec(any::<(prop::sample::Index, u8)>(), 1..9),
    ) {
        for (place, byte) in changes.into_iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        fuzzing::extended(&bytes);
    }

    #[test]
    fn cut_off_answers_never_panic(bytes in answer(), cut: prop::sample::Index) {
        fuzzing::extended(&bytes[..cut.index(bytes.len() + 1)]);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any bytes to every reader of netlink messages: none panics, and the two codecs agree.
//!
//! The first byte chooses: below 128 the rest are the attributes of a message with that command,
//! otherwise a whole datagram.
#![no_main]

use ipvs_netlink::wire::fuzzing;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    match input {
        [command @ ..128, attributes @ ..] => fuzzing::attributes(*command, attributes),
        [_, datagram @ ..] => fuzzing::datagram(datagram),
        [] => {}
    }
});

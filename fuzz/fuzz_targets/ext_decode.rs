// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any bytes to every reader of what patched kernels tell: none panics, and errors lie within the input.
#![no_main]

use ipvs_netlink::wire::fuzzing;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzzing::extended(input);
});

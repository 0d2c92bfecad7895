// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any request, encoded and read back: it is refused for a reason, or means what was asked.
#![no_main]

use ipvs_fuzz::AnyRequest;
use ipvs_netlink::wire::fuzzing;

libfuzzer_sys::fuzz_target!(|request: AnyRequest| {
    fuzzing::round_trip(&request.0);
});

// SPDX-License-Identifier: MIT OR Apache-2.0
//! Times in JSON: seconds with a fraction.

use std::time::Duration;

use serde::Serializer;

pub(super) fn serialize<S: Serializer>(time: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_f64(time.as_secs_f64())
}

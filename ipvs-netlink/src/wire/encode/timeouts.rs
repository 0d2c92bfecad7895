// SPDX-License-Identifier: MIT OR Apache-2.0
//! The timeouts of `IPVS_CMD_SET_CONFIG`.

use std::time::Duration;

use ipvs_types::TimeoutsChange;

use crate::wire::number::message;
use crate::wire::write::Writer;

const MAX: u64 = i32::MAX as u64;

fn each(change: &TimeoutsChange) -> [(u16, &'static str, Option<Duration>); 3] {
    [
        (message::TIMEOUT_TCP, "tcp", change.tcp),
        (message::TIMEOUT_TCP_FIN, "tcp_fin", change.tcp_fin),
        (message::TIMEOUT_UDP, "udp", change.udp),
    ]
}

/// What the kernel would read as something else, with the remedy.
pub(super) fn check(change: &TimeoutsChange) -> Result<(), String> {
    for (_, name, timeout) in each(change) {
        let wrong = match timeout {
            None => continue,
            Some(Duration::ZERO) => "would be left as it is",
            Some(timeout) if timeout.subsec_nanos() != 0 => "has a fraction",
            Some(timeout) if timeout.as_secs() > MAX => "is too long",
            Some(_) => continue,
        };
        let given = timeout.unwrap_or_default().as_secs_f64();
        return Err(format!(
            "{name} timeout {given} s {wrong}: give whole seconds from 1 to {MAX}"
        ));
    }
    Ok(())
}

/// The timeouts to change; the others are not sent.
pub(super) fn attributes(w: &mut Writer<'_>, change: &TimeoutsChange) {
    for (number, _, timeout) in each(change) {
        if let Some(timeout) = timeout {
            w.u32(number, timeout.as_secs() as u32); // `check` has compared it
        }
    }
}

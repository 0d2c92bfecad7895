// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether connections that were sent are in the table.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ipvs_syncd::Connection;
use ipvs_syncd::table::{Conversion, Directory};
use ipvs_types::Protocol;

use super::director::Place;
use crate::program::failure::Failure;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// What tells a connection from others. A kernel that has it with another destination has not taken it.
#[derive(PartialEq, Eq, Hash)]
struct Key(Protocol, SocketAddr, SocketAddr, SocketAddr, bool);

impl From<&Connection<'_>> for Key {
    fn from(connection: &Connection<'_>) -> Self {
        let Connection { protocol, .. } = *connection;
        let template = connection.is_template();
        Self(protocol, connection.client(), connection.service(), connection.dest(), template)
    }
}

/// The connections of `sent` that are not in the table, once no more arrive.
pub(super) fn missing<'c>(
    place: &Place,
    sent: &[&'c Connection<'static>],
    stop: &AtomicBool,
) -> Result<Vec<&'c Connection<'static>>, Failure> {
    let mut missing = look(place, sent)?;
    while !missing.is_empty() {
        if stop.load(Ordering::Relaxed) {
            return Err(Failure::interrupted());
        }
        thread::sleep(PAUSE);
        let still = look(place, &missing)?;
        if still.len() == missing.len() {
            return Ok(still);
        }
        missing = still;
    }
    Ok(missing)
}

/// One look.
fn look<'c>(
    place: &Place,
    sent: &[&'c Connection<'static>],
) -> Result<Vec<&'c Connection<'static>>, Failure> {
    let mut missing: HashMap<Key, &Connection<'_>> =
        sent.iter().map(|connection| (Key::from(*connection), *connection)).collect();
    // Methods don't matter here.
    let unbound = Directory::default();
    let conversion = Conversion::new(&unbound);
    let _ended = place.connections()?.visit(|listed| {
        if let Ok(converted) = conversion.convert(listed) {
            missing.remove(&Key::from(&converted.connection));
        }
        match missing.is_empty() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    Ok(missing.into_values().collect())
}

/// Those that can't have expired since they were sent first.
pub(super) fn lasting<'c>(
    connections: &[&'c Connection<'static>],
    since: Instant,
) -> Vec<&'c Connection<'static>> {
    let elapsed = since.elapsed() + Duration::from_secs(1);
    connections.iter().copied().filter(|connection| connection.timeout > elapsed).collect()
}

// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel knows an entry by.

use std::collections::HashSet;
use std::net::SocketAddr;

use ipvs_proc::{Connection as Listed, Virtual};
use ipvs_types::Protocol;

/// What the kernel looks an entry up by: all but the destination. Templates of persistence engines are
/// known by the engine's data as well.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    protocol: Protocol,
    client: SocketAddr,
    service: Virtual,
    template: bool,
    engine_data: Option<Vec<u8>>,
}

impl Key {
    pub(super) fn of(listed: &Listed<'_>) -> Self {
        Self {
            protocol: listed.protocol,
            client: listed.client,
            service: listed.service,
            template: listed.is_template(),
            engine_data: listed.engine.as_ref().map(|engine| engine.data.to_vec()),
        }
    }
}

/// Tells of each entry whether it comes for the first time: kernels before 7.1 may list one twice.
pub(super) fn once() -> impl FnMut(&Listed<'_>) -> bool {
    let mut known = HashSet::new();
    move |listed| known.insert((Key::of(listed), listed.dest))
}

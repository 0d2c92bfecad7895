// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel knows an entry by.

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

// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `IPVS_CMD_ATTR_DEST` nest.

use ipvs_types::{DestConfig, DestKey, RawForward};

use super::service::af;
use crate::wire::number::{dest, message};
use crate::wire::write::Writer;

/// The nest with what identifies a destination.
pub(super) fn key_nest(w: &mut Writer<'_>, key: &DestKey) {
    w.nest(message::DEST, |w| key_attributes(w, key));
}

/// The nest with all that defines a destination. Tunnel options are always sent: a kernel resets
/// what an update leaves out.
pub(super) fn full_nest(w: &mut Writer<'_>, key: &DestKey, config: &DestConfig) {
    let RawForward { method, tunnel_type, tunnel_port, tunnel_flags } = config.forward.raw();
    w.nest(message::DEST, |w| {
        key_attributes(w, key);
        w.u32(dest::FWD_METHOD, method.number().into());
        w.u32(dest::WEIGHT, config.weight);
        w.u32(dest::U_THRESH, config.upper_threshold.map_or(0, u32::from));
        w.u32(dest::L_THRESH, config.lower_threshold.map_or(0, u32::from));
        w.u8(dest::TUN_TYPE, tunnel_type);
        w.be16(dest::TUN_PORT, tunnel_port);
        w.u16(dest::TUN_FLAGS, tunnel_flags.bits());
    });
}

fn key_attributes(w: &mut Writer<'_>, key: &DestKey) {
    w.address(dest::ADDR, key.address);
    w.be16(dest::PORT, key.port);
    w.u16(dest::ADDR_FAMILY, af(key.family()));
}

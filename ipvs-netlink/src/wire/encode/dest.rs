// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `IPVS_CMD_ATTR_DEST` nest.

use ipvs_types::{DestConfig, DestKey, Family, RawForward};

use super::service::af;
use crate::wire::number::{dest, message};
use crate::wire::write::Writer;

/// The nest with what identifies a destination.
pub(super) fn key_nest(w: &mut Writer<'_>, key: &DestKey, service: Family) {
    w.nest(message::DEST, |w| key_attributes(w, key, service));
}

/// The nest with all that defines a destination.
///
/// A kernel takes tunnel options that are left out for zero, in updates too, so that they are sent
/// only where they are something else; that spares it work.
pub(super) fn full_nest(w: &mut Writer<'_>, key: &DestKey, config: &DestConfig, service: Family) {
    let raw = config.forward.raw();
    w.nest(message::DEST, |w| {
        key_attributes(w, key, service);
        w.u32(dest::FWD_METHOD, raw.method.number().into());
        w.u32(dest::WEIGHT, config.weight);
        w.u32(dest::U_THRESH, config.upper_threshold.map_or(0, u32::from));
        w.u32(dest::L_THRESH, config.lower_threshold.map_or(0, u32::from));
        if raw != RawForward::plain(raw.method) {
            w.u8(dest::TUN_TYPE, raw.tunnel_type);
            w.be16(dest::TUN_PORT, raw.tunnel_port);
            w.u16(dest::TUN_FLAGS, raw.tunnel_flags.bits());
        }
    });
}

/// The family is that of the service if nothing else is said.
fn key_attributes(w: &mut Writer<'_>, key: &DestKey, service: Family) {
    w.address(dest::ADDR, key.address);
    w.be16(dest::PORT, key.port);
    if key.family() != service {
        w.u16(dest::ADDR_FAMILY, af(key.family()));
    }
}

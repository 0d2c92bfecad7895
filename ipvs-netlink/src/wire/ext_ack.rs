// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel says about a refusal beyond the error number (`NETLINK_EXT_ACK`).

use crate::ExtAck;
use crate::wire::number::{ext_ack, netlink};
use crate::wire::read::{Attributes, until_nul};

/// The extended ack behind an `NLMSG_ERROR`'s error number: first comes the echo of the request
/// (its header only, when capped).
pub(crate) fn after_echo(flags: u16, echo: &[u8]) -> Option<ExtAck> {
    let len = match flags & netlink::F_CAPPED {
        0 => u32::from_ne_bytes(*echo.first_chunk()?) as usize,
        _ => netlink::HEADER,
    };
    tlvs(flags, echo.get(netlink::align(len)..)?)
}

/// The extended ack in `bytes`, if the flags announce one.
///
/// It is a courtesy, so what can't be read is left out: the error number itself matters more.
pub(crate) fn tlvs(flags: u16, bytes: &[u8]) -> Option<ExtAck> {
    if flags & netlink::F_ACK_TLVS == 0 {
        return None;
    }
    let mut said = ExtAck::default();
    for attribute in Attributes::new(bytes) {
        let payload = attribute.payload;
        match attribute.number {
            ext_ack::MSG => {
                said.message = Some(String::from_utf8_lossy(until_nul(payload)).into_owned());
            }
            ext_ack::OFFS => said.offset = payload.first_chunk().copied().map(u32::from_ne_bytes),
            _ => {}
        }
    }
    (said != ExtAck::default()).then_some(said)
}

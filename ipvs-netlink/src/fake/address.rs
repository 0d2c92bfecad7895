// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which addresses the kernel takes for a destination.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::host::Host;

/// Whether a destination can have this address.
pub(super) fn is_acceptable(address: IpAddr, host: &Host) -> bool {
    match address {
        IpAddr::V4(address) => host.loopback_up() && is_unicast_v4(address),
        IpAddr::V6(address) => is_unicast_v6(address),
    }
}

/// What the FIB takes for unicast or local. Class E (240/4) passes: only the limited broadcast and
/// the unspecified address are special to it, and what is configured on interfaces: the broadcast
/// address of `lo`.
fn is_unicast_v4(address: Ipv4Addr) -> bool {
    !(address.is_unspecified() || address.is_broadcast() || address.is_multicast())
        && address != Ipv4Addr::new(127, 255, 255, 255)
}

/// Unicast by its type, and not link-local: no interface here has a link-local address.
fn is_unicast_v6(address: Ipv6Addr) -> bool {
    !(address.is_unspecified()
        || address.is_multicast()
        || address.is_unicast_link_local()
        || address.to_ipv4_mapped().is_some())
}

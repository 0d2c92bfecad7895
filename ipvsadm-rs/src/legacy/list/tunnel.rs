// SPDX-License-Identifier: MIT OR Apache-2.0
//! Forwarding methods and tunnels, in listings and in saved rules.

use ipvs_netlink::types::{Forward, Method, RawForward, TunnelFlags};

use super::text;

/// The name of a forwarding method in a listing.
pub fn method(forward: &Forward) -> &'static [u8] {
    match forward.method() {
        Method::MASQ => b"Masq",
        Method::LOCAL => b"Local",
        Method::TUNNEL => b"Tunnel",
        Method::ROUTE => b"Route",
        // What C's printf makes of a name that isn't there.
        _ => b"(null)",
    }
}

/// The option of a forwarding method.
pub fn option(forward: &Forward) -> &'static [u8] {
    match forward.method() {
        Method::MASQ => b"-m",
        Method::TUNNEL => b"-i",
        Method::LOCAL | Method::ROUTE => b"-g",
        // As in the listing: a rule that -R refuses says more than one that means another method.
        _ => b"(null)",
    }
}

/// The three ways to treat checksums, of which the C tool knows one at a time.
fn checksum(flags: TunnelFlags, [none, csum, remcsum]: [&[u8]; 3]) -> &[u8] {
    if flags.contains(TunnelFlags::CSUM) {
        csum
    } else if flags.contains(TunnelFlags::REMCSUM) {
        remcsum
    } else {
        none
    }
}

/// Writes the tunnel column of a listing: `gue:6080:+c`.
pub fn listed(out: &mut Vec<u8>, forward: &Forward) {
    let raw = forward.raw();
    let checksum = || checksum(raw.tunnel_flags, [b"-c", b"+c", b"r+c"]);
    match raw {
        RawForward { method: Method::TUNNEL, tunnel_type: 0, .. } => out.extend_from_slice(b"ipip"),
        RawForward { method: Method::TUNNEL, tunnel_type: 1, tunnel_port, .. } => {
            out.extend_from_slice(b"gue:");
            text::number(out, tunnel_port.into());
            out.push(b':');
            out.extend_from_slice(checksum());
        }
        RawForward { method: Method::TUNNEL, tunnel_type: 2, .. } => {
            out.extend_from_slice(b"gre:");
            out.extend_from_slice(checksum());
        }
        _ => out.extend_from_slice(b"n/a"),
    }
}

/// Writes the tunnel as options, for a saved rule.
pub fn saved(out: &mut Vec<u8>, forward: &Forward) {
    let raw = forward.raw();
    let names: [&[u8]; 3] = [b" --tun-nocsum", b" --tun-csum", b" --tun-remcsum"];
    match raw {
        RawForward { method: Method::TUNNEL, tunnel_type: 0, .. } => {
            out.extend_from_slice(b" --tun-type ipip");
        }
        RawForward { method: Method::TUNNEL, tunnel_type: 1, tunnel_port, .. } => {
            out.extend_from_slice(b" --tun-type gue --tun-port ");
            text::number(out, tunnel_port.into());
            out.extend_from_slice(checksum(raw.tunnel_flags, names));
        }
        RawForward { method: Method::TUNNEL, tunnel_type: 2, .. } => {
            out.extend_from_slice(b" --tun-type gre");
            out.extend_from_slice(checksum(raw.tunnel_flags, names));
        }
        _ => {}
    }
}

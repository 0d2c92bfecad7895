// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's names of protocols (`ip_vs_proto_name`).

use ipvs_types::Protocol;

const ICMP: Protocol = Protocol(1);
const ICMPV6: Protocol = Protocol(58);

/// The protocol called `name`: `TCP`, `UDP`, `SCTP`, `ICMP`, `ICMPv6`, `IP` (0) or `IP_` and a decimal
/// number of 16 bits, as for every protocol without a name of its own.
#[inline]
pub(crate) fn parse(name: &[u8]) -> Option<Protocol> {
    match name {
        b"TCP" => Some(Protocol::TCP),
        b"UDP" => Some(Protocol::UDP),
        b"SCTP" => Some(Protocol::SCTP),
        b"IP" => Some(Protocol(0)),
        b"ICMP" => Some(ICMP),
        b"ICMPv6" => Some(ICMPV6),
        _ => nameless(name.strip_prefix(b"IP_")?),
    }
}

fn nameless(digits: &[u8]) -> Option<Protocol> {
    let plain = digits.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(digits).ok()?.parse().ok().map(Protocol))?
}

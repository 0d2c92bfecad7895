// SPDX-License-Identifier: MIT OR Apache-2.0
//! Addresses with ports, as text: numbers first, so that scripts never wait for a resolver.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipvs_netlink::types::Protocol;

use super::host::Host;
use super::{inet, inet6, number};

/// Reads `host`, `host:port`, `[IPv6]:port` or a bare IPv6 address.
///
/// `None` in place of the port means that there was none. Names of ports need a protocol.
#[inline]
pub fn endpoint(
    text: &[u8],
    protocol: Option<Protocol>,
    host: &dyn Host,
) -> Option<(IpAddr, Option<u16>)> {
    match inet::quad_and_port(text) {
        Some((address, port)) => Some((address.into(), Some(port))),
        None => any_endpoint(text, protocol, host),
    }
}

#[cold]
fn any_endpoint(
    text: &[u8],
    protocol: Option<Protocol>,
    host: &dyn Host,
) -> Option<(IpAddr, Option<u16>)> {
    if text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (bracketed, port) = match text.strip_prefix(b"[") {
        None => (text, None),
        Some(inner) => {
            let close = inner.iter().position(|&byte| byte == b']')?;
            (&inner[..close], Some(inner[close + 1..].strip_prefix(b":")?))
        }
    };
    if let Some(address) = ipv6(bracketed) {
        let port = match port {
            Some(text) => Some(self::port(text, protocol, host)?),
            None => None,
        };
        return Some((address.into(), port));
    }
    // Whatever follows `[not IPv6]` is ignored; the port, if any, is inside the brackets.
    let (name, port) = match bracketed.iter().rposition(|&byte| byte == b':') {
        Some(colon) => (&bracketed[..colon], Some(&bracketed[colon + 1..])),
        None => (bracketed, None),
    };
    let address = ipv4(name, host)?;
    let port = match port {
        Some(text) => Some(self::port(text, protocol, host)?),
        None => None,
    };
    Some((address.into(), port))
}

/// An IPv4 address or the name of a host that has one.
pub fn ipv4(text: &[u8], host: &dyn Host) -> Option<Ipv4Addr> {
    inet::aton(text).or_else(|| {
        let name = std::str::from_utf8(text).ok().filter(|name| !name.is_empty())?;
        host.address_of(name)
    })
}

/// An IPv6 address as `inet_pton` reads it: without a zone.
pub fn ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    // Two colons at least: no need to look at the rest of most IPv4 endpoints.
    text.iter().filter(|&&byte| byte == b':').nth(1)?;
    inet6::plain(text).or_else(|| std::str::from_utf8(text).ok()?.parse().ok())
}

fn port(text: &[u8], protocol: Option<Protocol>, host: &dyn Host) -> Option<u16> {
    match number::in_range(text, 0..=i64::from(u16::MAX)) {
        Some(port) => u16::try_from(port).ok(),
        None => host.port_of(text, protocol?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::described::Described;

    fn machine() -> Described {
        let (hosts, services) =
            ("10.0.0.1 vip1\n2001:db8::1 vip6\n", "http 80/tcp www\ndomain 53/udp\n");
        Described::new(hosts, services, None)
    }

    fn read(text: &str) -> String {
        match endpoint(text.as_bytes(), Some(Protocol::TCP), &machine()) {
            Some((address, Some(port))) => format!("{address} {port}"),
            Some((address, None)) => format!("{address} -"),
            None => "rejected".into(),
        }
    }

    #[test]
    fn the_grammar_of_endpoints() {
        for (text, meaning) in [
            ("10.0.0.1:80", "10.0.0.1 80"),
            ("10.0.0.1", "10.0.0.1 -"),
            ("10.0.0.1:http", "10.0.0.1 80"),
            ("vip1:www", "10.0.0.1 80"),
            ("1:80", "0.0.0.1 80"),
            ("10.0.0.1: 80", "10.0.0.1 80"),
            ("10.0.0.1 junk:80", "10.0.0.1 80"),
            ("[2001:db8::1]:80", "2001:db8::1 80"),
            ("2001:db8::1", "2001:db8::1 -"),
            ("2001:db8::1:80", "2001:db8::1:80 -"),
            ("[::ffff:10.0.0.1]:80", "::ffff:10.0.0.1 80"),
            ("[10.0.0.1]:80", "10.0.0.1 -"),
            ("[10.0.0.1]:bogus", "10.0.0.1 -"),
            ("[10.0.0.1:80]:90", "10.0.0.1 80"),
            ("[vip1:http]:x", "10.0.0.1 80"),
        ] {
            assert_eq!(read(text), meaning, "{text}");
        }
        for text in [
            "",
            "80",
            ":80",
            "1.2.3.4:",
            "1.2.3.4:80:90",
            "256.1.1.1:80",
            "10.0.0.1/24:80",
            "[::1",
            "[::1]",
            "[::1]80",
            "[]:80",
            "[fe80::1%lo]:80",
            "10.0.0.1:80 ",
            "10.0.0.1:65536",
            "10.0.0.1:-1",
            "10.0.0.1:HTTP",
            "10.0.0.1:domain6",
            "vip6:80",
            "nosuch:80",
        ] {
            assert_eq!(read(text), "rejected", "{text}");
        }
    }

    #[test]
    fn names_of_ports_need_a_protocol() {
        assert_eq!(endpoint(b"10.0.0.1:http", None, &machine()), None);
        assert_eq!(endpoint(b"10.0.0.1:http", Some(Protocol::UDP), &machine()), None);
    }
}

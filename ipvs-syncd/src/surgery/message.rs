// SPDX-License-Identifier: MIT OR Apache-2.0
//! The messages, one for each way to change an entry. `connection` is always the entry as a master
//! would send it.
//!
//! The kernel (`ip_vs_proc_conn`) looks the entry up by protocol, client and service. With the same
//! destination it is updated: state, timeout, `INACTIVE`. With another one it is expired at once and made
//! anew, unless the message says `INACTIVE`, which makes it void. Templates are always updated.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipvs_types::{Method, Protocol, SctpState, TcpState};

use crate::{Addresses, Connection, ConnectionFlags};

/// The shortest timeout: 0 stands for the default.
const SHORTEST: Duration = Duration::from_secs(1);
/// The port `discard`.
const NOWHERE_PORT: u16 = 9;
/// Where nobody listens.
const GAP_PORT: u16 = 1;

/// A destination that nobody has: of the reserved block 240.0.0.0/4, of the discard prefix 100::/64.
pub(super) const fn nowhere(of: IpAddr) -> SocketAddr {
    let address = match of {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(240, 0, 0, 1)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 1)),
    };
    SocketAddr::new(address, NOWHERE_PORT)
}

/// A destination to which packets from elsewhere are dropped by IPVS: it does not masquerade to loopback.
pub(super) const fn nothing(of: IpAddr) -> SocketAddr {
    let address = match of {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    SocketAddr::new(address, GAP_PORT)
}

/// Lets the entry expire in a second, unless its packets, or connections of a template, go on.
///
/// If it is gone already, the kernel makes one for that second. It is said to have no client port yet,
/// so that no packet finds it; an entry that exists doesn't take that over. Templates can't say so.
pub(super) fn touch(connection: &Connection<'static>) -> Connection<'static> {
    let hidden = match connection.is_template() {
        true => ConnectionFlags::TEMPLATE,
        false => ConnectionFlags::NO_CLIENT_PORT,
    };
    ending(connection, connection.method, hidden | ConnectionFlags::INACTIVE)
}

/// Replaces the entry, whatever its packets do, by one that no packet finds and that expires in a
/// second. Not for templates.
pub(super) fn decoy(connection: &Connection<'static>) -> Connection<'static> {
    // Not masquerading, lest a helper watch it; not bound to a destination, as nobody has that.
    let flags = ConnectionFlags::NO_CLIENT_PORT | ConnectionFlags::NO_OUTPUT;
    let dest = nowhere(connection.addresses.dest());
    elsewhere(ending(connection, Method::ROUTE, flags), dest)
}

/// Replaces the entry, whatever its client's packets do, by one that they find, and that drops them. Packets
/// of the server still find the old one, until it has expired.
pub(super) fn gap(connection: &Connection<'static>) -> Connection<'static> {
    let dest = nothing(connection.addresses.dest());
    elsewhere(ending(connection, Method::MASQ, ConnectionFlags::empty()), dest)
}

/// Replaces the entry by one with the same destination that belongs to no template. To be sent in one
/// datagram: between the first and the second message, packets are dropped.
pub(super) fn detach(connection: &Connection<'static>) -> Vec<Connection<'static>> {
    [gap(connection)].into_iter().chain(replace(connection)).collect()
}

/// Replaces an entry with another destination by `connection`. To be sent in one datagram: the second
/// message makes it count as inactive, if it does. No UDP is active.
pub(super) fn replace(connection: &Connection<'static>) -> Vec<Connection<'static>> {
    let mut entry = connection.clone().timeout(Duration::ZERO);
    entry.flags.remove(ConnectionFlags::INACTIVE);
    let inactive = connection.flags.contains(ConnectionFlags::INACTIVE);
    let settled = inactive.then(|| connection.clone().timeout(Duration::ZERO));
    [entry].into_iter().chain(settled).collect()
}

fn ending(
    connection: &Connection<'static>,
    method: Method,
    flags: ConnectionFlags,
) -> Connection<'static> {
    let closed = if connection.is_template() { 0 } else { closed(connection.protocol) };
    connection.clone().method(method).flags(flags).state(closed).timeout(SHORTEST)
}

fn elsewhere(mut connection: Connection<'static>, dest: SocketAddr) -> Connection<'static> {
    connection.addresses = match (connection.addresses, dest.ip()) {
        (Addresses::V4 { client, service, .. }, IpAddr::V4(dest)) => {
            Addresses::V4 { client, service, dest }
        }
        (Addresses::V6 { client, service, .. }, IpAddr::V6(dest)) => {
            Addresses::V6 { client, service, dest }
        }
        (other, _) => other,
    };
    connection.dest_port = dest.port();
    // Whose mark it has is the service that the kernel would look for the destination in.
    connection.mark(0)
}

const fn closed(protocol: Protocol) -> u16 {
    match protocol {
        Protocol::TCP => TcpState::Close.number(),
        Protocol::SCTP => SctpState::Closed.number(),
        _ => 0,
    }
}

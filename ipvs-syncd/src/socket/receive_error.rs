// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why messages can't be heard.

use std::io;
use std::net::IpAddr;

use ipvs_types::InterfaceName;

/// Why messages can't be heard.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// There is no such interface.
    #[error("there is no interface {0} in this network namespace: see `ip link`")]
    NoInterface(InterfaceName),
    /// The group is no multicast address.
    #[error("{0} is no multicast group; the default is 224.0.0.81")]
    NoGroup(IpAddr),
    /// A socket can't be opened.
    #[error("can't listen to {group} port {port} on {interface}: {doing}: {source}{}", remedy(.source))]
    Open {
        /// On which interface.
        interface: InterfaceName,
        /// To which group.
        group: IpAddr,
        /// To which port, the first for a packet socket.
        port: u16,
        /// What the system was asked.
        doing: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A socket does not go on.
    #[error("can't receive on {interface}: {source}")]
    Receive {
        /// On which interface.
        interface: InterfaceName,
        /// Why not.
        source: io::Error,
    },
    /// The interface was removed, maybe to be made again under its name: its sockets stay deaf.
    #[error("the interface {0} is gone, or was made anew: start again")]
    Detached(InterfaceName),
    /// Waiting for the sockets fails.
    #[error("can't wait for messages: {0}")]
    Wait(#[source] io::Error),
}

/// What to do about it.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; packet sockets need CAP_NET_RAW: run as root, or hear the group"
        }
        io::ErrorKind::AddrInUse => {
            "; another program holds the port without sharing it: see `ss -ulpn`"
        }
        _ => "",
    }
}
